import { libc } from "../../../ffi/libc.ts";
import { addressOf, NativeBuffer } from "../../../ffi/memory.ts";
import type { FrameLayout } from "../types.ts";
import { pictureTemplate } from "./picture.ts";
import { unitBytes, ValueWriter } from "./values.ts";

export const PATTERNS = ["picture", "ramp", "counter"] as const;
export type PatternName = (typeof PATTERNS)[number];

/** Writes bytes [from, to) of a frame to its memory; called with rising, adjoining ranges. */
export interface Pattern {
  /** Before the first range of frame `n`. */
  begin(n: number): void;
  write(target: Uint8Array, from: number, to: number): void;
}

/** Values of a ramp start over after this many elements (and frames). */
const RAMP_PERIOD = 65_536;

/** Ramps and counters are copied from a template of at least this size, small enough to stay in the cache. */
const TEMPLATE_BYTES = 64 * 1024;

export function createPattern(name: PatternName, layout: FrameLayout): Pattern {
  if (name === "picture") return new PicturePattern(layout);
  return name === "ramp" ? new RampPattern(layout) : new CounterPattern(layout);
}

/** Element i of frame n is (i + n) mod 65,536, wrapped to the dtype. A reader knows all from the first element. */
class RampPattern implements Pattern {
  readonly #unitBytes: number;
  readonly #periodBytes: number;
  readonly #even: NativeBuffer;
  /** Packed bits alternate, and shifting them by whole bytes changes nothing: odd frames have a template of their own. */
  readonly #odd: NativeBuffer | null;
  #source = 0;
  #startBytes = 0;

  constructor({ dtype }: FrameLayout) {
    this.#unitBytes = unitBytes(dtype);
    this.#periodBytes = RAMP_PERIOD * this.#unitBytes;
    this.#even = new NativeBuffer(this.#periodBytes);
    this.#odd = dtype === "bit" ? new NativeBuffer(this.#periodBytes) : null;
    if (this.#odd !== null) {
      // Bit i of frame n is (i + n) & 1, least significant first (W-11).
      this.#even.bytes.fill(0xaa);
      this.#odd.bytes.fill(0x55);
      return;
    }
    const writer = new ValueWriter(dtype, RAMP_PERIOD, this.#even.bytes.buffer as ArrayBuffer);
    for (let i = 0; i < RAMP_PERIOD; i++) writer.set(i, i);
  }

  begin(n: number): void {
    const isOdd = this.#odd !== null && n % 2 === 1;
    this.#source = isOdd && this.#odd !== null ? this.#odd.address : this.#even.address;
    this.#startBytes = this.#odd === null ? (n % RAMP_PERIOD) * this.#unitBytes : 0;
  }

  write(target: Uint8Array, from: number, to: number): void {
    const address = addressOf(target);
    for (let at = from; at < to; ) {
      const offset = (at + this.#startBytes) % this.#periodBytes;
      const count = Math.min(to - at, this.#periodBytes - offset);
      libc.memcpy((address + at) as never, (this.#source + offset) as never, count);
      at += count;
    }
  }
}

/** Every element of frame n is n, wrapped to the dtype: a reader that finds two values has a torn frame. */
class CounterPattern implements Pattern {
  readonly #writer: ValueWriter;
  readonly #template: NativeBuffer;
  /** Bytes need no template: the slot is filled at once. */
  readonly #isBytes: boolean;
  #byte = 0;

  constructor({ dtype, byteLength }: FrameLayout) {
    this.#isBytes = dtype === "uint8" || dtype === "bytes";
    const bytes = unitBytes(dtype);
    const units = Math.max(1, Math.min(TEMPLATE_BYTES / bytes, Math.ceil(byteLength / bytes)));
    this.#template = new NativeBuffer(units * bytes);
    this.#writer = new ValueWriter(dtype, units, this.#template.bytes.buffer as ArrayBuffer);
  }

  begin(n: number): void {
    if (this.#isBytes) this.#byte = n & 0xff;
    else this.#writer.fill(n);
  }

  write(target: Uint8Array, from: number, to: number): void {
    if (this.#isBytes) {
      target.fill(this.#byte, from, to);
      return;
    }
    if (target.length === this.#template.bytes.length) {
      target.set(this.#template.bytes);
      return;
    }
    const address = addressOf(target);
    for (let at = from; at < to; ) {
      const count = Math.min(to - at, this.#template.bytes.length);
      libc.memcpy((address + at) as never, this.#template.address as never, count);
      at += count;
    }
  }
}

/** Frame n is the test picture, scrolled up by 2n rows (each plane for itself); without rows, left by n elements. */
class PicturePattern implements Pattern {
  readonly #template: NativeBuffer;
  readonly #planeBytes: number;
  readonly #tileBytes: number;
  readonly #stepBytes: number;
  readonly #steps: number;
  #startBytes = 0;

  constructor(layout: FrameLayout) {
    const { bytes, planeBytes, tileBytes, stepBytes } = pictureTemplate(layout);
    this.#template = new NativeBuffer(bytes.length);
    this.#template.bytes.set(bytes);
    this.#planeBytes = planeBytes;
    this.#tileBytes = tileBytes;
    this.#stepBytes = stepBytes;
    this.#steps = Math.max(1, Math.floor(tileBytes / stepBytes));
  }

  begin(n: number): void {
    this.#startBytes = (n % this.#steps) * this.#stepBytes;
  }

  write(target: Uint8Array, from: number, to: number): void {
    const address = addressOf(target);
    for (let at = from; at < to; ) {
      const plane = Math.floor(at / this.#planeBytes);
      const inPlane = at - plane * this.#planeBytes;
      const offset = (inPlane + this.#startBytes) % this.#tileBytes;
      const source = this.#template.address + plane * this.#tileBytes + offset;
      // To the end of the range, of the plane in the target, or of the tile in the template: what comes first.
      const count = Math.min(to - at, this.#planeBytes - inPlane, this.#tileBytes - offset);
      libc.memcpy((address + at) as never, source as never, count);
      at += count;
    }
  }
}
