import { AeronClients } from "../aeron/clients.ts";
import type { CounterRecord } from "../aeron/counters-reader.ts";
import { consumerCounters, producerCounters } from "../roles/counters.ts";
import { BridgeLinks } from "./bridge-links.ts";
import type { ClientCountersFact, SupervisionModel } from "./model/index.ts";

interface Meaning {
  readonly role: ClientCountersFact["role"];
  readonly name: string;
}

/** Meaning of the type ids of tensorpool's counters; they never change (counters.ts). */
const MEANINGS: ReadonlyMap<number, Meaning> = new Map(
  (
    [
      ["producer", producerCounters().list],
      ["consumer", consumerCounters().list],
    ] as const
  ).flatMap(([role, list]) =>
    list.flatMap(({ typeId, name }) => (typeId === undefined ? [] : [[typeId, { role, name }] as const])),
  ),
);

const MAX_COUNT = BigInt(Number.MAX_SAFE_INTEGER);

/** Key of tensorpool's counters: stream id and client id, u32 each (`CounterExport`). */
const KEY = { streamId: 0, clientId: 4 } as const;

/** A role does not export a counter before its first count: it is 0 until then. */
const NOTHING_COUNTED: Readonly<Record<ClientCountersFact["role"], readonly (readonly [string, number])[]>> = {
  producer: [...MEANINGS.values()].filter(({ role }) => role === "producer").map(({ name }) => [name, 0]),
  consumer: [...MEANINGS.values()].filter(({ role }) => role === "consumer").map(({ name }) => [name, 0]),
};

interface Group {
  readonly owner: bigint;
  readonly role: ClientCountersFact["role"];
  readonly streamId: number;
  readonly clientId: number;
  readonly counts: Map<string, number>;
}

/** True for the counters that `applyRoleCounters` reads. */
export function isFedCounter(typeId: number): boolean {
  return MEANINGS.has(typeId) || AeronClients.isWanted(typeId) || BridgeLinks.isWanted(typeId);
}

/** Passes the counters of producers and consumers, read from the media driver, to the model. */
export function applyRoleCounters(model: SupervisionModel, records: readonly CounterRecord[], nowNs: number): void {
  const clients = new AeronClients(records);
  const bridges = new BridgeLinks(records);
  const groups = new Map<string, Group>();
  for (const { typeId, key, value, ownerId } of records) {
    const meaning = MEANINGS.get(typeId);
    if (meaning === undefined) continue;
    const [streamId, clientId] = [key.getUint32(KEY.streamId, true), key.getUint32(KEY.clientId, true)];
    const name = `${meaning.role}/${streamId}/${clientId}`;
    let group = groups.get(name);
    // Counters of a dead process remain for a while: its successor's have a higher owner id.
    if (group === undefined || ownerId > group.owner) {
      group = {
        owner: ownerId,
        role: meaning.role,
        streamId,
        clientId,
        counts: new Map(NOTHING_COUNTED[meaning.role]),
      };
      groups.set(name, group);
    }
    if (ownerId !== group.owner) continue;
    // Any process may store any value in a counter: an invalid count is left out, as if the counter did not exist.
    if (value >= 0n && value <= MAX_COUNT) group.counts.set(meaning.name, Number(value));
    else model.counts.countersRefused++;
  }
  for (const { owner, role, streamId, clientId, counts } of groups.values()) {
    const bridge = bridges.find(owner, role, streamId, clientId);
    model.onCounters(nowNs, { role, streamId, clientId, counts, pid: clients.find(owner)?.pid ?? null, bridge });
  }
}
