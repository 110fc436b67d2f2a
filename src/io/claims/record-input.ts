import { fstatSync } from "node:fs";
import { NativeBuffer } from "../../../ffi/memory.ts";
import { LONGEST_WAIT_NS, type WaitPoint } from "../../core/wait-point.ts";
import { SourceError } from "../errors.ts";
import { END_OF_INPUT } from "../input/byte-input.ts";
import { PipeInput } from "../input/pipe-input.ts";

const CAPACITY_BYTES = 16 * 1024;
const MIN_RECORD_BYTES = 16;
const MAX_RECORD_BYTES = 256;

/** The peer's records on standard input, read in the duty cycle itself. As a wait point: until there is something to read. */
export class RecordInput implements WaitPoint {
  readonly #input: PipeInput;
  readonly #buffer = new NativeBuffer(CAPACITY_BYTES);
  /** The buffer of read data, as 32-bit words. */
  readonly words = new Int32Array(this.#buffer.bytes.buffer);
  /** The same point for a thread that must also poll: no wait is longer than the idle pause. */
  readonly brief: WaitPoint = {
    arm: () => this.arm(),
    wait: (restNs) => this.#input.waitReadable(Math.min(restNs, LONGEST_WAIT_NS)),
  };
  #begin = 0;
  #end = 0;
  #isEnded = false;

  constructor() {
    this.#input = new PipeInput("stdin", 0, false, fstatSync(0).isFIFO());
  }

  /** True once the peer has closed its end or died, and all its records were taken. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Index of the first word of the next whole record; -1 if there is none. @throws SourceError for an invalid record */
  next(): number {
    if (!this.#hasRecord()) {
      this.#read();
      if (!this.#hasRecord()) return -1;
    }
    const at = this.#begin / 4;
    this.#begin += this.words[at] as number;
    return at;
  }

  arm(): boolean {
    return !this.#isEnded;
  }

  wait(): boolean {
    return this.#input.waitReadable(LONGEST_WAIT_NS);
  }

  close(): void {
    this.#input.close();
    this.#isEnded = true;
  }

  #hasRecord(): boolean {
    const bytes = this.#end - this.#begin;
    if (bytes < MIN_RECORD_BYTES) return false;
    const length = this.words[this.#begin / 4] as number;
    if (length < MIN_RECORD_BYTES || length > MAX_RECORD_BYTES || length % 8 !== 0) {
      throw new SourceError(
        "malformed",
        `stdin: expected a record of ${MIN_RECORD_BYTES} to ${MAX_RECORD_BYTES} bytes, a multiple of 8; found one of ${length}`,
        { found: String(length) },
      );
    }
    return bytes >= length;
  }

  #read(): void {
    if (this.#isEnded) return;
    if (this.#begin > 0) {
      this.#buffer.bytes.copyWithin(0, this.#begin, this.#end);
      this.#end -= this.#begin;
      this.#begin = 0;
    }
    const count = this.#input.read(this.#buffer.address + this.#end, CAPACITY_BYTES - this.#end);
    if (count === END_OF_INPUT) this.#isEnded = true;
    else this.#end += count;
  }
}
