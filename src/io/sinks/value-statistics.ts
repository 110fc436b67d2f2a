import type { Dtype } from "../../protocol/dtype.ts";

/** Minimum, maximum and sum of the elements of frames. NaNs are counted separately. */
export class ValueStatistics {
  minimum = Number.POSITIVE_INFINITY;
  maximum = Number.NEGATIVE_INFINITY;
  sum = 0;
  count = 0;
  nanCount = 0;

  reset(): void {
    this.minimum = Number.POSITIVE_INFINITY;
    this.maximum = Number.NEGATIVE_INFINITY;
    this.sum = 0;
    this.count = 0;
    this.nanCount = 0;
  }

  merge(other: ValueStatistics): void {
    this.minimum = Math.min(this.minimum, other.minimum);
    this.maximum = Math.max(this.maximum, other.maximum);
    this.sum += other.sum;
    this.count += other.count;
    this.nanCount += other.nanCount;
  }

  /** Reads every element of a frame: about a nanosecond each. */
  addFrame(dtype: Dtype, bytes: Uint8Array, elements: number): void {
    if (dtype === "bit") this.#addBits(bytes, elements);
    else if (dtype === "uint64" || dtype === "int64") this.#addWide(bytes, dtype === "int64");
    else this.#addNumbers(numbersOf(dtype, bytes));
  }

  #add(value: number): void {
    if (value < this.minimum) this.minimum = value;
    if (value > this.maximum) this.maximum = value;
    this.sum += value;
  }

  #addNumbers(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      // It would make the mean NaN.
      if (Number.isNaN(value)) this.nanCount++;
      else this.#add(value);
    }
    this.count += values.length;
  }

  /** 64-bit integers as doubles: exact up to 2^53, without a BigInt per element. */
  #addWide(bytes: Uint8Array, isSigned: boolean): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      const high = isSigned ? view.getInt32(at + 4, true) : view.getUint32(at + 4, true);
      this.#add(high * 0x1_0000_0000 + view.getUint32(at, true));
    }
    this.count += Math.floor(bytes.length / 8);
  }

  #addBits(bytes: Uint8Array, elements: number): void {
    for (let i = 0; i < elements; i++) this.#add(((bytes[i >>> 3] ?? 0) >>> (i & 7)) & 1);
    this.count += elements;
  }
}

/** The elements in place where they are aligned, else in a copy. */
function numbersOf(dtype: Dtype, bytes: Uint8Array): ArrayLike<number> {
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = aligned;
  switch (dtype) {
    case "int8":
      return new Int8Array(buffer, byteOffset, byteLength);
    case "uint16":
      return new Uint16Array(buffer, byteOffset, byteLength >>> 1);
    case "int16":
      return new Int16Array(buffer, byteOffset, byteLength >>> 1);
    case "uint32":
      return new Uint32Array(buffer, byteOffset, byteLength >>> 2);
    case "int32":
      return new Int32Array(buffer, byteOffset, byteLength >>> 2);
    case "float32":
      return new Float32Array(buffer, byteOffset, byteLength >>> 2);
    case "float64":
      return new Float64Array(buffer, byteOffset, byteLength >>> 3);
    default:
      return aligned;
  }
}
