import { monotonic } from "../aeron/monotonic.ts";
import { DTYPES } from "../protocol/dtype.ts";
import { type FrameHeader, MAJOR_ORDER_CODES } from "../protocol/frame-header.ts";
import { explainShapeFault, type FrameShape, shapeByteLength } from "../protocol/frame-layout.ts";
import { ProducerError } from "./errors.ts";

/** Writes a shape to a header. @returns the number of bytes it needs @throws ProducerError "layout" */
export function setShape(header: FrameHeader, shape: FrameShape): number {
  const fault = explainShapeFault(shape);
  if (fault !== null) throw new ProducerError("layout", fault, { rule: "W-11" });
  header.dtype = DTYPES[shape.dtype].code;
  header.majorOrder = shape.majorOrder === "column" ? MAJOR_ORDER_CODES.column : MAJOR_ORDER_CODES.row;
  header.ndims = shape.dims.length;
  for (let i = 0; i < header.ndims; i++) {
    header.dims[i] = shape.dims[i] as number;
    header.strides[i] = shape.strides === undefined ? 0 : (shape.strides[i] as number);
  }
  return shapeByteLength(shape);
}

/** Copies shape and timestamp from another stream's checked frame header. @throws ProducerError "layout" for values of another length */
export function copyShape(header: FrameHeader, from: FrameHeader, byteLength: number): void {
  if (from.valuesLenBytes !== byteLength) throw misfit(`values of ${byteLength} bytes`, `${from.valuesLenBytes}`);
  header.words.set(from.words);
  header.payloadOffset = 0;
}

/** Stamps a header with a claim's time, on this process's clock. */
export function stampClaim(header: FrameHeader, claimedNs: number): void {
  header.timestampHigh = monotonic.high(claimedNs) | 0;
  header.timestampLow = monotonic.low(claimedNs) | 0;
}

/** Stamps a header with the source's own time. */
export function stampOwn(header: FrameHeader, timestampNs: bigint): void {
  header.timestampHigh = Number(BigInt.asIntN(32, timestampNs >> 32n));
  header.timestampLow = Number(BigInt.asIntN(32, timestampNs));
}

/** The error for a shape that does not fit its claim. */
export function misfit(expected: string, found: string): ProducerError {
  return new ProducerError("layout", `expected ${expected}, found ${found}`, { rule: "W-11", expected });
}
