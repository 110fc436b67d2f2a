import { NativeBuffer } from "../../ffi/memory.ts";
import type { MessageSink } from "../aeron/ports.ts";
import { PublishResult } from "../aeron/results.ts";
import type { Clock } from "../core/clock.ts";
import type { Counter } from "../core/counters.ts";
import { type ProgressDemand, ProgressThrottle } from "../protocol/progress-throttle.ts";
import { FrameProgressEncoder, FrameProgressState } from "../sbe/generated/control/index.ts";
import { ProducerError } from "./errors.ts";
import type { SlotClaim } from "./slot-claim.ts";

/** A frame whose progress is published. */
interface Tracked {
  readonly claim: SlotClaim;
  readonly seq: number;
  readonly throttle: ProgressThrottle;
  bytesFilled: number;
  rowsFilled: number | null;
  /** STARTED was sent: there was a subscriber. */
  isStarted: boolean;
}

/** Sends FrameProgress of frames that are being written: STARTED, PROGRESS as the throttle allows, COMPLETE (W-41, W-42). */
export class ProgressSender {
  readonly #publication: MessageSink;
  readonly #streamId: number;
  readonly #sent: Counter;
  readonly #clock: Clock;
  /** Progress requested by readers; null if none is. */
  readonly #demand: () => ProgressDemand | null;
  readonly #buffer = new NativeBuffer(64);
  readonly #encoder = new FrameProgressEncoder();
  readonly #tracked: Tracked[] = [];
  /** The epoch of the frames. */
  epoch = 0;

  constructor(
    publication: MessageSink,
    streamId: number,
    sent: Counter,
    clock: Clock,
    demand: () => ProgressDemand | null,
  ) {
    this.#publication = publication;
    this.#streamId = streamId;
    this.#sent = sent;
    this.#clock = clock;
    this.#demand = demand;
  }

  /** True while the progress of any frame is published. */
  get isBusy(): boolean {
    return this.#tracked.length !== 0;
  }

  begin(claim: SlotClaim): void {
    const throttle = new ProgressThrottle();
    const tracked: Tracked = { claim, seq: claim.seq, throttle, bytesFilled: 0, rowsFilled: null, isStarted: false };
    this.#tracked.push(tracked);
    if (this.#demand() !== null) this.#start(tracked, this.#clock.nanoTime());
  }

  /** @throws ProducerError "progress" if it goes back, exceeds the frame, or was never started */
  report(claim: SlotClaim, bytesFilled: number, rowsFilled: number | null): void {
    const tracked = this.#find(claim);
    if (tracked === undefined) throw new ProducerError("progress", "expected beginProgress before reportProgress");
    if (!(bytesFilled >= tracked.bytesFilled && bytesFilled <= claim.byteLength)) {
      const expected = `${tracked.bytesFilled} to ${claim.byteLength} bytes`;
      throw new ProducerError("progress", `progress: expected ${expected}, found ${bytesFilled}`, { rule: "W-41" });
    }
    tracked.bytesFilled = bytesFilled;
    tracked.rowsFilled = rowsFilled;
    this.#sendIfDue(tracked, this.#clock.nanoTime(), this.#demand());
  }

  /** Sends held-back progress that is due now. */
  doWork(nowNs: number): void {
    for (let i = 0; i < this.#tracked.length; i++) this.#sendIfDue(this.#tracked[i] as Tracked, nowNs, this.#demand());
  }

  /** The frame was committed (COMPLETE is sent) or aborted. */
  end(claim: SlotClaim, isComplete: boolean): void {
    const tracked = this.#find(claim);
    if (tracked === undefined) return;
    this.#tracked.splice(this.#tracked.indexOf(tracked), 1);
    tracked.bytesFilled = claim.byteLength;
    if (isComplete && tracked.isStarted) this.#send(tracked, FrameProgressState.COMPLETE);
  }

  #find(claim: SlotClaim): Tracked | undefined {
    for (const tracked of this.#tracked) if (tracked.claim === claim && tracked.seq === claim.seq) return tracked;
    return undefined;
  }

  #sendIfDue(tracked: Tracked, nowNs: number, demand: ProgressDemand | null): void {
    // Sent only while some consumer reports that it reads progress (W-41).
    if (demand === null) return;
    if (!tracked.isStarted) this.#start(tracked, nowNs);
    if (!tracked.throttle.isDue(nowNs, tracked.bytesFilled, demand)) return;
    tracked.throttle.sent(nowNs, tracked.bytesFilled);
    this.#send(tracked, FrameProgressState.PROGRESS);
  }

  #start(tracked: Tracked, nowNs: number): void {
    const { bytesFilled } = tracked;
    tracked.isStarted = true;
    tracked.throttle.begin(nowNs);
    tracked.bytesFilled = 0;
    this.#send(tracked, FrameProgressState.STARTED);
    tracked.bytesFilled = bytesFilled;
  }

  #send(tracked: Tracked, state: number): void {
    const message = this.#encoder.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setStreamId(this.#streamId).setEpochNumber(this.epoch).setFrameIdNumber(tracked.seq);
    message.setHeaderIndex(tracked.claim.index).setPayloadBytesFilledNumber(tracked.bytesFilled).setState(state);
    if (tracked.rowsFilled !== null) message.setRowsFilled(tracked.rowsFilled);
    const result = this.#publication.publish(this.#buffer.address, FrameProgressEncoder.ENCODED_LENGTH);
    if (result === PublishResult.PUBLISHED) this.#sent.increment();
  }
}
