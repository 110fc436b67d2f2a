/** Compression of a chunk's records. `OTHER`: an unknown one. */
export const Packing = { NONE: 0, ZSTD: 1, LZ4: 2, OTHER: 3 } as const;
export type Packing = (typeof Packing)[keyof typeof Packing];

/** One chunk, or a run of messages outside of chunks. */
export interface ChunkEntry {
  /** Offset of the Chunk record, or of a run's first message. */
  readonly offset: number;
  /** Offset of the records in the file, packed or not. */
  readonly recordsAt: number;
  readonly recordsBytes: number;
  readonly unpackedBytes: number;
  readonly packing: Packing;
  readonly crc: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** Offset and size of its MessageIndex records; 0 if there are none. */
  readonly indexAt: number;
  readonly indexBytes: number;
  /** Channels with messages in it; empty: unknown. */
  readonly channelIds: readonly number[];
}

const FIRST_CAPACITY = 64;

/** A growing column of numbers. */
class Column {
  values = new Float64Array(FIRST_CAPACITY);

  set(index: number, value: number): void {
    if (index >= this.values.length) {
      const larger = new Float64Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[index] = value;
  }

  at(index: number): number {
    return this.values[index] as number;
  }

  /** Reorders the values: `order[i]` is the current index of the value for `i`. */
  arrange(order: readonly number[]): void {
    const from = this.values.slice();
    for (const [to, at] of order.entries()) this.values[to] = from[at] as number;
  }
}

/** All chunks of a file, in file order: columns of numbers, because there may be a million. */
export class ChunkTable {
  length = 0;
  /** Times are stored as distances from it, exact within 104 days. */
  baseNs: bigint | null = null;
  readonly #offset = new Column();
  readonly #recordsAt = new Column();
  readonly #recordsBytes = new Column();
  readonly #unpackedBytes = new Column();
  readonly #packing = new Column();
  readonly #crc = new Column();
  readonly #startNs = new Column();
  readonly #endNs = new Column();
  readonly #indexAt = new Column();
  readonly #indexBytes = new Column();
  /** Most chunks share their channels with another: each list is stored once. */
  readonly #channels = new Column();
  readonly #lists: (readonly number[])[] = [];
  readonly #listNumbers = new Map<string, number>();

  add(chunk: ChunkEntry): void {
    const i = this.length++;
    this.baseNs ??= chunk.startNs;
    this.#offset.set(i, chunk.offset);
    this.#recordsAt.set(i, chunk.recordsAt);
    this.#recordsBytes.set(i, chunk.recordsBytes);
    this.#unpackedBytes.set(i, chunk.unpackedBytes);
    this.#packing.set(i, chunk.packing);
    this.#crc.set(i, chunk.crc);
    this.#startNs.set(i, Number(chunk.startNs - this.baseNs));
    this.#endNs.set(i, Number(chunk.endNs - this.baseNs));
    this.#indexAt.set(i, chunk.indexAt);
    this.#indexBytes.set(i, chunk.indexBytes);
    this.#channels.set(i, this.#listOf(chunk.channelIds));
  }

  setChannelIds(i: number, channelIds: readonly number[]): void {
    this.#channels.set(i, this.#listOf(channelIds));
  }

  /** An index may list chunks in any order: sorts them into file order. */
  sort(): void {
    let isSorted = true;
    for (let i = 1; i < this.length && isSorted; i++) isSorted = this.offset(i - 1) < this.offset(i);
    if (isSorted) return;
    const order = Array.from({ length: this.length }, (_, i) => i).sort((a, b) => this.offset(a) - this.offset(b));
    const places = [this.#offset, this.#recordsAt, this.#recordsBytes, this.#unpackedBytes, this.#packing, this.#crc];
    const others = [this.#startNs, this.#endNs, this.#indexAt, this.#indexBytes, this.#channels];
    for (const column of [...places, ...others]) column.arrange(order);
  }

  removeLast(): void {
    this.length--;
  }

  offset(i: number): number {
    return this.#offset.at(i);
  }
  recordsAt(i: number): number {
    return this.#recordsAt.at(i);
  }
  recordsBytes(i: number): number {
    return this.#recordsBytes.at(i);
  }
  unpackedBytes(i: number): number {
    return this.#unpackedBytes.at(i);
  }
  packing(i: number): Packing {
    return this.#packing.at(i) as Packing;
  }
  crc(i: number): number {
    return this.#crc.at(i);
  }
  /** Nanoseconds from `baseNs` to the first message. */
  startNs(i: number): number {
    return this.#startNs.at(i);
  }
  endNs(i: number): number {
    return this.#endNs.at(i);
  }
  indexAt(i: number): number {
    return this.#indexAt.at(i);
  }
  indexBytes(i: number): number {
    return this.#indexBytes.at(i);
  }
  /** Empty: unknown. */
  channelIds(i: number): readonly number[] {
    return this.#lists[this.#channels.at(i)] as readonly number[];
  }

  #listOf(channelIds: readonly number[]): number {
    const key = channelIds.join(",");
    const known = this.#listNumbers.get(key);
    if (known !== undefined) return known;
    this.#lists.push([...channelIds]);
    this.#listNumbers.set(key, this.#lists.length - 1);
    return this.#lists.length - 1;
  }
}
