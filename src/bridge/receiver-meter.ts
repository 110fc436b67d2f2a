import type { CounterRecord } from "../aeron/counters-reader.ts";
import type { Messaging } from "../aeron/ports.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { type ConsumerCounters, consumerCounters } from "../roles/counters.ts";
import type { RolePorts } from "../roles/host-ports.ts";
import { AeronLinkCounters, isReceivingCounter, receivedNaks } from "./aeron-link-counters.ts";
import { BRIDGE_STREAM_ID } from "./channels.ts";
import type { FarReader } from "./far-account.ts";
import { LinkExport } from "./link-export.ts";
import type { ReceiverRoute } from "./receiver-route.ts";

const PERIOD_NS = 100e6;

type Kind = Exclude<keyof FarReader, "consumerId">;

/** How a consumer's counters are reported; all other losses are `other`. */
const KINDS: Readonly<Partial<Record<keyof ConsumerCounters["of"], Kind>>> = {
  accepted: "accepted",
  gap: "gap",
  overwritten: "late",
  odd: "late",
  changed: "late",
  identity: "late",
  resync: "late",
  detached: "late",
  sinkTooSlow: "sinkTooSlow",
  sinkRefused: "other",
};
const KIND_OF_TYPE: ReadonlyMap<number, Kind> = new Map(
  consumerCounters().list.flatMap(({ typeId, name }): [number, Kind][] => {
    const kind = name.startsWith("header") ? "other" : KINDS[name as keyof typeof KINDS];
    return kind === undefined || typeId === undefined ? [] : [[typeId, kind]];
  }),
);
const KEY = { streamId: 0, clientId: 4 } as const;

/** Finds the readers of a receiver's streams, and marks its producers in counters as the receiving side of a bridge. */
export class ReceiverMeter {
  /** NAKs sent by this media driver for bridges. */
  naks = 0;
  readonly #connection: Messaging;
  readonly #aeron: AeronLinkCounters;
  readonly #timer = new PeriodicTimer(PERIOD_NS, { immediate: true });
  readonly #exports = new Map<ReceiverRoute, LinkExport>();
  #readers: ReadonlyMap<number, readonly FarReader[]> = new Map();

  constructor(connection: Messaging, open?: RolePorts["openCounters"]) {
    this.#connection = connection;
    this.#aeron = new AeronLinkCounters(connection, open);
  }

  /** Consumers of a stream on this host. */
  readersOf(streamId: number): readonly FarReader[] {
    return this.#readers.get(streamId) ?? [];
  }

  doWork(nowNs: number, routes: ReadonlyMap<number, ReceiverRoute>): void {
    const records = this.#aeron.readIfDue(nowNs, isWanted);
    if (records !== null) {
      this.naks = receivedNaks(records, BRIDGE_STREAM_ID);
      this.#readers = readersIn(records);
    }
    if (this.#timer.isDue(nowNs)) for (const route of routes.values()) this.#show(route);
  }

  close(): void {
    for (const each of this.#exports.values()) each.close();
    this.#aeron.close();
  }

  #show(route: ReceiverRoute): void {
    const { output, account, delay, peer } = route;
    const { producer } = output;
    let shown = this.#exports.get(route);
    if (producer === null) {
      shown?.close();
      return;
    }
    if (shown === undefined) {
      shown = new LinkExport(this.#connection, "producer", output.streamId);
      this.#exports.set(route, shown);
    }
    shown.show(producer.producerId, peer, route.isOpen && route.hasSession);
    const { sender, receiver } = account;
    const { of } = producer.counters;
    of.bridged.set(1);
    of.bridgeSent.set(sender.sent);
    of.bridgeNotSent.set(sender.seen - sender.sent - sender.skipped);
    of.bridgeNoSlot.set(receiver.noSlot);
    of.bridgeRefused.set(receiver.refused);
    of.bridgeIncomplete.set(receiver.incomplete);
    of.bridgeEpochChange.set(receiver.epochChange);
    of.bridgeChecksum.set(receiver.checksum);
    of.bridgeNaks.set(this.naks);
    of.bridgeDelayNs.set(delay.newest?.delayNs ?? 0);
    of.bridgeDelayErrorNs.set(delay.newest?.errorNs ?? 0);
  }
}

function isWanted(typeId: number): boolean {
  return KIND_OF_TYPE.has(typeId) || isReceivingCounter(typeId);
}

/** The consumers of each stream, from their counters. A dead process's stay for a while: its successor has a higher owner id. */
function readersIn(records: readonly CounterRecord[]): ReadonlyMap<number, readonly FarReader[]> {
  const readers = new Map<string, { owner: bigint; streamId: number; counts: FarReader }>();
  for (const { typeId, key, value, ownerId } of records) {
    const kind = KIND_OF_TYPE.get(typeId);
    if (kind === undefined) continue;
    const [streamId, consumerId] = [key.getUint32(KEY.streamId, true), key.getUint32(KEY.clientId, true)];
    const id = `${streamId}/${consumerId}`;
    let reader = readers.get(id);
    if (reader === undefined || ownerId > reader.owner) {
      const counts = { consumerId, accepted: 0, gap: 0, late: 0, sinkTooSlow: 0, other: 0 };
      reader = { owner: ownerId, streamId, counts };
      readers.set(id, reader);
    }
    if (ownerId !== reader.owner || value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) continue;
    const sum = Math.min(Number.MAX_SAFE_INTEGER, reader.counts[kind] + Number(value));
    reader.counts = { ...reader.counts, [kind]: sum };
  }
  const byStream = new Map<number, FarReader[]>();
  for (const { streamId, counts } of readers.values()) {
    byStream.set(streamId, [...(byStream.get(streamId) ?? []), counts]);
  }
  return byStream;
}
