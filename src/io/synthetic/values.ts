import { DTYPES, type Dtype } from "../../protocol/dtype.ts";

type NumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** A typed view of `buffer` for a dtype; bytes for "bool", "bytes" and "bit". */
function viewOf(dtype: Dtype, buffer: ArrayBuffer): NumberArray {
  switch (dtype) {
    case "int8":
      return new Int8Array(buffer);
    case "uint16":
      return new Uint16Array(buffer);
    case "int16":
      return new Int16Array(buffer);
    case "uint32":
      return new Uint32Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "uint64":
      return new BigUint64Array(buffer);
    case "int64":
      return new BigInt64Array(buffer);
    case "float32":
      return new Float32Array(buffer);
    case "float64":
      return new Float64Array(buffer);
    default:
      return new Uint8Array(buffer);
  }
}

/** Bytes of the unit that patterns are made of: an element, or eight packed ones. */
export function unitBytes(dtype: Dtype): number {
  return Math.max(1, DTYPES[dtype].bits / 8);
}

/** Writes whole numbers as elements of one dtype, reduced to what the dtype can hold; reused, so that nothing is allocated. */
export class ValueWriter {
  readonly bytes: Uint8Array;
  readonly #dtype: Dtype;
  readonly #view: NumberArray;

  constructor(dtype: Dtype, units: number, buffer: ArrayBuffer = new ArrayBuffer(units * unitBytes(dtype))) {
    this.#dtype = dtype;
    this.#view = viewOf(dtype, buffer);
    this.bytes = new Uint8Array(buffer);
  }

  /** Sets unit `index` to `value`: wrapped for integers, its lowest bit for bool. */
  set(index: number, value: number): void {
    const view = this.#view;
    if (view instanceof BigUint64Array || view instanceof BigInt64Array) view[index] = BigInt(Math.trunc(value));
    else view[index] = this.#reduced(value);
  }

  /** Sets every unit to `value`; all eight elements of it for bit. */
  fill(value: number): void {
    const view = this.#view;
    if (view instanceof BigUint64Array || view instanceof BigInt64Array) view.fill(BigInt(Math.trunc(value)));
    else view.fill(this.#dtype === "bit" ? (value % 2 === 1 ? 0xff : 0) : this.#reduced(value));
  }

  #reduced(value: number): number {
    return this.#dtype === "bool" ? value % 2 : value;
  }
}
