import type { Dtype, MajorOrder } from "../../protocol/dtype.ts";
import { contiguousByteLength } from "../../protocol/dtype.ts";
import type { RecordedFrame } from "../recorded-frame.ts";
import { RecordingError } from "../recording-error.ts";

/** Frames of one shape, which form one array. */
export interface FrameArray {
  /** Names in the written file: of the stream, and of the array in it. */
  readonly group: string;
  readonly name: string;
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  readonly majorOrder: MajorOrder;
  readonly frameBytes: number;
  /** The recording's file that contains each frame, and the offset of its values. */
  readonly paths: string[];
  readonly offsets: number[];
  readonly seqs: number[];
  readonly timestampsNs: bigint[];
  readonly logTimesNs: bigint[];
}

const WAY_OUT = "`tensorpool export --to npy` copies the values instead";

/** Collects the places of frame values, for files that refer to them: an array for each stream and shape. */
export class FramePlaces {
  readonly #arrays = new Map<string, FrameArray>();
  readonly #groups = new Map<string, number>();

  get arrays(): readonly FrameArray[] {
    return [...this.#arrays.values()];
  }

  /** @throws RecordingError "unsupported" for values that cannot be referred to */
  add(frame: RecordedFrame): void {
    const { path, stream, dtype, dims, majorOrder, seq, fileOffset } = frame;
    const group = stream.name.replaceAll(/^\/+|\/+$/g, "").replaceAll(/[^\w.-]+/g, "_") || `stream-${stream.label}`;
    const frameBytes = contiguousByteLength(dtype, dims);
    if (fileOffset < 0) {
      throw new RecordingError(
        "unsupported",
        `${path}: the values of ${group} are compressed, or big-endian, so nothing can refer to them; ${WAY_OUT}`,
      );
    }
    if (frame.strides?.some((stride) => stride !== 0) === true) {
      throw new RecordingError(
        "unsupported",
        `${path}: frame #${seq} of ${group} has strides, which no reference can express; ${WAY_OUT}`,
      );
    }
    const key = `${group} ${dtype} ${dims.join("x")} ${majorOrder}`;
    let array = this.#arrays.get(key);
    if (array === undefined) {
      const shapes = (this.#groups.get(group) ?? 0) + 1;
      this.#groups.set(group, shapes);
      const name = shapes === 1 ? "frames" : `frames-${shapes}`;
      const lists = { paths: [], offsets: [], seqs: [], timestampsNs: [], logTimesNs: [] };
      array = { group, name, dtype, dims: [...dims], majorOrder, frameBytes, ...lists };
      this.#arrays.set(key, array);
    }
    array.paths.push(path);
    array.offsets.push(fileOffset);
    array.seqs.push(seq);
    array.timestampsNs.push(BigInt.asIntN(64, frame.timestampNs));
    array.logTimesNs.push(BigInt.asIntN(64, frame.logTimeNs));
  }
}

/** Shape of one frame in the array; for packed bits, in bytes. */
export function frameDims({ dtype, dims, frameBytes }: FrameArray): readonly number[] {
  return dtype === "bit" ? [frameBytes] : dims;
}
