import type { FrameReader } from "./frame-reader.ts";

const FIRST_CAPACITY = 256;

/** Numbers, epochs and times of all frames of a stream, in recorded order. */
export class FrameTable {
  length = 0;
  seq = new Float64Array(FIRST_CAPACITY);
  /** Index into `epochs`. */
  epochIndex = new Uint32Array(FIRST_CAPACITY);
  /** When it was recorded, in nanoseconds from the file's base time. */
  timeNs = new Float64Array(FIRST_CAPACITY);
  readonly epochs: bigint[] = [];
  bytes = 0;
  maxByteLength = 0;
  #bySeq: Uint32Array | null = null;

  /** Reads every frame's description, without the values. @throws RecordingError */
  static of(reader: FrameReader): FrameTable {
    const table = new FrameTable();
    while (reader.next()) table.#add(reader);
    return table;
  }

  /** The first frame with this number, in one epoch or any; -1 if there is none. */
  find(seq: number, epoch?: bigint): number {
    this.#bySeq ??= Uint32Array.from({ length: this.length }, (_, i) => i).sort(
      (a, b) => (this.seq[a] as number) - (this.seq[b] as number) || a - b,
    );
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.seq[this.#bySeq[middle] as number] as number) < seq) low = middle + 1;
      else high = middle;
    }
    for (; low < this.length; low++) {
      const i = this.#bySeq[low] as number;
      if (this.seq[i] !== seq) return -1;
      if (epoch === undefined || this.epochs[this.epochIndex[i] as number] === epoch) return i;
    }
    return -1;
  }

  #add({ frame, timeNs }: FrameReader): void {
    const i = this.length++;
    if (i === this.seq.length) this.#grow();
    let epochIndex = this.epochs.length - 1;
    if (this.epochs[epochIndex] !== frame.epoch) {
      epochIndex = this.epochs.indexOf(frame.epoch);
      if (epochIndex === -1) epochIndex = this.epochs.push(frame.epoch) - 1;
    }
    this.seq[i] = frame.seq;
    this.epochIndex[i] = epochIndex;
    this.timeNs[i] = timeNs;
    this.bytes += frame.byteLength;
    if (frame.byteLength > this.maxByteLength) this.maxByteLength = frame.byteLength;
  }

  #grow(): void {
    const capacity = this.seq.length * 2;
    const [seq, epochIndex, timeNs] = [this.seq, this.epochIndex, this.timeNs];
    this.seq = new Float64Array(capacity);
    this.seq.set(seq);
    this.epochIndex = new Uint32Array(capacity);
    this.epochIndex.set(epochIndex);
    this.timeNs = new Float64Array(capacity);
    this.timeNs.set(timeNs);
  }
}
