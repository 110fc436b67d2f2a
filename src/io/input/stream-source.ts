import { libc } from "../../../ffi/libc.ts";
import { addressOf, NativeBuffer } from "../../../ffi/memory.ts";
import { emptyError, SourceError } from "../errors.ts";
import type { Attribute, FillState, FrameLayout, Source, SourceState } from "../types.ts";
import { type ByteInput, END_OF_INPUT } from "./byte-input.ts";
import { FileInput } from "./file-input.ts";
import { type FrameFormat, MAX_LEAD_BYTES, NO_FRAME } from "./frame-format.ts";
import type { Inputs } from "./input-sequence.ts";
import { swapBytes } from "./swap-bytes.ts";

/** Most bytes moved per `fill` or `skip`, so that the duty cycle gets its turn (about 100 to 200 µs). */
export const FILL_LIMIT_BYTES = 1024 * 1024;

/** Most reads per `poll`: a y4m header is read byte by byte. */
const LEAD_READS_PER_POLL = 256;

/** Facts that a stream's format knows apart from the frames; read at each use, because they are known only after the header. */
export interface StreamTraits {
  /** One line for the start message. */
  describe(): string;
  readonly attributes: readonly Attribute[];
  readonly nativeRateHz: number | null;
  /** Largest frame known to follow, besides those seen so far. */
  readonly knownMaxByteLength: number;
}

/** Frames from files and pipes: an input sequence, split by a format. */
export class StreamSource implements Source {
  readonly live = false;
  readonly #inputs: Inputs;
  readonly #format: FrameFormat;
  readonly #traits: StreamTraits;
  readonly #lead = new NativeBuffer(MAX_LEAD_BYTES);
  #input: ByteInput | null = null;
  #phase: "opening" | "lead" | "ready" | "body" | "end" = "opening";
  #leadBytes = 0;
  #filledBytes = 0;
  #swappedBytes = 0;
  #maxByteLength = 0;
  #frameCount = 0;
  /** Bytes read from the current input, including its lead. */
  #inputBytes = 0;
  #framesInInput = 0;
  #failure: unknown = null;

  constructor(inputs: Inputs, format: FrameFormat, traits: StreamTraits) {
    this.#inputs = inputs;
    this.#format = format;
    this.#traits = traits;
  }

  get description(): string {
    return this.#traits.describe();
  }

  get layout(): FrameLayout {
    return this.#format.layout;
  }

  get maxByteLength(): number {
    return Math.max(this.#maxByteLength, this.#traits.knownMaxByteLength);
  }

  get attributes(): readonly Attribute[] {
    return this.#traits.attributes;
  }

  get nativeRateHz(): number | null {
    return this.#traits.nativeRateHz;
  }

  get filledBytes(): number {
    return this.#format.swapBytes > 1 ? this.#swappedBytes : this.#filledBytes;
  }

  /** The input of the next bytes, e.g. `stdin`. */
  get inputName(): string {
    return this.#inputs.currentName;
  }

  poll(_nowNs: number): SourceState {
    this.#rethrow();
    try {
      return this.#advance();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  fill(target: Uint8Array, _nowNs: number): FillState {
    this.#rethrow();
    const { byteLength } = this.#format.layout;
    if (target.length !== byteLength) {
      throw new RangeError(`expected a target of ${byteLength} bytes, found ${target.length}`);
    }
    try {
      return this.#move(byteLength, target);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  skip(_nowNs: number): FillState {
    this.#rethrow();
    try {
      return this.#move(this.#format.layout.byteLength, null);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  close(): void {
    this.#phase = "end";
    this.#inputs.close();
    this.#input = null;
  }

  #advance(): SourceState {
    for (let reads = 0; reads < LEAD_READS_PER_POLL; reads++) {
      switch (this.#phase) {
        case "ready":
          return "ready";
        case "end":
          return "end";
        case "body":
          throw new RangeError("expected fill or skip until the frame is done, found poll");
        case "opening":
          if (!this.#beginInput()) return "idle";
          break;
        case "lead":
          if (!this.#readLead()) return "idle";
      }
    }
    return "idle";
  }

  /** Takes the next input or reaches the end; false while the next is being opened. */
  #beginInput(): boolean {
    const input = this.#inputs.next();
    if (input === null) return false;
    if (input === "end") {
      this.#phase = "end";
      return true;
    }
    this.#input = input;
    this.#format.beginInput(input.name);
    this.#leadBytes = 0;
    this.#inputBytes = 0;
    this.#framesInInput = 0;
    this.#phase = "lead";
    return true;
  }

  /** Advances the lead by one read; false if the input has no data. */
  #readLead(): boolean {
    const input = this.#input as ByteInput;
    const wanted = this.#format.leadWanted(this.#lead.bytes, this.#leadBytes, this.#inputBytes - this.#leadBytes);
    if (wanted === NO_FRAME) {
      this.#leadBytes = 0;
      return true;
    }
    if (wanted === this.#leadBytes) {
      this.#announce(input);
      return true;
    }
    const count = input.read(this.#lead.address + this.#leadBytes, wanted - this.#leadBytes);
    if (count === 0) return false;
    if (count === END_OF_INPUT) {
      this.#format.endInput(this.#lead.bytes, this.#leadBytes);
      // This also ends an endless repetition of empty inputs.
      if (this.#framesInInput === 0) throw this.#empty(input);
      this.#phase = "opening";
    } else {
      this.#leadBytes += count;
      this.#inputBytes += count;
    }
    return true;
  }

  #announce(input: ByteInput): void {
    const { byteLength } = this.#format.layout;
    const expected = byteLength - (this.#format.isLeadPayload ? this.#leadBytes : 0);
    let left = input.bytesLeft();
    if (left !== null && left < expected && input instanceof FileInput) {
      input.refreshSize();
      left = input.bytesLeft();
    }
    if (left !== null && left < expected) throw this.#truncated(input, byteLength, byteLength - expected + left);
    this.#maxByteLength = Math.max(this.#maxByteLength, byteLength);
    this.#filledBytes = 0;
    this.#swappedBytes = 0;
    this.#phase = "ready";
  }

  /** Moves the frame's next bytes to the target, or skips them without one. */
  #move(byteLength: number, target: Uint8Array | null): FillState {
    if (this.#phase !== "ready" && this.#phase !== "body") {
      throw new RangeError(`expected a frame that poll declared ready, found "${this.#phase}"`);
    }
    const input = this.#input as ByteInput;
    const address = target === null || byteLength === 0 ? 0 : addressOf(target);
    if (this.#phase === "ready") {
      this.#phase = "body";
      if (this.#format.isLeadPayload) this.#takeLead(address);
    }
    let budget = FILL_LIMIT_BYTES;
    while (this.#filledBytes < byteLength && budget > 0) {
      const wanted = Math.min(byteLength - this.#filledBytes, budget);
      const count = target === null ? input.skip(wanted) : input.read(address + this.#filledBytes, wanted);
      if (count === 0) break;
      if (count === END_OF_INPUT) throw this.#truncated(input, byteLength, this.#filledBytes);
      this.#filledBytes += count;
      this.#inputBytes += count;
      budget -= count;
    }
    if (target !== null) this.#swap(target);
    if (this.#filledBytes < byteLength) return "more";
    this.#frameCount++;
    this.#framesInInput++;
    this.#leadBytes = 0;
    this.#phase = "lead";
    return "done";
  }

  #takeLead(address: number): void {
    if (address !== 0) libc.memcpy(address as never, this.#lead.address as never, this.#leadBytes);
    this.#filledBytes = this.#leadBytes;
  }

  #swap(target: Uint8Array): void {
    const elementBytes = this.#format.swapBytes;
    if (elementBytes === 1) return;
    const whole = this.#filledBytes - (this.#filledBytes % elementBytes);
    swapBytes(target, this.#swappedBytes, whole, elementBytes);
    this.#swappedBytes = whole;
  }

  #empty({ name }: ByteInput): SourceError {
    const found = this.#inputBytes === 0 ? "an empty input" : "the end of the input after a header";
    const next = name === "stdin" ? "; look at the program that writes it: it may have failed" : "";
    return emptyError(name, found, next);
  }

  #truncated(input: ByteInput, expectedBytes: number, foundBytes: number): SourceError {
    return new SourceError(
      "truncated",
      `${input.name}: frame ${this.#frameCount} is cut off: expected ${expectedBytes} bytes of values, ` +
        `found ${foundBytes} before the end of the input (${expectedBytes - foundBytes} missing)`,
      { expected: `${expectedBytes} bytes`, found: `${foundBytes} bytes` },
    );
  }

  #rethrow(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** A failed input stays failed; a caller's mistake is only reported. */
  #fail(error: unknown): unknown {
    if (error instanceof SourceError) this.#failure = error;
    return error;
  }
}
