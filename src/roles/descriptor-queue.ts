import { asInteger } from "../core/integer.ts";

/**
 * The seqs of received but unhandled descriptors, oldest first: a ring in a plain array, so that a slow reader never blocks the descriptor
 * window and nothing is allocated.
 */
export class DescriptorQueue {
  readonly capacity: number;
  /** Not a Float64Array: its values stay doubles, which doubles the cost of computing with them. */
  readonly #seqs: number[];
  #head = 0;
  #tail = 0;

  /** `capacity` is rounded up to a power of two. */
  constructor(capacity: number) {
    this.capacity = asInteger(2 ** Math.ceil(Math.log2(Math.max(1, capacity))));
    this.#seqs = new Array(this.capacity).fill(0);
  }

  get length(): number {
    return this.#tail - this.#head;
  }

  /** Appends a seq; without room it drops the oldest and returns true. */
  push(seq: number): boolean {
    const isFull = this.#tail - this.#head === this.capacity;
    if (isFull) this.#head++;
    this.#seqs[this.#tail & (this.capacity - 1)] = seq;
    this.#tail++;
    return isFull;
  }

  /** Seq of the oldest. */
  peekSeq(): number {
    return this.#seqs[this.#head & (this.capacity - 1)] as number;
  }

  /** Seq at `position` places behind the oldest; only if `position` is below `length`. */
  seqAt(position: number): number {
    return this.#seqs[(this.#head + position) & (this.capacity - 1)] as number;
  }

  /** Removes the oldest. */
  drop(): void {
    this.#head++;
  }

  clear(): void {
    this.#head = 0;
    this.#tail = 0;
  }
}
