import { mkdir } from "node:fs/promises";
import { getLogger } from "../core/logger.ts";
import { printable } from "../core/text.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { formatBytes } from "../core/units.ts";
import type { AttachmentRecord, MetadataRecord } from "../recording/records.ts";
import { type Batch, type BatchOutcome, StandingRecords } from "./batch.ts";
import type { Block } from "./block.ts";
import { DiskSpace } from "./disk-space.ts";
import { PartSequence } from "./part-sequence.ts";
import { RecorderError } from "./recorder-error.ts";
import type { DiskState, RecordingOptions } from "./recording-options.ts";
import { lose, recorded, WriteQueue } from "./write-queue.ts";

const log = getLogger("record");

/** One write at a time: the next one takes everything that has arrived meanwhile, up to this size. */
const MAX_BATCH_BYTES = 32 * 1024 * 1024;
const MAX_BATCH_BLOCKS = 128;
const WATCH_PERIOD_NS = 1e9;
const FULL_ERRORS: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);
/** Recording resumes on a disk that was full once this much can be written. */
const RESUME_BYTES = 4 * 1024 * 1024;
/** A write that takes this long is reported. */
const HANG_NS = 2e9;

export interface WriterListener {
  /** An event for the recording. */
  onEvent(level: "info" | "warn" | "error", message: string): void;
}

/** Writes blocks to the files of a recording: one gather write at a time, in a thread, and never half a record. */
export class RecordingWriter {
  readonly space: DiskSpace;
  readonly #options: RecordingOptions;
  readonly #listener: WriterListener;
  readonly #library: string;
  readonly #queue = new WriteQueue();
  readonly #standing = new StandingRecords();
  readonly #parts: PartSequence;
  readonly #watchTimer = new PeriodicTimer(WATCH_PERIOD_NS, { immediate: true });
  #state: DiskState = "opening";
  #failure: RecorderError | null = null;
  #isWriting = false;
  /** Blocks that are written and not yet part of the file. */
  #unproven = 0;
  #isHangReported = false;
  #writeBeganNs = 0;
  /** When the last write ended. */
  #progressNs = 0;
  #nowNs = 0;
  #writtenBytes = 0;

  constructor(options: RecordingOptions, library: string, listener: WriterListener) {
    this.#options = options;
    this.#library = library;
    this.#listener = listener;
    const report = this.#report.bind(this);
    this.#parts = new PartSequence(options, report, (error) => this.#onError(error));
    this.space = new DiskSpace(options, this.#parts, report);
  }

  get state(): DiskState {
    return this.#state;
  }

  /** Why it cannot continue; null while it can. */
  get failure(): RecorderError | null {
    return this.#failure;
  }

  /** The file being written; null before the first is open. */
  get path(): string | null {
    return this.#parts.present?.path ?? null;
  }

  /** Total bytes of all files so far, without their summaries. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** Number of files begun. */
  get parts(): number {
    return this.#parts.count;
  }

  /** Bytes until the disk counts as full; infinite until that is known. */
  get roomBytes(): number {
    return Math.max(0, this.space.freeBytes - this.space.minFreeBytes);
  }

  /** Waiting bytes in the recorder's own memory. */
  get queuedBytes(): number {
    return this.#queue.ownBytes;
  }

  get isIdle(): boolean {
    return this.#queue.length === 0 && !this.#isWriting && this.#unproven === 0;
  }

  /** True if a frame may wait in its slot: everything ahead of it is written soon. */
  mayHold(byteLength: number): boolean {
    if (this.#state !== "writing" || this.#parts.cache?.isFull === true) return false;
    if (this.#queue.ownBytes > MAX_BATCH_BYTES) return false;
    return this.#queue.heldBytes === 0 || this.#queue.heldBytes + byteLength <= MAX_BATCH_BYTES;
  }

  /** Creates the first file, or the folder of a flight recorder. @throws RecorderError if that fails */
  async open(nowNs: number): Promise<void> {
    try {
      if (this.#options.flight === undefined) await this.#parts.begin(nowNs);
      else await mkdir(this.#parts.names.folder, { recursive: true });
      this.#state = "writing";
    } catch (error) {
      this.#state = "failed";
      throw error instanceof RecorderError ? error : RecorderError.ofOpening(this.#parts.names.folder, error);
    }
  }

  /** True while there is a file to write to. */
  get hasFile(): boolean {
    return this.#parts.present !== null;
  }

  /** Creates a flight recorder's file, named after the time of its trigger. @throws RecorderError if that fails */
  async beginFile(at: Date, nowNs: number): Promise<void> {
    this.#parts.names.beginAt(at);
    await this.#parts.begin(nowNs);
  }

  /** Completes a flight recorder's file; everything is written. */
  endFile(): void {
    this.#parts.endPresent();
  }

  /** Drops the frames waiting for a file that cannot be created. */
  giveUp(): void {
    this.#queue.drop("all", "diskFailed");
  }

  submit(block: Block): void {
    if (this.#state === "failed" || this.#state === "closed") lose(block, "diskFailed");
    else this.#queue.push(block);
  }

  /** Records that every part begins with from now on, and that the current one receives next. */
  addStanding(metadata: readonly MetadataRecord[], attachments: readonly AttachmentRecord[] = []): void {
    this.#standing.add(metadata, attachments);
  }

  doWork(nowNs: number): number {
    this.#nowNs = nowNs;
    if (this.#state === "opening" || this.#state === "failed" || this.#state === "closed") return 0;
    let work = this.#parts.doWork(nowNs);
    if (this.#watchTimer.isDue(nowNs)) {
      this.space.look(this.#state === "full", () => this.#onSpace());
      this.#parts.checkName();
      work++;
    }
    if (this.#isWriting) this.#watchWrite();
    else if (this.#parts.present !== null) work += this.#state === "full" ? this.#writeAccount() : this.#writeNext();
    return work;
  }

  /**
   * Writes waiting blocks as long as the disk makes progress within `patienceNs`; the rest is lost. While the disk is full, only the
   * recorder's own account is written.
   */
  async drain(patienceNs: number, clock: () => number): Promise<void> {
    this.#progressNs = clock();
    while (!this.isIdle && this.#state !== "failed") {
      if (this.#state === "full" && !this.#isWriting && this.#unproven === 0 && !this.#queue.hasAccount) break;
      if (clock() - this.#progressNs > patienceNs) break;
      if (this.doWork(clock()) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    this.#queue.drop("all", this.#state === "full" ? "diskFull" : "diskTooSlow");
  }

  /**
   * Completes all files; `isKept` false: removes the current one, which has no content to keep. Resolves when they are closed or, if the
   * disk hangs, after `patienceNs`.
   */
  async close(patienceNs: number, isKept = true): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#queue.drop("all", "diskTooSlow");
    const all = (async () => {
      while (this.#isWriting) await new Promise((resolve) => setTimeout(resolve, 1));
      await this.#parts.close(isKept);
      return true;
    })();
    const timeout = new Promise<false>((resolve) => setTimeout(() => resolve(false), patienceNs / 1e6).unref());
    if (await Promise.race([all, timeout])) return;
    const next = "`tensorpool record repair` makes one";
    this.#report("error", `${this.#options.path}: the disk does not answer: the file has no index; ${next}`);
  }

  /** Writes the batch of waiting blocks that go to one part. */
  #writeNext(): number {
    const queue = this.#queue;
    if ((queue.length === 0 && !this.#standing.isDue) || this.#parts.cache?.isFull === true) return 0;
    const part = this.#parts.partFor(this.#nowNs, queue.first?.byteLength ?? 0);
    const batch = this.#standing.beginBatch(part, this.#library);
    while (batch.blocks.length < MAX_BATCH_BLOCKS) {
      const block = queue.first;
      if (block === undefined || !block.isReady) break;
      const total = batch.byteLength + block.byteLength;
      if (batch.blocks.length > 0 && (total > MAX_BATCH_BYTES || this.#parts.isOver(this.#nowNs, total))) break;
      if (block.frame !== null && !block.frame.isIntact()) {
        queue.shift();
        lose(block, "overwritten");
        continue;
      }
      if (!part.reserve(total, false)) {
        if (batch.blocks.length === 0) this.#becomeFull("the disk is full");
        break;
      }
      queue.shift();
      batch.append(block);
    }
    return this.#issue(batch);
  }

  /** While the disk is full: space is reserved for the recorder's own account. */
  #writeAccount(): number {
    const block = this.#queue.takeAccount();
    if (block === undefined) return 0;
    const part = this.#parts.partFor(this.#nowNs, 0);
    const batch = this.#standing.beginBatch(part, this.#library);
    // Declarations before it need additional space.
    if (part.reserve(batch.byteLength + block.byteLength + 4096, true)) batch.append(block);
    else lose(block, "diskFull");
    return this.#issue(batch);
  }

  #issue(batch: Batch): number {
    if (batch.byteLength === 0) return 0;
    this.#isWriting = true;
    this.#writeBeganNs = this.#nowNs;
    this.#isHangReported = false;
    batch.write((outcome) => this.#onWritten(batch, outcome));
    return 1;
  }

  #onWritten(batch: Batch, { whole, error }: BatchOutcome): void {
    const { part, blocks } = batch;
    this.#writtenBytes += part.offset - batch.at;
    for (let i = 0; i < whole; i++) this.#settle(batch, i);
    this.#isWriting = false;
    if (error === null) {
      this.#progressNs = this.#nowNs;
      return;
    }
    if (whole === 0) this.#standing.putBack(batch.metadata, batch.attachments);
    this.#queue.putBack(blocks.slice(whole));
    this.#onError(error);
  }

  /** A block was written: it becomes part of the file unless its frame was overwritten meanwhile. */
  #settle({ part, blocks, offsets }: Batch, index: number): void {
    const block = blocks[index] as Block;
    const at = offsets[index] as number;
    if (block.frame !== null && !block.frame.isIntact()) {
      part.disown(block, at);
      lose(block, "overwritten");
      return;
    }
    this.#unproven++;
    part.prove(block, at, (error) => {
      this.#unproven--;
      if (error === null) recorded(block);
      else {
        lose(block, "diskFailed");
        this.#onError(error);
      }
    });
  }

  #onError(error: unknown): void {
    if (FULL_ERRORS.has((error as NodeJS.ErrnoException).code ?? "")) this.#becomeFull("the disk is full");
    else this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#state === "failed" || this.#state === "closed") return;
    this.#state = "failed";
    this.#failure =
      error instanceof RecorderError ? error : RecorderError.ofWriting(this.path ?? this.#options.path, error);
    this.#queue.drop("all", "diskFailed");
  }

  #becomeFull(what: string): void {
    if (this.#state !== "writing") return;
    this.#state = "full";
    this.#queue.drop("held", "diskFull");
    const free = Number.isFinite(this.space.freeBytes) ? ` (${formatBytes(this.space.freeBytes)} free)` : "";
    this.#report("warn", `${what}${free}: recording is paused until there is room in ${this.#parts.names.folder}`);
  }

  #onSpace(): void {
    const { freeBytes, minFreeBytes } = this.space;
    if (this.#state === "writing" && freeBytes < minFreeBytes) {
      this.#becomeFull(`less than ${formatBytes(minFreeBytes)} are free`);
    } else if (this.#state === "full" && !this.#isWriting && this.#hasRoomAgain()) {
      this.#state = "writing";
      this.#report("info", `there is room again (${formatBytes(freeBytes)} free): recording continues`);
    }
  }

  #hasRoomAgain(): boolean {
    if (this.space.freeBytes < this.space.minFreeBytes) return false;
    const next = this.#queue.first?.byteLength ?? 0;
    return this.#parts.present?.reserve(next + RESUME_BYTES, false) !== false;
  }

  #watchWrite(): void {
    if (this.#isHangReported || this.#nowNs - this.#writeBeganNs < HANG_NS) return;
    this.#isHangReported = true;
    this.#report("warn", `the disk has not answered for ${HANG_NS / 1e9} s; frames wait in the buffer`);
  }

  #report(level: "info" | "warn" | "error", message: string): void {
    const text = printable(message);
    if (level === "info") log.info(text);
    else log.warn(text);
    this.#listener.onEvent(level, text);
  }
}
