import type { Messaging } from "../aeron/ports.ts";
import { PeriodicTimer } from "../core/timers.ts";
import type { Consumer } from "../roles/consumer.ts";
import type { RolePorts } from "../roles/host-ports.ts";
import { AeronLinkCounters, isSendingCounter, sendingCounters } from "./aeron-link-counters.ts";
import type { ReceiverLedger } from "./ledger.ts";
import { LinkExport } from "./link-export.ts";
import type { ReturnPath } from "./return-path.ts";

const PERIOD_NS = 100e6;

/** State of a sender. */
export interface SenderReading {
  readonly isConnected: boolean;
  readonly backPressured: number;
  readonly notConnected: number;
  readonly far: ReceiverLedger & { readonly unreported: number };
  readonly returns: Pick<ReturnPath, "account" | "delayAt" | "roundTripNs">;
  /** Session id of its publication. */
  readonly sessionId: number | null;
}

/** Maintains the counters that show tools the sending side of a bridge and its state. */
export class SenderMeter {
  readonly #consumer: Consumer;
  readonly #peer: string;
  readonly #export: LinkExport;
  readonly #aeron: AeronLinkCounters;
  readonly #timer = new PeriodicTimer(PERIOD_NS, { immediate: true });

  constructor(connection: Messaging, consumer: Consumer, peer: string, open?: RolePorts["openCounters"]) {
    this.#consumer = consumer;
    this.#peer = peer;
    this.#export = new LinkExport(connection, "consumer", consumer.streamId);
    this.#aeron = new AeronLinkCounters(connection, open);
  }

  doWork(nowNs: number, read: () => SenderReading): void {
    if (!this.#timer.isDue(nowNs)) return;
    const { isConnected, backPressured, notConnected, far, returns, sessionId } = read();
    const { of } = this.#consumer.counters;
    of.bridging.set(1);
    of.bridgeBackPressured.set(backPressured);
    of.bridgeNotConnected.set(notConnected);
    of.farDelivered.set(far.delivered);
    of.farNoSlot.set(far.noSlot);
    of.farRefused.set(far.refused);
    of.farIncomplete.set(far.incomplete);
    of.farEpochChange.set(far.epochChange);
    of.farChecksum.set(far.checksum);
    of.farUnreported.set(far.unreported);
    of.roundTripNs.set(Math.round(returns.roundTripNs ?? 0));
    const report = returns.account.newest;
    const delay = returns.delayAt(nowNs);
    of.bridgeDelayNs.set(delay?.delayNs ?? 0);
    of.bridgeDelayErrorNs.set(delay?.errorNs ?? 0);
    of.farReaders.set(report?.consumers ?? 0);
    of.bridgeWindowBytes.set(report?.windowBytes ?? 0);
    of.bridgeSocketBytes.set(report?.socketBufferBytes ?? 0);
    const { consumerId } = this.#consumer;
    this.#export.show(consumerId, this.#peer, isConnected);
    this.#export.showReaders(report?.toStreamId ?? 0, isConnected ? (report?.readers ?? []) : []);
    const records = this.#aeron.readIfDue(nowNs, isSendingCounter);
    if (records === null) return;
    const { naks, windowFull, retransmits } = sendingCounters(records, sessionId);
    of.bridgeNaks.proposeMax(Math.max(naks, report?.naks ?? 0));
    of.bridgeRetransmits.proposeMax(retransmits);
    of.bridgeWindowFull.proposeMax(windowFull);
  }

  close(): void {
    this.#export.close();
    this.#aeron.close();
  }
}
