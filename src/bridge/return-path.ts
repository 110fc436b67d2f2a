import { monotonic } from "../aeron/monotonic.ts";
import type { Inbound, Messaging } from "../aeron/ports.ts";
import { getLogger } from "../core/logger.ts";
import { BridgeReportDecoder } from "../sbe/generated/bridge/index.ts";
import { messageKeyAt } from "../sbe/index.ts";
import { BRIDGE_RETURN_STREAM_ID, type Endpoint, isShared, returnChannel } from "./channels.ts";
import { FarAccount } from "./far-account.ts";
import { FarClock } from "./far-clock.ts";
import type { Delay } from "./frame-delay.ts";
import { type Answer, reportOf, roundTripOf } from "./report-messages.ts";

const refusedLog = getLogger("bridge").every(10e9);
/** Fragments read per cycle: reports come once a second. */
const FRAGMENTS_PER_POLL = 8;
/** A receiver reports once a second: without a report for longer than this, it is gone. */
const SILENCE_NS = 5e9;
/** No host runs for a century. */
const MAX_CLOCK_NS = 2n ** 62n;

export interface ReturnPathOptions {
  readonly to: Endpoint;
  readonly streamId: number;
  /** Instance of the sender: a message without it is no answer. */
  readonly instance: bigint;
  /** Number of frames sent so far. */
  readonly sent: () => number;
}

/**
 * The channel on which a sender receives the outcomes of its frames: its own UDP port, named in its open messages. Any host may send there;
 * a report is accepted only if it contains the sender's instance and adds up.
 */
export class ReturnPath {
  readonly account: FarAccount;
  /** The receiver's clock. Several receivers on one channel have several clocks. */
  readonly clock = new FarClock();
  /** When the last report was accepted. */
  heardNs = Number.NEGATIVE_INFINITY;
  /** Round trip of the newest answered open, and the shortest of the account, both with the wait behind frames; null before. */
  roundTripNs: number | null = null;
  minRoundTripNs: number | null = null;
  readonly #connection: Messaging;
  readonly #options: ReturnPathOptions;
  readonly #subscription: Inbound;
  readonly #report = new BridgeReportDecoder();
  #nowNs = 0;
  /** Of the newest report: it came in this cycle, and was there when the next one begins. */
  #answer: Answer | null = null;

  constructor(connection: Messaging, options: ReturnPathOptions) {
    this.#connection = connection;
    this.account = new FarAccount(isShared(options.to.channel, options.to.host));
    this.#options = options;
    const onMessage = (view: DataView, length: number): void => this.#onMessage(view, length);
    this.#subscription = connection.addSubscription(returnChannel(options.to), BRIDGE_RETURN_STREAM_ID, onMessage);
  }

  /** The UDP port chosen by the media driver; null until then. */
  get port(): number | null {
    const port = Number(/:(\d{1,5})$/.exec(this.#subscription.resolvedEndpoint() ?? "")?.[1] ?? 0);
    return port >= 1 && port <= 65_534 ? port : null;
  }

  /** Age of frames when the receiver has them, and its possible error; null while unknown. */
  delayAt(nowNs: number): Delay | null {
    const { delayNs = 0, delayErrorNs = 0 } = this.account.newest ?? {};
    const isKnown = delayNs > 0 && nowNs - this.heardNs <= SILENCE_NS;
    return isKnown ? { delayNs, errorNs: delayErrorNs } : null;
  }

  /** A receiver has connected, or is gone: the next one may be on another host. */
  onConnection(): void {
    this.#answer = null;
    this.clock.clear();
  }

  poll(nowNs: number): number {
    this.#nowNs = nowNs;
    if (this.#answer !== null) this.#onAnswer(this.#answer, nowNs);
    this.#answer = null;
    return this.#subscription.poll(FRAGMENTS_PER_POLL);
  }

  close(): void {
    this.#connection.remove(this.#subscription);
  }

  #onMessage(view: DataView, length: number): void {
    const message = this.#report;
    if (messageKeyAt(view, 0, length) !== BridgeReportDecoder.KEY || message.wrap(view, 0, length) !== null) {
      this.#refuse("it is malformed");
      return;
    }
    const { streamId, instance, sent } = this.#options;
    // For another sender, or for an earlier one at this port.
    if (message.instance !== instance || message.streamId !== streamId) {
      this.account.refused++;
      return;
    }
    const before = this.account.newest?.receiver;
    const fault = this.account.onReport(reportOf(message), sent());
    if (fault !== null) {
      refusedLog.warn(`stream ${streamId}: a receiver's report is refused: ${fault}`);
      return;
    }
    this.heardNs = this.#nowNs;
    if (before !== message.receiver) {
      this.minRoundTripNs = null;
      this.clock.clear();
    }
    this.#answer = { echoNs: message.echoNs, heldNs: message.heldNsNumber, monotonicNs: message.monotonicNs };
  }

  #onAnswer(answer: Answer, nowNs: number): void {
    const roundTripNs = roundTripOf(answer, nowNs);
    if (roundTripNs === null) return;
    this.roundTripNs = roundTripNs;
    this.minRoundTripNs = Math.min(this.minRoundTripNs ?? roundTripNs, roundTripNs);
    const { to } = this.#options;
    const { monotonicNs } = answer;
    if (monotonicNs >= MAX_CLOCK_NS || isShared(to.channel, to.host)) return;
    this.clock.onAnswer(Number(monotonicNs - monotonic.toBigint(nowNs)), roundTripNs, nowNs);
  }

  #refuse(why: string): void {
    this.account.refused++;
    refusedLog.warn(`stream ${this.#options.streamId}: a message on the way back is refused: ${why}`);
  }
}
