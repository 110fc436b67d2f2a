import type { KeepaliveFact } from "./facts.ts";

/** The lease of a client, as observed on the control stream. */
export interface HeldLease {
  readonly leaseId: bigint;
  readonly clientId: number;
  /** When it was last granted or extended. */
  readonly signNs: number;
  /** Why it ended; null while it is held. */
  readonly endReason: string | null;
}

export interface LeaseView {
  /** "none": no lease was seen. The owner of regions needs none, and neither do consumers of a standalone producer. */
  readonly lease: "held" | "ended" | "none";
  readonly leaseId: bigint | null;
  /** Time since it was last granted or extended; null without a lease. */
  readonly leaseSignSeconds: number | null;
  /** Null while it is held. */
  readonly leaseEndReason: string | null;
}

const NO_LEASE: LeaseView = { lease: "none", leaseId: null, leaseSignSeconds: null, leaseEndReason: null };

/** The view of a lease. `clientId`: the client that acts now; it does not hold its predecessor's lease. 0: no client acts. */
export function leaseView(lease: HeldLease | null, clientId: number, nowNs: number): LeaseView {
  if (lease === null || (clientId !== 0 && lease.clientId !== clientId)) return NO_LEASE;
  return {
    lease: lease.endReason === null ? "held" : "ended",
    leaseId: lease.leaseId,
    leaseSignSeconds: Math.round((nowNs - lease.signNs) / 1e6) / 1e3,
    leaseEndReason: lease.endReason,
  };
}

/** The lease after a keepalive or a grant. A keepalive that was in transit when the lease ended does not extend it. */
export function extendedLease(
  before: HeldLease | null,
  { leaseId, clientId }: KeepaliveFact,
  nowNs: number,
): HeldLease {
  if (before?.leaseId === leaseId && before.endReason !== null) return before;
  return { leaseId, clientId, signNs: nowNs, endReason: null };
}

/** The lease after a revocation. The end of a former lease does not end the present one. */
export function endedLease(
  before: HeldLease | null,
  { leaseId, clientId }: KeepaliveFact,
  nowNs: number,
  endReason: string,
): HeldLease {
  if (before !== null && before.leaseId !== leaseId) return before;
  return { leaseId, clientId, signNs: before?.signNs ?? nowNs, endReason };
}

/** The lease after the end of its driver. */
export function abandonedLease(before: HeldLease | null): HeldLease | null {
  return before === null || before.endReason !== null ? before : { ...before, endReason: "the driver shut down" };
}
