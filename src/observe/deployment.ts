import { AeronClients } from "../aeron/clients.ts";
import { type CounterRecord, CountersError, CountersReader } from "../aeron/counters-reader.ts";
import { lookForDriver } from "../aeron/driver-watch.ts";
import { NotFoundError } from "../core/errors.ts";
import { consumerCounters, producerCounters } from "../roles/counters.ts";
import { driverCounters, LEASE_COUNTER_TYPE_ID, LEASE_KEY, streamCounters } from "../roles/driver/driver-counters.ts";
import { Role } from "../sbe/generated/driver/index.ts";
import { BridgeLinks } from "../supervision/bridge-links.ts";
import type { BridgeFact } from "../supervision/model/index.ts";

/** Values of a role's counters by name, see `CounterSet`. */
export type CounterValues = Readonly<Record<string, number>>;

/** A driver, as seen in its counters. */
export interface SeenDriver {
  readonly instanceId: string;
  readonly controlStreamId: number;
  /** Process id in its own pid namespace. */
  readonly pid: number | null;
  /** CLOCK_MONOTONIC ns when it last worked. */
  readonly heartbeatNs: bigint;
  readonly counters: CounterValues;
  /** Id of its Aeron client. */
  readonly ownerId: bigint;
}

/** A stream, as seen in the counters of its driver. */
export interface SeenStream {
  readonly streamId: number;
  readonly name: string;
  /** Id of the driver that serves it. */
  readonly instanceId: string;
  readonly ownerId: bigint;
  readonly counters: CounterValues;
}

/** A producer or consumer, as seen in its own counters. */
export interface SeenRole {
  readonly role: "producer" | "consumer";
  readonly streamId: number;
  readonly clientId: number;
  readonly pid: number | null;
  /** Last heartbeat of its process, in milliseconds of the wall clock; null if its client is gone. */
  readonly aliveMs: number | null;
  readonly counters: CounterValues;
  /** Null for a role that is not part of a bridge. */
  readonly bridge: BridgeFact | null;
  /** The counters of frames and bytes, for a second reading. */
  readonly frames: CounterRecord;
  readonly bytes: CounterRecord;
}

/** A lease, as seen in the counter that its driver keeps for it. */
export interface SeenLease {
  readonly leaseId: bigint;
  readonly streamId: number;
  readonly clientId: number;
  readonly role: "producer" | "consumer";
  readonly pid: number | null;
  /** CLOCK_MONOTONIC ns. */
  readonly attachedNs: bigint;
  readonly expiresNs: bigint;
  readonly ownerId: bigint;
  readonly record: CounterRecord;
}

/** The counters of one media driver at one moment. */
export interface Deployment {
  readonly drivers: readonly SeenDriver[];
  readonly streams: readonly SeenStream[];
  readonly roles: readonly SeenRole[];
  readonly leases: readonly SeenLease[];
}

/** Names of counters by type id. */
const NAMES = {
  driver: namesOf(driverCounters().list),
  stream: namesOf(streamCounters().list),
  producer: namesOf(producerCounters().list),
  consumer: namesOf(consumerCounters().list),
} as const;
/** The counters that show a role's progress. */
const PROGRESS = { producer: { frames: "published" }, consumer: { frames: "accepted" } } as const;

/**
 * Opens the counters of the live media driver in a folder, which does not affect it.
 * @throws NotFoundError: `nothing` if none is alive there, CountersError
 */
export function openCounters(aeronDir: string, nothing: (cause?: unknown) => NotFoundError): CountersReader {
  requireDriver(aeronDir, nothing);
  try {
    return CountersReader.open(aeronDir);
  } catch (error) {
    // It has just ended.
    if (error instanceof CountersError && error.code === "not-found") throw nothing(error);
    throw error;
  }
}

/** @throws NotFoundError: `nothing` if no driver is alive there; with the cause if one may be alive but cannot be read */
export function requireDriver(aeronDir: string, nothing: () => NotFoundError): void {
  const look = lookForDriver(aeronDir);
  if (look.state === "none") throw nothing();
  if (look.state !== "alive") throw new NotFoundError(look.why, { found: look.state });
}

/** Reads the present state. */
export function readDeployment(reader: CountersReader): Deployment {
  return deploymentOf(reader.snapshot((typeId) => AeronClients.isWanted(typeId) || isOurs(typeId)));
}

function isOurs(typeId: number): boolean {
  if (BridgeLinks.isWanted(typeId)) return true;
  return typeId === LEASE_COUNTER_TYPE_ID || Object.values(NAMES).some((names) => names.has(typeId));
}

/** Groups counters by their owners. */
export function deploymentOf(records: readonly CounterRecord[]): Deployment {
  const clients = new AeronClients(records);
  const links = new BridgeLinks(records);
  const drivers = groupsOf(records, "driver").map((group): SeenDriver => {
    const { first, counters } = group;
    return {
      instanceId: / instance=(.*)$/s.exec(first.label)?.[1] ?? "",
      controlStreamId: first.key.getUint32(0, true),
      pid: clients.find(first.ownerId)?.pid ?? null,
      heartbeatNs: group.record("heartbeatNs")?.value ?? 0n,
      counters,
      ownerId: first.ownerId,
    };
  });
  const streams = groupsOf(records, "stream").map(({ first, counters }): SeenStream => {
    const [, name = "", instanceId = ""] = / name=(.*?)(?: instance=(.*))?$/s.exec(first.label) ?? [];
    return { streamId: first.key.getUint32(0, true), name, instanceId, ownerId: first.ownerId, counters };
  });
  const roles = (["producer", "consumer"] as const).flatMap((role) =>
    groupsOf(records, role).flatMap((group): SeenRole[] => {
      const { first, counters } = group;
      const [frames, bytes] = [group.record(PROGRESS[role].frames), group.record("bytes")];
      // The role's other counters are about to be added or removed.
      if (frames === undefined || bytes === undefined) return [];
      const client = clients.find(first.ownerId);
      const [streamId, clientId] = [first.key.getUint32(0, true), first.key.getUint32(4, true)];
      const aliveMs = client?.aliveMs ?? null;
      const bridge = links.find(first.ownerId, role, streamId, clientId);
      return [{ role, streamId, clientId, pid: client?.pid ?? null, aliveMs, counters, bridge, frames, bytes }];
    }),
  );
  const leases = records
    .filter(({ typeId }) => typeId === LEASE_COUNTER_TYPE_ID)
    .map((record) => leaseOf(record, clients, drivers));
  return {
    drivers: drivers.sort((a, b) => a.controlStreamId - b.controlStreamId),
    streams: streams.sort((a, b) => a.streamId - b.streamId),
    roles: roles.sort((a, b) => a.streamId - b.streamId || a.clientId - b.clientId),
    leases: leases.sort((a, b) => a.streamId - b.streamId || Number(a.attachedNs - b.attachedNs)),
  };
}

function leaseOf(record: CounterRecord, clients: AeronClients, drivers: readonly SeenDriver[]): SeenLease {
  const { key, value, ownerId } = record;
  const controlStreamId = drivers.find((driver) => driver.ownerId === ownerId)?.controlStreamId;
  const sessionId = key.getInt32(LEASE_KEY.sessionId, true);
  const holder = controlStreamId === undefined ? null : clients.ofSession(sessionId, controlStreamId);
  return {
    leaseId: key.getBigUint64(LEASE_KEY.leaseId, true),
    streamId: key.getUint32(LEASE_KEY.streamId, true),
    clientId: key.getUint32(LEASE_KEY.clientId, true),
    role: key.getInt32(LEASE_KEY.role, true) === Role.PRODUCER ? "producer" : "consumer",
    pid: holder?.pid ?? null,
    attachedNs: key.getBigUint64(LEASE_KEY.attachedNs, true),
    expiresNs: value,
    ownerId,
    record,
  };
}

interface CounterGroup {
  readonly first: CounterRecord;
  readonly counters: CounterValues;
  record(name: string): CounterRecord | undefined;
}

/** The counters of each owner of a kind: counters with the same owner and key belong together. */
function groupsOf(records: readonly CounterRecord[], kind: keyof typeof NAMES): CounterGroup[] {
  const groups = new Map<string, Map<string, CounterRecord>>();
  for (const record of records) {
    const name = NAMES[kind].get(record.typeId);
    if (name === undefined) continue;
    const key = `${record.ownerId}/${record.key.getUint32(0, true)}/${record.key.getUint32(4, true)}`;
    const group = groups.get(key) ?? new Map<string, CounterRecord>();
    groups.set(key, group.set(name, record));
  }
  // A role does not export a counter before its first count: it is 0 until then.
  const nothingCounted = Object.fromEntries([...NAMES[kind].values()].map((name) => [name, 0]));
  return [...groups.values()].map((group) => ({
    first: group.values().next().value as CounterRecord,
    counters: {
      ...nothingCounted,
      ...Object.fromEntries([...group].map(([name, { value }]) => [name, countOf(value)])),
    },
    record: (name) => group.get(name),
  }));
}

function namesOf(list: readonly { readonly name: string; readonly typeId: number | undefined }[]) {
  return new Map(list.flatMap(({ name, typeId }) => (typeId === undefined ? [] : [[typeId, name] as const])));
}

/** Any process can write to the media driver's counters: a value that cannot be a count is treated as 0. */
function countOf(value: bigint): number {
  return value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : 0;
}
