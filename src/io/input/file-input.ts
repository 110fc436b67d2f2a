import { close, fstatSync, read } from "node:fs";
import { libc } from "../../../ffi/libc.ts";
import { NativeBuffer } from "../../../ffi/memory.ts";
import { errnoOf, readProblem } from "../../core/system-errors.ts";
import { SourceError } from "../errors.ts";
import { type ByteInput, END_OF_INPUT } from "./byte-input.ts";

/** Bytes of one read-ahead; there are two of them. */
export const READ_AHEAD_BYTES = 1024 * 1024;

interface ReadAhead {
  readonly buffer: NativeBuffer;
  byteLength: number;
}

/**
 * A regular file (or a block device): `poll` calls it always readable, yet a read may wait for a disk. So the reads happen on
 * node:fs's thread pool, one in flight, into two buffers of our own that take turns; the duty cycle copies out of the one
 * that is full while the other fills.
 *
 * Reading straight into the slot was measured too, and lost: 5.2 against 4.1 GB/s at 640 KiB a frame is not worth a read in
 * flight into memory that the producer may have to give back (an aborted claim, an epoch that ends, Ctrl-C), and frames
 * under a few hundred KiB are up to 70 times faster with read-ahead than with one thread-pool read each.
 */
export class FileInput implements ByteInput {
  readonly name: string;
  readonly isRepeatable: boolean;
  readonly #fd: number;
  readonly #isOwned: boolean;
  readonly #readAheads: readonly [ReadAhead, ReadAhead];
  #sizeBytes: number;
  /** Which buffer is copied from; the other one, or this one when empty, is filled next. */
  #current = 0;
  /** Bytes of the current buffer that were handed out. */
  #consumedBytes = 0;
  /** Bytes handed out since the start of the file. */
  #offsetBytes = 0;
  #nextReadBytes = 0;
  #isReading = false;
  /** Results of reads of an earlier pass are ignored. */
  #pass = 0;
  #isAtEnd = false;
  #failure: SourceError | null = null;
  #isClosed = false;

  /** @param isOwned false for stdin: read from where it stands, not rewound, not closed */
  constructor(name: string, fd: number, isOwned: boolean, sizeBytes: number) {
    this.name = name;
    this.isRepeatable = isOwned;
    this.#fd = fd;
    this.#isOwned = isOwned;
    this.#sizeBytes = sizeBytes;
    // One byte more than a small file holds, so that one read also finds its end.
    const byteLength = sizeBytes === 0 ? READ_AHEAD_BYTES : Math.min(READ_AHEAD_BYTES, sizeBytes + 1);
    this.#readAheads = [
      { buffer: new NativeBuffer(byteLength), byteLength: 0 },
      { buffer: new NativeBuffer(byteLength), byteLength: 0 },
    ];
    this.#readAhead();
  }

  bytesLeft(): number | null {
    // Of stdin we do not know where it stood, and special files have no size.
    if (!this.#isOwned || this.#sizeBytes === 0 || this.#isClosed) return null;
    return this.#sizeBytes - this.#offsetBytes;
  }

  /** Looks again how long the file is: it may have grown since it was opened. */
  refreshSize(): void {
    if (!this.#isClosed) this.#sizeBytes = fstatSync(this.#fd).size;
  }

  read(address: number, byteLength: number): number {
    const available = this.#available();
    if (available <= 0) return available;
    const count = Math.min(available, byteLength);
    const source = this.#readAheads[this.#current as 0 | 1].buffer.address + this.#consumedBytes;
    libc.memcpy(address as never, source as never, count);
    this.#consume(count);
    return count;
  }

  skip(byteLength: number): number {
    const available = this.#available();
    if (available <= 0) return available;
    const count = Math.min(available, byteLength);
    this.#consume(count);
    return count;
  }

  rewind(): void {
    if (!this.isRepeatable) throw new RangeError(`${this.name} cannot be rewound`);
    this.#pass++;
    for (const readAhead of this.#readAheads) readAhead.byteLength = 0;
    this.#current = 0;
    this.#consumedBytes = 0;
    this.#offsetBytes = 0;
    this.#nextReadBytes = 0;
    this.#isAtEnd = false;
    this.#readAhead();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (!this.#isReading) this.#release();
  }

  /** Bytes that can be taken at once; 0 while a read is under way, END_OF_INPUT after the last. */
  #available(): number {
    if (this.#isClosed) throw new RangeError(`${this.name} is closed`);
    if (this.#failure !== null) throw this.#failure;
    this.#readAhead();
    const left = this.#readAheads[this.#current as 0 | 1].byteLength - this.#consumedBytes;
    if (left > 0) return left;
    return this.#isAtEnd && !this.#isReading ? END_OF_INPUT : 0;
  }

  #consume(byteLength: number): void {
    this.#consumedBytes += byteLength;
    this.#offsetBytes += byteLength;
    const current = this.#readAheads[this.#current as 0 | 1];
    if (this.#consumedBytes < current.byteLength) return;
    current.byteLength = 0;
    this.#consumedBytes = 0;
    this.#current = 1 - this.#current;
    this.#readAhead();
  }

  #readAhead(): void {
    if (this.#isReading || this.#isAtEnd || this.#isClosed || this.#failure !== null) return;
    const current = this.#readAheads[this.#current as 0 | 1];
    const readAhead = current.byteLength === 0 ? current : this.#readAheads[(1 - this.#current) as 0 | 1];
    if (readAhead.byteLength > 0) return;
    const pass = this.#pass;
    const { bytes } = readAhead.buffer;
    // stdin moves the offset that it shares with the process that redirected it, as every reader does.
    const position = this.#isOwned ? this.#nextReadBytes : null;
    this.#isReading = true;
    read(this.#fd, bytes, 0, bytes.length, position, (error, count) => {
      this.#isReading = false;
      if (this.#isClosed) return this.#release();
      // Started before a rewind: what it brought belongs to a pass that is over.
      if (pass !== this.#pass) return this.#readAhead();
      if (error) {
        const errno = errnoOf(error);
        this.#failure = new SourceError("unreadable", `${this.name}: cannot be read: ${readProblem(errno)}`, {
          found: errno,
          cause: error,
        });
        return;
      }
      readAhead.byteLength = count;
      this.#nextReadBytes += count;
      // A short read found the end of a regular file whose size is known; else only an empty one has.
      this.#isAtEnd = count === 0 || (this.#isOwned && count < bytes.length && this.#nextReadBytes === this.#sizeBytes);
    });
  }

  #release(): void {
    // No caller waits for the outcome, and a file that was only read has nothing to lose on closing.
    if (this.#isOwned) close(this.#fd, () => {});
  }
}
