import type { FrameSink, Messaging } from "../aeron/ports.ts";
import { Deadline, PeriodicTimer } from "../core/timers.ts";
import { BRIDGE_RETURN_STREAM_ID, reportChannel } from "./channels.ts";
import type { FarReport } from "./far-account.ts";
import { ReportMessages } from "./report-messages.ts";

/** A sender that names another port again and again gets no publication for each. */
const CHANGE_PERIOD_NS = 1e9;
/** Each ledger is answered at once; where none comes, because frames wait, this says that the receiver lives. */
const PERIOD_NS = 1e9;

/** Sends what became of a sender's frames back to it: to the address that its datagrams come from, at the port that it names. */
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

  /** A sender at `host` has opened, and listens at `port`; null: it does not listen. */
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

  /** The ledger that the open came with has been taken: it is answered with the next `doWork`. */
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
