import { DTYPES } from "../protocol/dtype.ts";
import { type FrameEye, NO_SEQ, type SeenFrame } from "./frame-eye.ts";
import { gatheredBytes } from "./gather.ts";
import { FIELD, HEADER_BYTES, MAGIC, type PlaneSpec, type WatchMessage } from "./messages.ts";
import { fits, type Plane, planeOf, suggestedPlane } from "./plane.ts";
import { Reducer, reducedDtype, reducedSize } from "./reduce.ts";
import type { SeenShape } from "./stream-eye.ts";

/** Largest message of one picture: larger ones are reduced to fit. */
export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
/** Shortest period between pictures of one live view: pages that are ready in between get the current one. */
const MIN_PERIOD_NS = 1e9 / 60;

const reducer = new Reducer();

export type PictureRequest = Pick<WatchMessage, "stream" | "plane" | "maxPixels" | "maxSide" | "reduction">;

/** Pages with the same request share one conversion. */
export function keyOf({ stream, plane, maxPixels, maxSide, reduction }: PictureRequest): string {
  return JSON.stringify([stream, plane, maxPixels, maxSide, reduction]);
}

/** The newest picture of a view: converted once for all pages that show it. */
export class SharedPicture {
  readonly eye: FrameEye;
  /** Number of pages that show it. */
  users = 0;
  /** Seq of the last converted frame; `NO_SEQ` before the first. */
  seq = NO_SEQ;
  epoch: bigint | null = null;
  shape: SeenShape | null = null;
  plane: PlaneSpec | null = null;
  /** Counts changes of the shape, so that a page's known shape can be checked. */
  shapeVersion = 0;
  #buffer = new Uint8Array(new ArrayBuffer(0));
  #length = 0;
  readonly #request: PictureRequest;
  readonly #minPeriodNs: number;
  #convertedNs = Number.NEGATIVE_INFINITY;

  /** `minPeriodNs`: shortest period between pictures. */
  constructor(request: PictureRequest, eye: FrameEye, minPeriodNs = MIN_PERIOD_NS) {
    this.#minPeriodNs = minPeriodNs;
    this.#request = request;
    this.eye = eye;
  }

  /** Bytes in use. */
  get keptBytes(): number {
    return this.#buffer.length;
  }

  /** Header and pixels; overwritten by the next conversion. */
  get message(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Converts the newest frame, unless that was done already or just before, to a message of at most `roomBytes`. */
  refresh(nowNs: number, roomBytes: number = MAX_MESSAGE_BYTES): void {
    const newest = this.eye.newestSeq();
    const isOfAnotherEpoch = this.eye.epoch !== null && this.eye.epoch !== this.epoch;
    if (newest === NO_SEQ || (newest === this.seq && !isOfAnotherEpoch)) return;
    if (nowNs - this.#convertedNs < this.#minPeriodNs) return;
    const isIntact = this.eye.read(newest, (frame) =>
      this.#convert(frame, frame.ageNs, Math.min(roomBytes, MAX_MESSAGE_BYTES)),
    );
    if (!isIntact) return;
    this.seq = newest;
    this.epoch = this.eye.epoch;
    this.#convertedNs = nowNs;
  }

  #convert(frame: SeenFrame, ageNs: number, roomBytes: number): void {
    const { dtype, dims, strides, majorOrder, seq } = frame;
    if (!this.#isOfShape(frame) || this.epoch !== this.eye.epoch) {
      this.shape = { dtype, dims, strides, majorOrder };
      const { plane } = this.#request;
      this.plane = plane !== null && fits(plane, dims) ? plane : suggestedPlane(dims);
      this.shapeVersion++;
    }
    const { maxPixels, maxSide, reduction } = this.#request;
    const plane = planeOf({ dtype, dims, strides, majorOrder }, this.plane as PlaneSpec);
    const affordable = Math.floor((roomBytes - HEADER_BYTES) / (gatheredBytes(dtype) * Math.max(1, plane.channels)));
    const size = reducedSize(plane, Math.max(1, Math.min(maxPixels, affordable)), maxSide);
    const pixelDtype = reducedDtype(dtype, size.factor);
    const pixelBytes = size.width * size.height * plane.channels * (DTYPES[pixelDtype].bits / 8);
    this.#length = HEADER_BYTES + pixelBytes;
    // Surplus memory from an earlier shape is released.
    if (this.#buffer.length < this.#length || this.#buffer.length > this.#length * 4 + 65_536) {
      this.#buffer = new Uint8Array(new ArrayBuffer(this.#length));
    }
    const pixels = this.#buffer.subarray(HEADER_BYTES, this.#length);
    if (pixelBytes > 0) reducer.convert(frame.bytes, plane, size, reduction, pixels);
    this.#writeHeader(plane, { seq, ageNs, timestampNs: frame.timestampNs, size, dtypeCode: DTYPES[pixelDtype].code });
  }

  #writeHeader(
    plane: Plane,
    fields: {
      readonly seq: number;
      readonly ageNs: number;
      readonly timestampNs: bigint;
      readonly size: ReturnType<typeof reducedSize>;
      readonly dtypeCode: number;
    },
  ): void {
    const view = new DataView(this.#buffer.buffer);
    view.setUint32(FIELD.magic, MAGIC, true);
    view.setUint8(FIELD.dtype, fields.dtypeCode);
    view.setUint8(FIELD.isMaximum, this.#request.reduction === "maximum" ? 1 : 0);
    view.setFloat64(FIELD.seq, fields.seq, true);
    view.setFloat64(FIELD.ageNs, fields.ageNs, true);
    view.setUint32(FIELD.width, fields.size.width, true);
    view.setUint32(FIELD.height, fields.size.height, true);
    view.setUint32(FIELD.channels, plane.channels, true);
    view.setUint32(FIELD.x, plane.x, true);
    view.setUint32(FIELD.y, plane.y, true);
    view.setUint32(FIELD.factor, fields.size.factor, true);
    view.setFloat64(FIELD.timestampNs, Number(fields.timestampNs), true);
  }

  /** Addresses the message to one page before it is sent. */
  address(view: number, skipped: number): void {
    const header = new DataView(this.#buffer.buffer);
    header.setUint32(FIELD.view, view, true);
    header.setUint32(FIELD.skipped, Math.min(skipped, 0xffff_ffff), true);
  }

  #isOfShape({ dtype, dims, strides, majorOrder }: SeenFrame): boolean {
    const { shape } = this;
    if (shape === null || shape.dtype !== dtype || shape.majorOrder !== majorOrder) return false;
    return sameNumbers(shape.dims, dims) && sameNumbers(shape.strides, strides);
  }
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
