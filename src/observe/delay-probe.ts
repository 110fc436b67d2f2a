import type { BlockSubscription } from "../aeron/block-subscription.ts";
import { observerChannel } from "../aeron/channel.ts";
import type { AeronConnection } from "../aeron/connection.ts";
import { epochOf, type HostClock } from "../aeron/wall-clocks.ts";
import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import type { MonotonicEpoch } from "../core/monotonic-epoch.ts";
import { PeriodicTimer } from "../core/timers.ts";
import type { AeronStreams } from "../protocol/stream-ids.ts";
import { FrameDescriptorDecoder, messageKeyAt } from "../sbe/index.ts";
import { DurationHistogram } from "./duration-histogram.ts";

const BLOCK_BYTES = 64 * 1024;
/** Descriptors of one listening period: at a million a second, a millisecond's worth. */
const PER_LISTENING = 2_000;
/** Time between two listening periods, and between two readings of a slewed clock. */
const PERIOD_NS = 1e9;
/** No rest for this long after joining: messages sent before the first poll fill the window. */
const EAGER_NS = 20e6;
const AT_ONCE = 1;
/** Two processes that convert the same clock may differ by this much. */
const TOLERANCE_NS = 20e3;

export interface DelayProbeOptions {
  readonly streams: AeronStreams;
  readonly streamId: number;
  readonly clock: HostClock;
}

/**
 * Measures the age of frames when their descriptors arrive at this process. The publisher's window waits for a subscriber, even an
 * untethered one, as long as the driver considers it alive. So the probe listens for at most 2,000 descriptors, without resting, and then
 * leaves the stream until the next second. Slow streams are listened to all the time.
 */
export class DelayProbe implements Agent {
  readonly roleName = "delay probe";
  readonly delays = new DurationHistogram();
  /** Descriptors whose timestamp is ahead of the clock: it comes from another clock. */
  ahead = 0;
  /** Descriptors without a timestamp (W-35). */
  unstamped = 0;
  readonly #connection: AeronConnection;
  readonly #clock: Clock;
  readonly #options: DelayProbeOptions;
  readonly #descriptor = new FrameDescriptorDecoder();
  readonly #period = new PeriodicTimer(PERIOD_NS, { immediate: true });
  readonly #onMessage = (view: DataView, offset: number, length: number): void => this.#take(view, offset, length);
  #epoch: MonotonicEpoch;
  #subscription: BlockSubscription | null = null;
  #joinedNs = 0;
  #heard = 0;

  constructor(connection: AeronConnection, clock: Clock, options: DelayProbeOptions) {
    this.#connection = connection;
    this.#clock = clock;
    this.#options = options;
    this.#epoch = epochOf(options.clock);
  }

  /** True while it waits for descriptors; false until the next second begins. */
  get isListening(): boolean {
    return this.#heard < PER_LISTENING;
  }

  doWork(nowNs: number): number {
    if (this.#period.isDue(nowNs)) {
      this.#epoch = epochOf(this.#options.clock);
      this.#heard = 0;
    }
    if (!this.isListening) {
      this.#leave();
      return 0;
    }
    const subscription = this.#subscription ?? this.#join(nowNs);
    const bytes = subscription.poll(BLOCK_BYTES);
    if (bytes > 0) return bytes;
    // The driver made it inactive: the next second begins again.
    if (subscription.needsRenewal(nowNs)) this.#connection.renew(subscription);
    return this.#heard === 0 && nowNs - this.#joinedNs < EAGER_NS ? AT_ONCE : 0;
  }

  onClose(): void {
    this.#leave();
  }

  #join(nowNs: number): BlockSubscription {
    this.#joinedNs = nowNs;
    const { channel, descriptorStreamId } = this.#options.streams;
    this.#subscription = this.#connection.addBlockSubscription(
      observerChannel(channel),
      descriptorStreamId,
      BLOCK_BYTES,
      this.#onMessage,
    );
    return this.#subscription;
  }

  #leave(): void {
    if (this.#subscription !== null) this.#connection.remove(this.#subscription);
    this.#subscription = null;
  }

  #take(view: DataView, offset: number, length: number): void {
    this.#heard++;
    const descriptor = this.#descriptor;
    if (messageKeyAt(view, offset, length) !== FrameDescriptorDecoder.KEY) return;
    if (descriptor.wrap(view, offset, length) !== null || descriptor.streamId !== this.#options.streamId) return;
    if (!descriptor.hasTimestampNs) {
      this.unstamped++;
      return;
    }
    const stampNs = this.#epoch.toProcessNs(descriptor.timestampNsHigh, descriptor.timestampNsLow);
    const delayNs = this.#clock.nanoTime() - stampNs;
    if (delayNs < -TOLERANCE_NS) this.ahead++;
    else this.delays.add(Math.max(0, delayNs));
  }
}
