import {
  close,
  constants,
  fstatSync,
  ftruncate,
  lstatSync,
  open,
  type StatsFs,
  statfsSync,
  unlink,
  write,
  writev,
} from "node:fs";
import { promisify } from "node:util";
import { adviseDontNeed, reserveBeyondEnd } from "../../ffi/file-space.ts";
import { tryLock } from "../../ffi/libc.ts";
import { ByteBuilder } from "../recording/byte-builder.ts";
import { MAGIC, Opcode } from "../recording/layout.ts";
import {
  type AttachmentRecord,
  type MetadataRecord,
  putAttachment,
  putChannel,
  putHeader,
  putMetadata,
  putSchema,
} from "../recording/records.ts";
import { type ChunkSummary, Summary } from "../recording/summary.ts";
import type { Block } from "./block.ts";
import type { Channel } from "./channel.ts";

const openAsync = promisify(open);
const closeAsync = promisify(close);
const truncateAsync = promisify(ftruncate);
const unlinkAsync = promisify(unlink);

const O_CLOEXEC = 0o2000000;
const NEW_FILE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW | O_CLOEXEC;

/** Space reserved at a time beyond the end, and the share of it kept for the account and the summary. */
const RESERVE_BYTES = 64 * 1024 * 1024;
const KEPT_BYTES = 1024 * 1024;

/** `f_type` of a memory file system. */
const TMPFS_MAGIC = 0x01021994;

const PROVEN = Uint8Array.of(Opcode.CHUNK);
const PADDING = Uint8Array.of(Opcode.PADDING);

/** A written block and its later summary entry: null once the block is known not to be in the file. */
interface WrittenBlock {
  isSettled: boolean;
  summary: ChunkSummary | null;
}

/** One file of a recording while it is being written. Records are assembled here; the recording writes them. */
export class Part {
  readonly path: string;
  readonly fd: number;
  /** When the first record was written, or when the file was opened. */
  openedNs: number;
  readonly summary = new Summary();
  readonly #known = new Set<number>();
  readonly #knownSchemas = new Set<number>();
  /** In file order, from the first that is not settled: proofs complete in any order. */
  readonly #written: WrittenBlock[] = [];
  /** Offset of the next record. */
  offset = 0;
  /** End of the space reserved beyond the data; 0 if the file system reserves nothing. */
  #reservedEnd = 0;
  #reserves = true;
  /** Space that is memory is not reserved: allocating its pages is half the work of a write, and would happen in the duty cycle. */
  readonly #isInMemory: boolean;
  /** Its file, also when it has lost its name. */
  readonly #procPath: string;
  #pendingPatches = 0;
  #patched: (() => void) | null = null;
  #failure: unknown = null;

  private constructor(path: string, fd: number, nowNs: number) {
    this.path = path;
    this.fd = fd;
    this.#procPath = `/proc/self/fd/${fd}`;
    this.openedNs = nowNs;
    this.#isInMemory = this.#fileSystem()?.type === TMPFS_MAGIC;
  }

  /** Creates a new file and locks it. @throws the system's error */
  static async create(path: string, nowNs: number): Promise<Part> {
    const fd = await openAsync(path, NEW_FILE, 0o666);
    try {
      tryLock(fd, "exclusive");
    } catch {
      // A file system without locks: the file is not shown as being written.
    }
    return new Part(path, fd, nowNs);
  }

  /** Magic, header, and the records at the beginning of each part. */
  head(library: string, metadata: readonly MetadataRecord[], attachments: readonly AttachmentRecord[]): Uint8Array {
    const to = new ByteBuilder(4096);
    to.raw(MAGIC);
    putHeader(to, "", library);
    this.putRecords(to, metadata, attachments);
    return to.bytes;
  }

  /** Adds metadata and attachments to records that will be written at `offset`. */
  putRecords(to: ByteBuilder, metadata: readonly MetadataRecord[], attachments: readonly AttachmentRecord[]): void {
    for (const record of metadata) {
      const at = to.length;
      putMetadata(to, record);
      this.summary.addMetadata({ offset: this.offset + at, byteLength: to.length - at }, record.name);
    }
    for (const record of attachments) {
      const at = to.length;
      putAttachment(to, record);
      this.summary.addAttachment({ offset: this.offset + at, byteLength: to.length - at }, record);
    }
  }

  /** The records that must precede messages of these channels; null if they are already written. */
  declare(channels: readonly Channel[]): Uint8Array | null {
    if (channels.every(({ record }) => this.#known.has(record.id))) return null;
    const to = new ByteBuilder(2048);
    for (const { record, schema } of channels) {
      if (this.#known.has(record.id)) continue;
      this.#known.add(record.id);
      if (!this.#knownSchemas.has(schema.id)) {
        this.#knownSchemas.add(schema.id);
        putSchema(to, schema);
        this.summary.addSchema(schema);
      }
      putChannel(to, record);
      this.summary.addChannel(record);
    }
    return to.bytes;
  }

  /** The declarations of these channels did not reach the file. */
  forgetDeclared(channels: readonly Channel[]): void {
    for (const { record, schema } of channels) {
      this.#known.delete(record.id);
      this.#knownSchemas.delete(schema.id);
    }
  }

  /** True if the disk has room for `byteLength` more bytes and the summary; false if it is full. */
  reserve(byteLength: number, isAccount: boolean): boolean {
    if (!this.#reserves) return true;
    const kept = KEPT_BYTES + this.summary.indexBytes * 2;
    const more = byteLength + (isAccount ? kept / 2 : kept);
    if (this.#isInMemory) return this.#hasRoom(more);
    const needed = this.offset + more;
    if (needed <= this.#reservedEnd) return true;
    for (const step of [RESERVE_BYTES, 4 * 1024 * 1024, 0]) {
      const from = Math.max(this.#reservedEnd, this.offset);
      const end = needed + step;
      const outcome = reserveBeyondEnd(this.fd, from, end - from);
      if (outcome === "reserved") {
        this.#reservedEnd = end;
        return true;
      }
      if (outcome === "unsupported") {
        this.#reserves = false;
        return true;
      }
    }
    return false;
  }

  /** True if the file system has this many bytes. Another program may use them meanwhile: a write then ends short. */
  #hasRoom(byteLength: number): boolean {
    const found = this.#fileSystem();
    // A tmpfs without a limit has 0 blocks.
    return found === null || found.blocks === 0 || found.bavail * found.bsize >= byteLength;
  }

  /** Null if it cannot be queried; the file may have lost its name. */
  #fileSystem(): StatsFs | null {
    try {
      return statfsSync(this.#procPath);
    } catch {
      return null;
    }
  }

  /**
   * The block at `at` is in the file and was intact: it becomes a chunk and is added to the summary. Blocks arrive in file order, and the
   * summary lists them in that order.
   */
  prove(block: Block, at: number, done: (error: unknown) => void): void {
    const written: WrittenBlock = { isSettled: false, summary: null };
    this.#written.push(written);
    const settle = (error: unknown): void => {
      written.isSettled = true;
      if (error === null) written.summary = summaryOf(block, at);
      this.#indexSettled();
      done(error);
    };
    if (block.frame === null) settle(null);
    else this.#patch(PROVEN, at, settle);
  }

  /** The block at `at` was overwritten during the write: readers skip it and its index. */
  disown(block: Block, at: number): void {
    this.#patch(PADDING, at + block.chunk.byteLength, () => undefined);
  }

  /** False once another program removed the file: its data no longer has a name. */
  get hasName(): boolean {
    try {
      return fstatSync(this.fd).nlink > 0;
    } catch {
      return true;
    }
  }

  /** Tells the kernel that pages up to this offset need not stay in memory. */
  forget(from: number, byteLength: number): void {
    adviseDontNeed(this.fd, from, byteLength);
  }

  /** Writes the summary, frees the reserved space, and closes. Resolves to the error that kept the file from being complete. */
  async finish(): Promise<unknown> {
    if (this.#pendingPatches > 0) await new Promise<void>((resolve) => (this.#patched = resolve));
    let failure = this.#failure;
    const end = this.offset;
    try {
      if (failure === null) {
        const pieces = this.summary.finish(end);
        const byteLength = pieces.reduce((sum, piece) => sum + piece.length, 0);
        await writeAll(this.fd, pieces, end);
        this.offset = end + byteLength;
      }
    } catch (error) {
      failure = error;
    }
    try {
      await truncateAsync(this.fd, this.offset);
    } catch (error) {
      failure ??= error;
    }
    await closeAsync(this.fd).catch((error: unknown) => {
      failure ??= error;
    });
    return failure;
  }

  /** Removes a part without frames. */
  async discard(): Promise<void> {
    const isNamed = this.#isNamed();
    await closeAsync(this.fd).catch(() => undefined);
    if (isNamed) await unlinkAsync(this.path).catch(() => undefined);
  }

  /** False where another program has removed or moved the file; another of its name may be there. */
  #isNamed(): boolean {
    try {
      const [own, there] = [fstatSync(this.fd), lstatSync(this.path)];
      return own.ino === there.ino && own.dev === there.dev;
    } catch {
      return false;
    }
  }

  #indexSettled(): void {
    for (let first = this.#written[0]; first?.isSettled === true; first = this.#written[0]) {
      this.#written.shift();
      if (first.summary !== null) this.summary.addChunk(first.summary);
    }
  }

  #patch(byte: Uint8Array, at: number, done: (error: unknown) => void): void {
    this.#pendingPatches++;
    write(this.fd, byte, 0, 1, at, (error) => {
      this.#pendingPatches--;
      if (error !== null) this.#failure ??= error;
      done(error);
      if (this.#pendingPatches === 0) this.#patched?.();
    });
  }
}

function summaryOf({ channels, chunk, byteLength }: Block, at: number): ChunkSummary {
  return {
    ...chunk,
    offset: at,
    messageIndexLength: byteLength - chunk.byteLength,
    channels: channels.length,
    channelIds: channels.map(({ record }) => record.id),
    indexOffsets: chunk.indexOffsets.map((offset) => at + offset),
    // The block's own list is reused for another block.
    messages: [...chunk.messages],
  };
}

/** Writes all pieces, starting at `at`. */
async function writeAll(fd: number, pieces: readonly Uint8Array[], at: number): Promise<void> {
  let offset = at;
  for (const piece of pieces) {
    for (let done = 0; done < piece.length; ) {
      const rest = done === 0 ? piece : piece.subarray(done);
      const written = await new Promise<number>((resolve, reject) => {
        writev(fd, [rest], offset, (error, count) => (error === null ? resolve(count) : reject(error)));
      });
      done += written;
      offset += written;
    }
  }
}
