import { NativeBuffer } from "../../ffi/memory.ts";
import type { Publication } from "../aeron/publication.ts";
import { PublishResult } from "../aeron/results.ts";
import type { Clock } from "../core/clock.ts";
import type { Flow } from "../protocol/attribute.ts";
import { FrameDescriptorEncoder } from "../sbe/generated/control/index.ts";
import type { ProducerCounters } from "./counters.ts";
import type { SlotClaim } from "./slot-claim.ts";

const DESCRIPTOR_BYTES = FrameDescriptorEncoder.ENCODED_LENGTH;

/**
 * Publishes frame descriptors. With flow "drop" a descriptor that finds no room is dropped and counted at once; with "wait" it
 * is held back, for a bounded time, and tried again at the next call.
 */
export class DescriptorPublisher {
  readonly #publication: Publication;
  readonly #clock: Clock;
  readonly #counters: ProducerCounters;
  readonly #flow: Flow;
  readonly #waitTimeoutNs: number;
  readonly #buffer = new NativeBuffer(DESCRIPTOR_BYTES);
  readonly #descriptor = new FrameDescriptorEncoder();
  /** When the descriptor that is held back is given up; 0 while none is. */
  #waitUntilNs = 0;
  /** While set, nothing is held back any more. */
  isGivingUp = false;

  constructor(
    publication: Publication,
    clock: Clock,
    counters: ProducerCounters,
    options: { readonly flow: Flow; readonly waitTimeoutNs: number },
  ) {
    this.#publication = publication;
    this.#clock = clock;
    this.#counters = counters;
    this.#flow = options.flow;
    this.#waitTimeoutNs = options.waitTimeoutNs;
  }

  /** True while a descriptor is held back. */
  get isWaiting(): boolean {
    return this.#waitUntilNs !== 0;
  }

  /** Begins an epoch: what was held back belonged to the one before. */
  begin(streamId: number, epoch: number): void {
    this.#waitUntilNs = 0;
    this.#descriptor.wrap(this.#buffer.view, 0, DESCRIPTOR_BYTES);
    this.#descriptor.setStreamId(streamId).setEpochNumber(epoch);
  }

  /** Publishes the descriptor of a committed frame; false when it is held back. */
  publish(claim: SlotClaim): boolean {
    this.#descriptor.setSeqNumber(claim.seq).setHeaderIndex(claim.index).setMetaVersion(claim.metaVersion);
    this.#descriptor.setTimestampNs(claim.timestampHigh, claim.timestampLow);
    let result = this.#publication.publish(this.#buffer.address, DESCRIPTOR_BYTES);
    // A log rotation succeeds at the second try.
    if (result === PublishResult.ADMIN_ACTION) {
      result = this.#publication.publish(this.#buffer.address, DESCRIPTOR_BYTES);
    }
    const { of } = this.#counters;
    if (result === PublishResult.PUBLISHED) {
      of.published.increment();
      of.bytes.add(claim.byteLength);
      this.#waitUntilNs = 0;
      return true;
    }
    if (this.#flow === "wait" && !this.isGivingUp && this.#holdsBack()) return false;
    if (result === PublishResult.BACK_PRESSURED) of.descriptorBackPressured.increment();
    else if (result === PublishResult.NOT_CONNECTED) of.descriptorNotConnected.increment();
    else if (result === PublishResult.ADMIN_ACTION) of.descriptorAdminAction.increment();
    else of.descriptorClosed.increment();
    return true;
  }

  /** True while the descriptor that was refused is to be tried again; false once its time is up. */
  #holdsBack(): boolean {
    const nowNs = this.#clock.nanoTime();
    if (this.#waitUntilNs === 0) {
      this.#waitUntilNs = nowNs + this.#waitTimeoutNs;
      this.#counters.of.waits.increment();
      return true;
    }
    if (nowNs < this.#waitUntilNs) return true;
    this.#waitUntilNs = 0;
    this.#counters.of.waitTimeouts.increment();
    return false;
  }
}
