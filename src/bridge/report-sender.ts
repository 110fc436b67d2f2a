import type { FrameSink, Messaging } from "../aeron/ports.ts";
import { Deadline, PeriodicTimer } from "../core/timers.ts";
import { BRIDGE_RETURN_STREAM_ID, reportChannel } from "./channels.ts";
import type { FarReport } from "./far-account.ts";
import { ReportMessages } from "./report-messages.ts";

/** A sender that keeps changing its port gets no publication for each. */
const CHANGE_PERIOD_NS = 1e9;
/** Each ledger is answered immediately; if none arrives because frames wait, this report shows that the receiver is alive. */
const PERIOD_NS = 1e9;

/** Returns the outcomes of a sender's frames to it: to the source address of its datagrams, at the port that it names. */
export class ReportSender {
  readonly #connection: Messaging;
  readonly #streamId: number;
  readonly #messages = new ReportMessages();
  readonly #timer = new PeriodicTimer(PERIOD_NS);
  readonly #change = new Deadline();
  #channel = "";
  #publication: FrameSink | null = null;
  #instance = 0n;
  #echoNs = 0n;
  /** The beginning of the first cycle after the open came: it was there by then, and was not answered before. */
  #openedNs = 0;
  #isNewlyOpened = false;
  #isDue = false;

  constructor(connection: Messaging, streamId: number) {
    this.#connection = connection;
    this.#streamId = streamId;
  }

  /** A sender at `host` has opened and receives reports at `port`; null: it receives none. */
  onOpen(host: string, port: number | null, instance: bigint, monotonicNs: bigint, nowNs: number): void {
    this.#instance = instance;
    this.#echoNs = monotonicNs;
    this.#isNewlyOpened = true;
    const channel = port === null || port === 0 ? "" : reportChannel(host, port);
    if (channel === this.#channel || (this.#change.isSet && !this.#change.hasExpired(nowNs))) return;
    this.#change.start(nowNs, CHANGE_PERIOD_NS);
    this.close();
    this.#channel = channel;
    if (channel !== "") this.#publication = this.#connection.addPublication(channel, BRIDGE_RETURN_STREAM_ID);
  }

  /** The ledger after the open was handled: the next `doWork` answers it. */
  onLedger(): void {
    this.#isDue = true;
  }

  /** A cycle begins, of which nothing was received yet. `report`: called when one is due. */
  doWork(nowNs: number, report: () => FarReport | null): number {
    if (this.#isNewlyOpened) this.#openedNs = nowNs;
    this.#isNewlyOpened = false;
    const publication = this.#publication;
    if (publication === null) return 0;
    if (this.#timer.isDue(nowNs)) this.#isDue = true;
    if (!this.#isDue || !publication.isConnected) return 0;
    this.#isDue = false;
    const told = report();
    if (told === null) return 0;
    const context = {
      streamId: this.#streamId,
      instance: this.#instance,
      echoNs: this.#echoNs,
      heldNs: Math.max(0, nowNs - this.#openedNs),
    };
    if (!this.#messages.send(publication, context, told, nowNs)) return 0;
    this.#timer.restart(nowNs);
    return 1;
  }

  /** The sender is gone. */
  close(): void {
    if (this.#publication !== null) this.#connection.remove(this.#publication);
    this.#publication = null;
    this.#channel = "";
  }
}
