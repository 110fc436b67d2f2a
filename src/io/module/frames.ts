import type { Dtype, MajorOrder } from "../../protocol/dtype.ts";
import { type Values, valuesOf } from "../../protocol/values.ts";
import type { Attribute, SinkFrame } from "../types.ts";
import type { KeptFrame, ViewedFrame } from "./contract.ts";
import type { ModuleFaults } from "./faults.ts";

/** A copy of a frame. */
export class CopiedFrame implements KeptFrame {
  readonly seq: number;
  readonly timestampNs: bigint;
  readonly ageNs: number;
  readonly metaVersion: number;
  readonly attributes: readonly Attribute[];
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  readonly majorOrder: MajorOrder;
  readonly byteLength: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  #values: Values | null = null;

  constructor(frame: SinkFrame) {
    this.seq = frame.seq;
    this.timestampNs = frame.timestampNs;
    this.ageNs = frame.ageNs;
    this.metaVersion = frame.metaVersion;
    this.attributes = frame.attributes;
    this.dtype = frame.dtype;
    this.dims = [...frame.dims];
    this.majorOrder = frame.majorOrder;
    this.byteLength = frame.byteLength;
    this.bytes = new Uint8Array(new ArrayBuffer(frame.byteLength));
    this.bytes.set(frame.bytes);
  }

  get values(): Values {
    this.#values ??= valuesOf(this.bytes, this.dtype);
    return this.#values;
  }
}

/** A frame in place, valid during a call. One object serves all frames. */
export class FrameView implements ViewedFrame {
  readonly #faults: ModuleFaults;
  #frame: SinkFrame | null = null;

  constructor(faults: ModuleFaults) {
    this.#faults = faults;
  }

  get seq(): number {
    return this.#required.seq;
  }

  get timestampNs(): bigint {
    return this.#required.timestampNs;
  }

  get ageNs(): number {
    return this.#required.ageNs;
  }

  get metaVersion(): number {
    return this.#required.metaVersion;
  }

  get attributes(): readonly Attribute[] {
    return this.#required.attributes;
  }

  get dtype(): Dtype {
    return this.#required.dtype;
  }

  get dims(): readonly number[] {
    return this.#required.dims;
  }

  get majorOrder(): MajorOrder {
    return this.#required.majorOrder;
  }

  get byteLength(): number {
    return this.#required.byteLength;
  }

  get bytes(): Uint8Array {
    return this.#required.bytes;
  }

  get values(): Values {
    const { bytes, dtype } = this.#required;
    return valuesOf(bytes, dtype);
  }

  copy(): KeptFrame {
    return new CopiedFrame(this.#required);
  }

  /** Sets the frame that this object represents. */
  begin(frame: SinkFrame): void {
    this.#frame = frame;
  }

  /** The call is over. */
  end(): void {
    this.#frame = null;
  }

  get #required(): SinkFrame {
    if (this.#frame !== null) return this.#frame;
    throw this.#faults.fault(
      "a frame to be read within frame() (copy() is for keeping it)",
      "a read after it returned",
    );
  }
}
