import type { CounterRecord } from "../aeron/counters-reader.ts";
import { LOSS_CAUSES } from "../roles/counters.ts";
import { type BridgeView, bridgeViewOf } from "../supervision/model/index.ts";
import type { CounterValues, Deployment, SeenDriver, SeenLease, SeenRole, SeenStream } from "./deployment.ts";
import type { KnownStream } from "./known-streams.ts";

/** "silent": its process is alive, but has not worked for a while, e.g. because of a debugger or SIGSTOP. */
export type LifeState = "alive" | "silent" | "dead";

export interface DriverView {
  readonly kind: "driver";
  readonly instanceId: string;
  readonly state: LifeState;
  readonly pid: number | null;
  readonly controlStreamId: number;
  readonly streams: number;
  readonly leases: number;
  readonly regionBytes: number;
  /** Time since it last worked. */
  readonly silentNs: number;
  readonly counters: CounterValues;
}

export interface RoleView {
  readonly role: "producer" | "consumer";
  readonly clientId: number;
  readonly pid: number | null;
  readonly state: LifeState;
  /** Published or accepted frames. */
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Frames that were claimed but not published, or lost, for all causes. */
  readonly lost: number;
  /** Null for a lease holder without counters. */
  readonly counters: CounterValues | null;
  /** The bridge that it is a side of; null if there is none. */
  readonly bridge: BridgeView | null;
  /** The lease that it holds, if any. */
  readonly leaseId: string | null;
}

export interface StreamView {
  readonly kind: "stream";
  readonly streamId: number;
  /** The data source's name for it, or else the driver's. */
  readonly name: string | null;
  /** The driver's name for it, if that differs. */
  readonly servedAs: string | null;
  /** The driver that serves it; null for a producer's own regions. */
  readonly driver: string | null;
  readonly driverState: LifeState | null;
  readonly epoch: string | null;
  readonly regionBytes: number | null;
  readonly retainedEpochs: number | null;
  readonly producer: RoleView | null;
  readonly consumers: readonly RoleView[];
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Frames that the producer could not publish. */
  readonly dropped: number;
  /** Frames that all consumers together lost. */
  readonly lost: number;
}

export interface LeaseView {
  readonly kind: "lease";
  readonly leaseId: string;
  readonly streamId: number;
  readonly name: string | null;
  readonly role: "producer" | "consumer";
  readonly clientId: number;
  readonly pid: number | null;
  readonly ageNs: number;
  /** Time until it expires without a keepalive; null if its driver is dead, which ends the lease. */
  readonly expiresInNs: number | null;
}

export interface DeploymentView {
  readonly drivers: readonly DriverView[];
  readonly streams: readonly StreamView[];
  readonly leases: readonly LeaseView[];
}

/** Information that counters do not provide. */
export interface Surroundings {
  /** CLOCK_MONOTONIC now. */
  readonly nowNs: bigint;
  /** The wall clock now. */
  readonly nowMs: number;
  /** True while a live process serves the control stream, as its lock shows. */
  isServed(controlStreamId: number): boolean;
  readonly rates: ReadonlyMap<CounterRecord, number>;
  readonly heard: ReadonlyMap<number, KnownStream>;
}

/** A driver works continuously, and updates its heartbeat ten times a second. */
const SILENT_NS = 1_500_000_000n;
/** Aeron clients update their heartbeat twice a second. */
const SILENT_CLIENT_MS = 3_000;

/** Combines the counters with the other information. */
export function viewOf(deployment: Deployment, around: Surroundings): DeploymentView {
  const states = new Map(deployment.drivers.map((driver) => [driver, driverState(driver, deployment, around)]));
  const drivers = deployment.drivers.map((driver): DriverView => {
    const { instanceId, pid, controlStreamId, counters } = driver;
    return {
      kind: "driver",
      instanceId,
      state: states.get(driver) as LifeState,
      pid,
      controlStreamId,
      streams: counters.streams ?? 0,
      leases: counters.leases ?? 0,
      regionBytes: counters.regionBytes ?? 0,
      silentNs: Math.max(0, Number(around.nowNs - driver.heartbeatNs)),
      counters,
    };
  });
  const stateOfOwner = ({ ownerId, instanceId }: SeenStream): LifeState => {
    const mine = deployment.drivers.filter((driver) => driver.ownerId === ownerId);
    const driver = mine.find((candidate) => candidate.instanceId === instanceId) ?? mine[0];
    return driver === undefined ? "dead" : (states.get(driver) as LifeState);
  };
  const living = new Set(
    deployment.streams.filter((stream) => stateOfOwner(stream) !== "dead").map(({ streamId }) => streamId),
  );
  // A stream that another driver has taken over is shown once.
  const served = deployment.streams.filter((s) => stateOfOwner(s) !== "dead" || !living.has(s.streamId));
  const unserved = new Set(deployment.roles.map(({ streamId }) => streamId));
  for (const { streamId } of served) unserved.delete(streamId);
  const streams = [
    ...served.map((stream) => streamView(stream.streamId, stream, stateOfOwner(stream), deployment, around)),
    ...[...unserved].map((streamId) => streamView(streamId, null, null, deployment, around)),
  ].sort((a, b) => a.streamId - b.streamId);
  const leases = deployment.leases.map((lease): LeaseView => {
    const owner = deployment.drivers.find(({ ownerId }) => ownerId === lease.ownerId);
    const isVoid = owner === undefined || states.get(owner) === "dead";
    return {
      kind: "lease",
      leaseId: String(lease.leaseId),
      streamId: lease.streamId,
      name: streams.find(({ streamId }) => streamId === lease.streamId)?.name ?? null,
      role: lease.role,
      clientId: lease.clientId,
      pid: lease.pid,
      ageNs: Number(around.nowNs - lease.attachedNs),
      expiresInNs: isVoid ? null : Number(lease.expiresNs - around.nowNs),
    };
  });
  return { drivers, streams, leases };
}

/** An explicit name takes precedence over the default name of a stream. */
function namesOf(streamId: number, byDriver: string | null, bySource: string | null) {
  const isDefault = (name: string | null): boolean => name === null || name === `stream-${streamId}`;
  const name = isDefault(bySource) && !isDefault(byDriver) ? byDriver : (bySource ?? byDriver);
  return { name, servedAs: byDriver === name ? null : byDriver };
}

/** Streams about which only their producers know more: all names, and the location of regions that no driver owns. */
export function producedStreams({ streams, roles }: Deployment): number[] {
  const served = new Set(streams.map(({ streamId }) => streamId));
  const told = roles.filter(
    (each) => !served.has(each.streamId) || (each.role === "producer" && each.aliveMs !== null),
  );
  return [...new Set(told.map(({ streamId }) => streamId))];
}

function driverState(driver: SeenDriver, { drivers }: Deployment, around: Surroundings): LifeState {
  const { controlStreamId, heartbeatNs } = driver;
  if (!around.isServed(controlStreamId)) return "dead";
  // A dead predecessor's counters remain for the seconds that Aeron takes to detect its death.
  if (drivers.some((other) => other.controlStreamId === controlStreamId && other.heartbeatNs > heartbeatNs)) {
    return "dead";
  }
  // The counter of a driver that has just started may still be empty.
  return heartbeatNs > 0n && around.nowNs - heartbeatNs > SILENT_NS ? "silent" : "alive";
}

function streamView(
  streamId: number,
  stream: SeenStream | null,
  driverState: LifeState | null,
  deployment: Deployment,
  around: Surroundings,
): StreamView {
  const heard = around.heard.get(streamId);
  const leases = deployment.leases.filter((lease) => lease.streamId === streamId && lease.ownerId === stream?.ownerId);
  const roles = deployment.roles
    .filter((role) => role.streamId === streamId)
    .map((role) => roleView(role, leases, around));
  for (const lease of leases) {
    if (!roles.some(({ leaseId }) => leaseId === String(lease.leaseId))) roles.push(silentHolder(lease));
  }
  const producers = roles.filter(({ role }) => role === "producer");
  const producer =
    producers.find(({ clientId }) => clientId === stream?.counters.producerId && clientId !== 0) ??
    producers.find(({ state }) => state === "alive") ??
    producers.at(-1) ??
    null;
  const consumers = roles.filter(({ role }) => role === "consumer");
  const epoch = stream === null ? (heard?.epoch ?? null) : stream.counters.epoch || null;
  return {
    kind: "stream",
    streamId,
    ...namesOf(streamId, stream?.name ?? null, heard?.name ?? null),
    driver: stream?.instanceId ?? null,
    driverState,
    epoch: epoch === null ? null : String(epoch),
    regionBytes: stream?.counters.regionBytes ?? null,
    retainedEpochs: stream?.counters.retainedEpochs ?? null,
    producer,
    consumers,
    framesPerSecond: producer?.framesPerSecond ?? 0,
    bytesPerSecond: producer?.bytesPerSecond ?? 0,
    dropped: producer?.lost ?? 0,
    lost: consumers.reduce((sum, consumer) => sum + consumer.lost, 0),
  };
}

function roleView(role: SeenRole, leases: readonly SeenLease[], around: Surroundings): RoleView {
  const lease = leases.find((candidate) => candidate.role === role.role && candidate.clientId === role.clientId);
  return {
    role: role.role,
    clientId: role.clientId,
    pid: role.pid,
    state: roleState(role, around.nowMs),
    framesPerSecond: around.rates.get(role.frames) ?? 0,
    bytesPerSecond: around.rates.get(role.bytes) ?? 0,
    lost: lostBy(role),
    counters: role.counters,
    bridge: bridgeViewOf(
      role.role === "consumer" ? "send" : "receive",
      role.bridge,
      new Map(Object.entries(role.counters)),
    ),
    leaseId: lease === undefined ? null : String(lease.leaseId),
  };
}

/** A client with a lease but without counters: another implementation, or `tensorpool attach`. */
function silentHolder({ role, clientId, pid, leaseId }: SeenLease): RoleView {
  return {
    role,
    clientId,
    pid,
    state: "alive",
    framesPerSecond: 0,
    bytesPerSecond: 0,
    lost: 0,
    counters: null,
    bridge: null,
    leaseId: String(leaseId),
  };
}

function roleState({ aliveMs }: SeenRole, nowMs: number): LifeState {
  if (aliveMs === null) return "dead";
  return nowMs - aliveMs > SILENT_CLIENT_MS ? "silent" : "alive";
}

function lostBy({ role, counters }: SeenRole): number {
  const of = (name: string): number => counters[name] ?? 0;
  if (role === "producer") return of("claimed") - of("published") + of("noPool");
  return LOSS_CAUSES.reduce((sum, cause) => sum + of(cause), 0);
}
