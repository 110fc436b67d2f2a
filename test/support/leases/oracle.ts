import type { Lease } from "../../../src/protocol/lease-table.ts";
import { LeaseRevokeReason } from "../../../src/sbe/generated/driver/index.ts";
import type { FromDriver } from "./messages.ts";
import type { SimClient } from "./sim-client.ts";

interface LeaseRecord {
  readonly lease: Lease;
  readonly epoch: number;
  /** When the keepalive was sent that extended it last; null before the first. */
  extendedBySentNs: number | null;
  endedNs: number | null;
  /** Null when the driver died. */
  reason: LeaseRevokeReason | null;
  /** Until then its client may count on it, by what it has been told and has said. */
  countedUntilNs: number;
  /** True once its client has read something that says that it has ended. */
  isTold: boolean;
}

/** Knows everything that happens in a world of a driver and its clients, and says what must not. */
export class Oracle {
  readonly #durationNs: number;
  readonly #records = new Map<bigint, LeaseRecord>();
  readonly #epochs = new Map<number, { readonly epoch: number; readonly beganNs: number }>();
  /** The lease that writes into an epoch, by stream and epoch. */
  readonly #writers = new Map<string, bigint>();
  touches = 0;
  /** Touches after the driver had ended the lease, by clients that could not know. */
  lateTouches = 0;
  grants = 0;
  readonly ends: Record<string, number> = {};

  constructor(durationNs: number) {
    this.#durationNs = durationNs;
  }

  /** Streams that ever had an epoch. */
  get streamIds(): number[] {
    return [...this.#epochs.keys()];
  }

  epochBegan(streamId: number, epoch: number, nowNs: number): void {
    const before = this.#epochs.get(streamId)?.epoch ?? 0;
    if (epoch <= before) throw new Error(`D-13: stream ${streamId}: epoch ${epoch} follows ${before}`);
    this.#epochs.set(streamId, { epoch, beganNs: nowNs });
  }

  granted(lease: Lease, epoch: number): void {
    if (this.#records.has(lease.leaseId)) throw new Error(`D-10: lease ${lease.leaseId} was given twice`);
    const { role, streamId, attachedNs } = lease;
    if (role === "producer" && this.#epochs.get(streamId)?.beganNs !== attachedNs) {
      throw new Error(`D-13: a producer attached to stream ${streamId} without a new epoch`);
    }
    const ends = { extendedBySentNs: null, endedNs: null, reason: null, isTold: false, countedUntilNs: 0 };
    this.#records.set(lease.leaseId, { lease, epoch, ...ends });
    this.grants += 1;
  }

  extended(leaseId: bigint, sentNs: number): void {
    const record = this.#recordOf(leaseId);
    if (record.endedNs !== null) throw new Error(`D-11: lease ${leaseId} was extended after its end`);
    record.extendedBySentNs = sentNs;
  }

  /** The driver announces the end of a lease. */
  ended({ leaseId }: Lease, reason: LeaseRevokeReason, nowNs: number): void {
    const record = this.#recordOf(leaseId);
    if (record.endedNs !== null) throw new Error(`D-12: the end of lease ${leaseId} was told twice`);
    record.endedNs = nowNs;
    record.reason = reason;
    this.ends[reason] = (this.ends[reason] ?? 0) + 1;
  }

  driverDied(nowNs: number): void {
    for (const record of this.#records.values()) record.endedNs ??= nowNs;
  }

  /** A client is about to read a message. */
  delivered(client: SimClient, message: FromDriver): void {
    const { leaseId } = client;
    if (message.kind === "answer" && message.answer.leaseId !== null) {
      const answered = this.#recordOf(message.answer.leaseId);
      answered.countedUntilNs = Math.max(answered.countedUntilNs, Number(message.answer.leaseExpiryTimestampNs));
    }
    if (leaseId === null) return;
    const record = this.#recordOf(leaseId);
    if (message.kind === "shutdown") record.isTold = true;
    if (message.kind === "revoked" && message.leaseId === leaseId) record.isTold = true;
    if (message.kind !== "announce" || client.role !== "producer" || message.streamId !== client.streamId) return;
    if (message.epoch > BigInt(record.epoch)) record.isTold = true;
  }

  /** A client sent a keepalive for the lease that it believes to have. */
  kept(client: SimClient, leaseId: bigint, nowNs: number): void {
    const record = this.#recordOf(leaseId);
    if (nowNs >= record.countedUntilNs) {
      throw new Error(`D-11: client ${client.index} kept lease ${leaseId} alive when it could have expired`);
    }
    record.countedUntilNs = nowNs + this.#durationNs;
  }

  /** A client reads or writes in the regions of its lease. */
  touched(client: SimClient, leaseId: bigint, epoch: bigint, nowNs: number): void {
    this.touches += 1;
    const record = this.#recordOf(leaseId);
    const { lease, endedNs, reason } = record;
    const what = `D-14: client ${client.index} (${lease.role}) touched lease ${leaseId} at ${nowNs / 1e6} ms`;
    if (lease.role === "producer" && BigInt(record.epoch) !== epoch) {
      throw new Error(`${what}: in epoch ${epoch}, not ${record.epoch}`);
    }
    if (record.isTold) throw new Error(`${what}: after it was told that it had ended`);
    if (nowNs >= record.countedUntilNs) throw new Error(`${what}: longer than it lasts`);
    if (lease.role === "producer") {
      const key = `${lease.streamId}/${epoch}`;
      const writer = this.#writers.get(key) ?? leaseId;
      if (writer !== leaseId) throw new Error(`${what}: into the epoch ${epoch} of lease ${writer}`);
      this.#writers.set(key, leaseId);
    }
    if (endedNs === null || nowNs < endedNs) return;
    this.lateTouches += 1;
    // All that the client counts on had reached the driver, so the client should have given up first.
    if (reason === LeaseRevokeReason.EXPIRED && record.extendedBySentNs === client.keepaliveSentNs) {
      throw new Error(
        `${what}: it had expired at ${endedNs / 1e6} ms, and the client counted on nothing that got lost`,
      );
    }
  }

  /** Every lease that was given is live, or has ended. */
  checkLive(live: Iterable<Lease>): void {
    const ids = new Set<bigint>();
    const producers = new Set<number>();
    const clients = new Set<number>();
    for (const { leaseId, role, streamId, clientId } of live) {
      ids.add(leaseId);
      if (this.#recordOf(leaseId).endedNs !== null) throw new Error(`D-12: lease ${leaseId} lives after its end`);
      if (clients.has(clientId)) throw new Error(`D-10: client ${clientId} has two leases`);
      clients.add(clientId);
      if (role !== "producer") continue;
      if (producers.has(streamId)) throw new Error(`D-03: stream ${streamId} has two producers`);
      producers.add(streamId);
    }
    for (const [leaseId, { endedNs }] of this.#records) {
      if (endedNs === null && !ids.has(leaseId)) throw new Error(`D-12: lease ${leaseId} vanished without an end`);
    }
  }

  #recordOf(leaseId: bigint): LeaseRecord {
    const record = this.#records.get(leaseId);
    if (record === undefined) throw new Error(`lease ${leaseId} was never given`);
    return record;
  }
}
