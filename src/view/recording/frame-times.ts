import type { RecordingSet, SetStream } from "../../recording/recording-set.ts";

/** When every frame of a stream was recorded, over all parts: 20 bytes per frame. Times count from the beginning of the recording. */
export class FrameTimes {
  readonly length: number;
  readonly timeNs: Float64Array;
  readonly seq: Float64Array;
  readonly bytes: number;
  readonly #epochs: readonly bigint[];
  readonly #epochIndex: Uint32Array;

  /** Reads every frame once. @throws RecordingError */
  constructor({ parts }: SetStream) {
    const tables = parts.map(({ recording, stream, baseNs }) => ({ table: recording.table(stream), baseNs }));
    this.length = tables.reduce((sum, { table }) => sum + table.length, 0);
    this.bytes = tables.reduce((sum, { table }) => sum + table.bytes, 0);
    this.timeNs = new Float64Array(this.length);
    this.seq = new Float64Array(this.length);
    this.#epochIndex = new Uint32Array(this.length);
    const epochs: bigint[] = [];
    let at = 0;
    for (const { table, baseNs } of tables) {
      const first = epochs.push(...table.epochs) - table.epochs.length;
      for (let i = 0; i < table.length; i++, at++) {
        this.timeNs[at] = baseNs + (table.timeNs[i] as number);
        this.seq[at] = table.seq[i] as number;
        this.#epochIndex[at] = first + (table.epochIndex[i] as number);
      }
    }
    this.#epochs = epochs;
  }

  epochOf(index: number): bigint | null {
    return index < 0 || index >= this.length ? null : (this.#epochs[this.#epochIndex[index] as number] as bigint);
  }

  /** The newest frame at a time; before the first frame, the first: streams may begin at different times. -1 without frames. */
  at(timeNs: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.timeNs[middle] as number) <= timeNs) low = middle + 1;
      else high = middle;
    }
    return this.length === 0 ? -1 : Math.max(0, low - 1);
  }

  /** The frame with this number that is closest to `near`; -1 if there is none. */
  find(seq: number, near: number): number {
    let best = -1;
    for (let i = 0; i < this.length; i++) {
      if (this.seq[i] !== seq) continue;
      if (best === -1 || Math.abs(i - near) < Math.abs(best - near)) best = i;
    }
    return best;
  }
}

/** The times of all streams of a recording. @throws RecordingError */
export function timesOf(set: RecordingSet): readonly FrameTimes[] {
  return set.streams.map((stream) => new FrameTimes(stream));
}
