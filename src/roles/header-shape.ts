import { monotonic } from "../aeron/monotonic.ts";
import { DTYPES, type Dtype } from "../protocol/dtype.ts";
import { FrameHeader, MAJOR_ORDER_CODES } from "../protocol/frame-header.ts";
import { explainShapeFault, type FrameShape, shapeByteLength } from "../protocol/frame-layout.ts";
import { ProducerError } from "./errors.ts";

/**
 * Shape and timestamp of the frames of one writer, as a header. A shape that is the same as that of the frame before was checked, and
 * is not checked again.
 */
export class HeaderShape {
  readonly header = new FrameHeader();
  // The shape that `header` has.
  #dtype: Dtype | null = null;
  #isColumn = false;
  #hasStrides = false;
  #neededBytes = 0;
  /** The claim's time that `header` is stamped with; NaN: with another one. */
  #stampNs = Number.NaN;

  /** Takes the shape of a frame of `byteLength` bytes. @throws ProducerError "layout" when it does not fit them */
  take(shape: FrameShape, byteLength: number, claimedNs: number): void {
    if (!this.#isShapeOfHeader(shape)) this.#setShape(shape);
    if (this.#neededBytes > byteLength) {
      const expected = `a shape of at most ${byteLength} bytes`;
      const found = `one of ${this.#neededBytes}`;
      throw new ProducerError("layout", `expected ${expected}, found ${found}`, { rule: "W-11", expected });
    }
    if (shape.timestampNs !== undefined || claimedNs !== this.#stampNs) this.#stamp(claimedNs, shape);
  }

  /** Takes shape and timestamp of another stream's frame, whose header was checked. @throws ProducerError "layout" for values of another length */
  copy(from: FrameHeader, byteLength: number): void {
    if (from.valuesLenBytes !== byteLength) {
      const expected = `values of ${byteLength} bytes`;
      throw new ProducerError("layout", `expected ${expected}, found ${from.valuesLenBytes}`, {
        rule: "W-11",
        expected,
      });
    }
    this.#dtype = null;
    this.#stampNs = Number.NaN;
    this.header.words.set(from.words);
    this.header.payloadOffset = 0;
  }

  /** Frames that are claimed in one cycle have the same time. */
  #stamp(claimedNs: number, { timestampNs }: FrameShape): void {
    const { header } = this;
    if (timestampNs === undefined) {
      header.timestampHigh = monotonic.high(claimedNs) | 0;
      header.timestampLow = monotonic.low(claimedNs) | 0;
      this.#stampNs = claimedNs;
    } else {
      header.timestampHigh = Number(BigInt.asIntN(32, timestampNs >> 32n));
      header.timestampLow = Number(BigInt.asIntN(32, timestampNs));
      this.#stampNs = Number.NaN;
    }
  }

  #isShapeOfHeader(shape: FrameShape): boolean {
    const { header } = this;
    if (shape.dtype !== this.#dtype || shape.strides !== undefined || this.#hasStrides) return false;
    if (shape.dims.length !== header.ndims || (shape.majorOrder === "column") !== this.#isColumn) return false;
    for (let i = 0; i < header.ndims; i++) if (shape.dims[i] !== header.dims[i]) return false;
    return true;
  }

  /** @throws ProducerError "layout" */
  #setShape(shape: FrameShape): void {
    this.#dtype = null;
    const fault = explainShapeFault(shape);
    if (fault !== null) throw new ProducerError("layout", fault, { rule: "W-11" });
    const { header } = this;
    header.dtype = DTYPES[shape.dtype].code;
    this.#isColumn = shape.majorOrder === "column";
    header.majorOrder = this.#isColumn ? MAJOR_ORDER_CODES.column : MAJOR_ORDER_CODES.row;
    header.ndims = shape.dims.length;
    this.#hasStrides = shape.strides !== undefined;
    for (let i = 0; i < header.ndims; i++) {
      header.dims[i] = shape.dims[i] as number;
      header.strides[i] = shape.strides === undefined ? 0 : (shape.strides[i] as number);
    }
    this.#neededBytes = shapeByteLength(shape);
    this.#dtype = shape.dtype;
  }
}
