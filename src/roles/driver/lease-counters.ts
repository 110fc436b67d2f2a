import { monotonic } from "../../aeron/monotonic.ts";
import type { Messaging, SharedCounter } from "../../aeron/ports.ts";
import type { Lease } from "../../protocol/lease-table.ts";
import { ROLE_CODES } from "../attach-messages.ts";
import { LEASE_COUNTER_TYPE_ID, LEASE_KEY } from "./driver-counters.ts";

const TWO_32 = 2 ** 32;

/** One Aeron counter per live lease, so that tools see the holders without contacting the driver. */
export class LeaseCounters {
  readonly #connection: Messaging;
  readonly #counters = new Map<Lease, SharedCounter>();

  constructor(connection: Messaging) {
    this.#connection = connection;
  }

  add(lease: Lease): void {
    const { streamId, clientId, role } = lease;
    const key = new Uint8Array(LEASE_KEY.size);
    const view = new DataView(key.buffer);
    view.setBigUint64(LEASE_KEY.leaseId, lease.leaseId, true);
    view.setUint32(LEASE_KEY.streamId, streamId, true);
    view.setUint32(LEASE_KEY.clientId, clientId, true);
    view.setInt32(LEASE_KEY.role, ROLE_CODES[role], true);
    view.setInt32(LEASE_KEY.sessionId, lease.sessionId, true);
    monotonic.write(view, LEASE_KEY.attachedNs, lease.attachedNs);
    const label = `tensorpool lease ${lease.leaseId} stream ${streamId} ${role} ${clientId}`;
    this.#counters.set(lease, this.#connection.addCounter(LEASE_COUNTER_TYPE_ID, key, label));
    this.touch(lease);
  }

  /** Updates the lease's expiry. */
  touch(lease: Lease): void {
    const { expiresNs } = lease;
    this.#counters.get(lease)?.set(monotonic.high(expiresNs) * TWO_32 + monotonic.low(expiresNs));
  }

  /** Rewrites each lease's expiry: counters that the media driver created late have missed it. */
  touchAll(): void {
    for (const lease of this.#counters.keys()) this.touch(lease);
  }

  remove(lease: Lease): void {
    const counter = this.#counters.get(lease);
    if (counter === undefined) return;
    this.#counters.delete(lease);
    this.#connection.remove(counter);
  }

  close(): void {
    for (const counter of this.#counters.values()) this.#connection.remove(counter);
    this.#counters.clear();
  }
}
