import { absolutePath } from "../core/exact-text.ts";
import type { Attribute } from "../protocol/attribute.ts";
import { FileWindow } from "./byte-window.ts";
import type { FileIndex } from "./file-index.ts";
import { FileViews } from "./file-views.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameTable } from "./frame-table.ts";
import { readIndex } from "./read-index.ts";
import { type FrameStore, RecordedFrame } from "./recorded-frame.ts";
import { type RecordedStream, streamsOf } from "./recorded-stream.ts";
import { RecordingError } from "./recording-error.ts";
import { SourceTable } from "./source-table.ts";

const NO_ATTRIBUTES: readonly Attribute[] = [];

/** A range of a stream's frames. */
interface FrameRange {
  /** Frames recorded at this time or later, in nanoseconds since 1970; or from frame `{ seq }` on. */
  readonly from?: bigint | { readonly seq: number } | undefined;
  /** Frames recorded before this time; or up to and including frame `{ seq }`. */
  readonly to?: bigint | { readonly seq: number } | undefined;
}

/**
 * A recording, open for reading. A file that was cut (its writer was killed) is read up to its last complete frame like a complete one;
 * `cut` then describes the fault.
 */
export class Recording implements Disposable, AsyncDisposable {
  readonly path: string;
  readonly streams: readonly RecordedStream[];
  readonly index: FileIndex;
  readonly window: FileWindow;
  readonly #sources: SourceTable;
  readonly #views: FileViews;
  readonly #store: FrameStore;
  readonly #tables = new Map<RecordedStream, FrameTable>();
  #isClosed = false;

  private constructor(path: string, window: FileWindow, index: FileIndex) {
    this.path = path;
    this.window = window;
    this.index = index;
    this.#sources = new SourceTable(window, index);
    this.streams = streamsOf(index, this.#sources);
    this.#views = new FileViews(window.fd, window.byteLength);
    this.#store = {
      path: absolutePath(path),
      window,
      view: (offset, byteLength) => {
        this.#requireOpen();
        return this.#views.view(offset, byteLength);
      },
      attributesOf: (stream, epoch, metaVersion) => this.attributesOf(stream, epoch, metaVersion),
    };
  }

  /** @throws RecordingError */
  static open(path: string): Recording {
    const window = new FileWindow(path);
    try {
      return new Recording(path, window, readIndex(window));
    } catch (error) {
      window.close();
      throw error;
    }
  }

  /** The fault at the file's end; null for a file with a proper end. */
  get cut(): { readonly at: number; readonly because: string } | null {
    return this.index.cut;
  }

  /** When the first and the last message were recorded, in nanoseconds since 1970; null without messages. */
  get timeRange(): { readonly startNs: bigint; readonly endNs: bigint } | null {
    const { chunks } = this.index;
    const base = chunks.baseNs;
    if (base === null || chunks.length === 0) return null;
    let [start, end] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < chunks.length; i++) {
      start = Math.min(start, chunks.startNs(i));
      end = Math.max(end, chunks.endNs(i));
    }
    return { startNs: base + BigInt(start), endNs: base + BigInt(end) };
  }

  /** The stream of this id, name or topic. @throws RecordingError "no-such-frame" */
  stream(which: number | string): RecordedStream {
    const text = String(which);
    const found = this.streams.find(
      ({ streamId, name, topics }) => String(streamId) === text || name === text || topics.includes(text),
    );
    if (found !== undefined) return found;
    const there = this.streams.map(({ label, name }) => (label === name ? label : `${label} "${name}"`));
    const has = there.length === 0 ? "no streams of frames" : there.join(", ");
    throw new RecordingError("no-such-frame", `${this.path} has no stream ${text}: it has ${has}`, {
      expected: has,
      found: text,
    });
  }

  /** Reads the frames of a stream in a loop, without an object for each. */
  reader(stream: RecordedStream): FrameReader {
    this.#requireOpen();
    return new FrameReader(this.window, this.index, stream);
  }

  /** The frames of a stream, in recorded order. @throws RecordingError */
  *frames(which: number | string | RecordedStream, range: FrameRange = {}): Generator<RecordedFrame, void, undefined> {
    const stream = typeof which === "object" ? which : this.stream(which);
    const reader = this.reader(stream);
    const { from, to } = range;
    if (typeof from === "bigint") reader.seekTo(from);
    let hasBegun = typeof from !== "object";
    while (reader.next()) {
      hasBegun ||= reader.frame.seq >= (from as { seq: number }).seq;
      if (!hasBegun) continue;
      const isAfter = typeof to === "bigint" ? reader.logTimeNs >= to : to !== undefined && reader.frame.seq > to.seq;
      if (isAfter) return;
      yield this.#frameAt(reader);
    }
  }

  /** The newest frame of a stream recorded at or before a time; null before the first. @throws RecordingError */
  frameAt(which: number | string, logTimeNs: bigint): RecordedFrame | null {
    const reader = this.reader(this.stream(which));
    if (!reader.seekBefore(logTimeNs)) return null;
    let frame: RecordedFrame | null = null;
    while (reader.next() && reader.logTimeNs <= logTimeNs) frame = this.#frameAt(reader);
    return frame;
  }

  /** Frame `seq` of a stream, in the first epoch that has it or in `epoch`. Null if there is none. @throws RecordingError */
  frameBySeq(which: number | string, seq: number, epoch?: bigint): RecordedFrame | null {
    const stream = this.stream(which);
    const table = this.table(stream);
    const i = table.find(seq, epoch);
    if (i === -1) return null;
    const reader = this.reader(stream);
    reader.seekTo((this.index.chunks.baseNs ?? 0n) + BigInt(table.timeNs[i] as number));
    const wantedEpoch = table.epochs[table.epochIndex[i] as number];
    while (reader.next()) {
      if (reader.frame.seq === seq && reader.frame.epoch === wantedEpoch) return this.#frameAt(reader);
    }
    return null;
  }

  /** Numbers and times of all frames of a stream; created at the first call by reading each frame. @throws RecordingError */
  table(stream: RecordedStream): FrameTable {
    const known = this.#tables.get(stream);
    if (known !== undefined) return known;
    const table = FrameTable.of(this.reader(stream));
    this.#tables.set(stream, table);
    return table;
  }

  /** The attributes of a stream's data source in this version of its metadata; the same list on each call. */
  attributesOf({ streamId }: RecordedStream, epoch: bigint, metaVersion: number): readonly Attribute[] {
    return streamId === null ? NO_ATTRIBUTES : this.#sources.attributesOf(streamId, epoch, metaVersion);
  }

  /** Closes the file: its views read as zeros from now on. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#views.close();
    this.window.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #frameAt(reader: FrameReader): RecordedFrame {
    return new RecordedFrame(this.#store, reader.stream, reader.frame, reader.window, reader.logTimeNs);
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new RecordingError("closed", `${this.path} was closed: open it again to read from it`);
  }
}
