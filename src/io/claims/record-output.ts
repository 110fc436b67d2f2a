import { constants, fstatSync, openSync } from "node:fs";
import { errnoName } from "../../../ffi/errors.ts";
import { closeFile, lastErrno, libc } from "../../../ffi/libc.ts";
import { NativeBuffer } from "../../../ffi/memory.ts";
import { highWord } from "../../core/integer.ts";
import { SinkError, SourceError } from "../errors.ts";
import { writeError } from "../output/stream-output.ts";

const CAPACITY_BYTES = 64 * 1024;
const O_CLOEXEC = 0o2000000;
const STDOUT_FD = 1;
const F_SETFL = 4;

/**
 * Records for the peer on standard output: staged in one buffer, and written in the duty cycle itself as far as the pipe accepts them. A
 * pipe is reopened, so that its mode belongs to this writer alone.
 */
export class RecordOutput {
  readonly #buffer = new NativeBuffer(CAPACITY_BYTES);
  readonly #words = new Int32Array(this.#buffer.bytes.buffer);
  readonly #fd: number;
  #length = 0;
  #isBroken = false;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** @throws SinkError, SourceError if standard output is neither a pipe nor a socket */
  static open(side: "sink" | "source"): RecordOutput {
    const stats = fstatSync(1);
    if (stats.isSocket()) {
      // The peer has the other end, and no other process has this one.
      libc.fcntl(STDOUT_FD, F_SETFL, constants.O_RDWR | constants.O_NONBLOCK);
      return new RecordOutput(STDOUT_FD);
    }
    if (!stats.isFIFO()) {
      const message = `claims:- on standard output: expected a pipe or a socket to the program that takes the claims; start it from that program`;
      throw side === "sink" ? new SinkError("unwritable", message) : new SourceError("unreadable", message);
    }
    try {
      return new RecordOutput(openSync("/proc/self/fd/1", constants.O_WRONLY | constants.O_NONBLOCK | O_CLOEXEC));
    } catch (error) {
      throw writeError("stdout", error);
    }
  }

  /** True once the peer has closed its end. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  hasRoom(byteLength: number): boolean {
    return this.#length + byteLength <= CAPACITY_BYTES;
  }

  /** Position of the next record; the argument for `rollback`. */
  get length(): number {
    return this.#length;
  }

  /** Begins a record and returns the index of its first 32-bit word; everything except length and kind is zero. */
  begin(kind: number, byteLength: number): number {
    if (!this.hasRoom(byteLength))
      throw new RangeError(`expected room for ${byteLength} bytes, found ${this.#length} used`);
    const at = this.#length / 4;
    this.#length += byteLength;
    this.#words.fill(0, at, this.#length / 4);
    this.#words[at] = byteLength;
    this.#words[at + 1] = kind;
    return at;
  }

  setWord(at: number, value: number): void {
    this.#words[at] = value;
  }

  /** A whole number from 0 to 2^53 as u64. */
  setLong(at: number, value: number): void {
    this.#words[at] = value;
    this.#words[at + 1] = highWord(value);
  }

  setBytes(at: number, bytes: Uint8Array): void {
    this.#buffer.bytes.set(bytes, at * 4);
  }

  /** Discards everything staged since `length` had this value. */
  rollback(length: number): void {
    this.#length = length;
  }

  /** Writes as much as the pipe accepts; returns the bytes written. @throws SinkError */
  flush(): number {
    if (this.#length === 0 || this.#isBroken) return 0;
    const count = libc.write(this.#fd, this.#buffer.address as never, this.#length) as number;
    if (count > 0) {
      if (count < this.#length) this.#buffer.bytes.copyWithin(0, count, this.#length);
      this.#length -= count;
      return count;
    }
    const errno = errnoName(lastErrno());
    if (errno === "EAGAIN" || errno === "EINTR") return 0;
    this.#length = 0;
    this.#isBroken = true;
    if (errno === "EPIPE" || errno === "ECONNRESET") return 0;
    throw writeError("stdout", Object.assign(new Error(errno), { code: errno }));
  }

  close(): void {
    if (this.#fd !== STDOUT_FD) closeFile(this.#fd);
  }
}
