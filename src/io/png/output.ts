import type { Batch } from "../output/frame-queue.ts";
import { GIVEN_UP, type Output, type WriteOutcome } from "../output/output.ts";
import { EMPTY_RANGE, packPicture } from "./encode.ts";
import { decodePlan, PLAN_BYTES, type Plan } from "./plan.ts";
import { PictureRows } from "./rows.ts";

/** Elements that are converted before the duty cycle gets its turn (about 100 to 300 µs). */
const SLICE_ELEMENTS = 65_536;

/**
 * Encodes each frame as a PNG and passes it to another output, such as a directory's. Values are converted in slices between the duty
 * cycles and compressed on the thread pool; one frame at a time.
 */
export class PngOutput implements Output {
  readonly name: string;
  readonly #target: Output;
  /** The uncompressed rows of the current picture, reused while pictures have the same size. */
  #rows = new Uint8Array(0);
  #encoding: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(target: Output) {
    this.name = target.name;
    this.#target = target;
  }

  write(batch: Batch, done: (outcome: WriteOutcome) => void): void {
    this.#encoding = this.#write(batch).then(done, (error: unknown) => done({ kind: "failed", error }));
  }

  async close(isFailed = false): Promise<void> {
    this.#isClosed = true;
    await this.#encoding;
    await this.#target.close(isFailed);
  }

  async #write({ bytes, byteLength, frames, seq, timestampNs }: Batch): Promise<WriteOutcome> {
    const plan = decodePlan(bytes);
    const rows = new PictureRows(plan, bytes.subarray(PLAN_BYTES, byteLength));
    const rowsPerSlice = Math.max(1, Math.floor(SLICE_ELEMENTS / (plan.width * plan.channels)));
    let range = typeof plan.scale === "object" ? plan.scale : null;
    if (plan.scale === "auto") {
      let known = EMPTY_RANGE;
      if (!(await this.#slices(plan, rowsPerSlice, (from, to) => (known = rows.rangeOf(from, to, known))))) {
        return GIVEN_UP;
      }
      range = known;
    }
    const unpackedBytes = plan.height * rows.rowBytes;
    if (this.#rows.length !== unpackedBytes) this.#rows = new Uint8Array(unpackedBytes);
    if (!(await this.#slices(plan, rowsPerSlice, (from, to) => rows.write(this.#rows, from, to, range)))) {
      return GIVEN_UP;
    }
    const file = await packPicture(plan, this.#rows);
    const picture: Batch = { bytes: file, byteLength: file.length, frames, seq, timestampNs };
    const outcome = await new Promise<WriteOutcome>((resolve) => this.#target.write(picture, resolve));
    return outcome.kind === "written" ? { kind: "written", byteLength: file.length } : outcome;
  }

  /** Calls for all rows in slices, one a turn of the event loop; false when the output was closed meanwhile. */
  async #slices({ height }: Plan, rowsPerSlice: number, work: (from: number, to: number) => void): Promise<boolean> {
    for (let from = 0; from < height; from += rowsPerSlice) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#isClosed) return false;
      work(from, Math.min(height, from + rowsPerSlice));
    }
    return true;
  }
}
