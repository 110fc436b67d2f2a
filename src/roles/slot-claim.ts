import type { Dtype } from "../protocol/dtype.ts";
import type { FrameHeader } from "../protocol/frame-header.ts";
import type { FrameShape } from "../protocol/frame-layout.ts";
import type { SlotPlace } from "../protocol/slot-place.ts";
import type { ValuesByDtype } from "../protocol/values.ts";
import type { PayloadPool } from "../shm/payload-pool.ts";
import { ProducerError } from "./errors.ts";

export const ClaimState = { FREE: 0, CLAIMED: 1, COMMITTED: 2, ABORTED: 3 } as const;
export type ClaimState = (typeof ClaimState)[keyof typeof ClaimState];

/** The operations of the ring that a claim uses. */
export interface ClaimOwner {
  commitClaim(claim: SlotClaim, shape: FrameShape): void;
  commitCopy(claim: SlotClaim, header: FrameHeader): void;
  abortClaim(claim: SlotClaim): void;
  beginProgress(claim: SlotClaim, shape: FrameShape): void;
  reportProgress(claim: SlotClaim, bytesFilled: number, rowsFilled: number | null): void;
}

/**
 * A slot that its holder fills in place and then commits or aborts; left uncommitted at the end of a `using` block, it is aborted. There is
 * one object per slot of the ring, so that claiming allocates nothing: use of a stale handle is detected until its slot is claimed again.
 */
export class SlotClaim {
  /** Frame number within the epoch. */
  seq = 0;
  /** Slot of the header ring and of the pool. */
  readonly index: number;
  /** Requested bytes. */
  byteLength = 0;
  state: ClaimState = ClaimState.FREE;
  /** When it was claimed, on this process's clock. */
  claimedNs = 0;
  /** The frame's timestamp as two words, which may be negative, and its metadata version, once its header was written. */
  timestampHigh = 0;
  timestampLow = 0;
  metaVersion = 0;
  pool: PayloadPool | null = null;
  readonly #owner: ClaimOwner;

  constructor(owner: ClaimOwner, index: number) {
    this.#owner = owner;
    this.index = index;
  }

  /** The slot's memory: exactly the requested bytes. @throws ProducerError once committed, aborted or unmapped */
  get bytes(): Uint8Array {
    return this.#requirePool().bytes(this.index, this.byteLength);
  }

  /** The same memory as elements of a dtype, e.g. `slot.values("uint16")`. @throws ProducerError as `bytes` */
  values<D extends Dtype>(dtype: D): ValuesByDtype[D] {
    return this.#requirePool().values(this.index, this.byteLength, dtype) as ValuesByDtype[D];
  }

  /** Address of the slot's memory in this process, for devices and native code. @throws ProducerError as `bytes` */
  get address(): number {
    return this.#requirePool().addressOf(this.index);
  }

  /** The slot's place in files. @throws ProducerError as `bytes` */
  get place(): SlotPlace {
    return this.#requirePool().place as SlotPlace;
  }

  /**
   * Reports the frame's progress to readers that request it: the shape first, before the payload is written (W-43), then `reportProgress`.
   * The frame must be committed with the same shape. @throws ProducerError as `commit`
   */
  beginProgress(shape: FrameShape): void {
    this.#requirePool();
    this.#owner.beginProgress(this, shape);
  }

  /**
   * The first `bytesFilled` bytes are written (and, for non-contiguous arrays, the first `rowsFilled` rows). Sent as the throttle allows
   * (W-42); must never go back. @throws ProducerError "progress" beyond the frame, or if it goes back
   */
  reportProgress(bytesFilled: number, rowsFilled: number | null = null): void {
    this.#requirePool();
    this.#owner.reportProgress(this, bytesFilled, rowsFilled);
  }

  /** Publishes the frame, in claim order. @throws ProducerError when the shape does not fit, or the claim has ended */
  commit(shape: FrameShape): void {
    this.#requirePool();
    this.#owner.commitClaim(this, shape);
  }

  /**
   * Publishes the frame, in claim order, as a copy of another stream's frame: with the shape and timestamp of its header, which the caller
   * has checked. @throws ProducerError if the values have another length or the claim has ended
   */
  commitCopy(header: FrameHeader): void {
    this.#requirePool();
    this.#owner.commitCopy(this, header);
  }

  /** Aborts the claim: readers see a counted gap. No effect on a claim that has ended. */
  abort(): void {
    if (this.state === ClaimState.CLAIMED) this.#owner.abortClaim(this);
  }

  [Symbol.dispose](): void {
    this.abort();
  }

  /** For the ring: sets the claim that this object represents. */
  begin(seq: number, pool: PayloadPool, byteLength: number, nowNs: number): void {
    this.seq = seq;
    // Storing a pointer costs more than comparing it.
    if (this.pool !== pool) this.pool = pool;
    this.byteLength = byteLength;
    this.claimedNs = nowNs;
    this.state = ClaimState.CLAIMED;
  }

  /** For the ring: the memory is unmapped. */
  end(): void {
    this.state = ClaimState.FREE;
    this.pool = null;
  }

  #requirePool(): PayloadPool {
    if (this.state !== ClaimState.CLAIMED || this.pool === null) {
      throw new ProducerError(
        "claim-ended",
        "this slot is not claimed any more: expected a claim neither committed nor aborted",
      );
    }
    return this.pool;
  }
}
