import type { KeepaliveFact } from "./facts.ts";

/** The lease of a client, as far as the control stream shows it. */
export interface HeldLease {
  readonly leaseId: bigint;
  readonly clientId: number;
  /** When it was granted or extended last. */
  readonly signNs: number;
  /** Why it ended; null while it is held. */
  readonly endReason: string | null;
}

export interface LeaseView {
  /** "none": no lease was seen. The owner of the regions needs none, and neither do consumers of a standalone producer. */
  readonly lease: "held" | "ended" | "none";
  readonly leaseId: bigint | null;
  /** Since it was granted or extended last; null without a lease. */
  readonly leaseSignSeconds: number | null;
  /** Null while it is held. */
  readonly leaseEndReason: string | null;
}

const NO_LEASE: LeaseView = { lease: "none", leaseId: null, leaseSignSeconds: null, leaseEndReason: null };

/** A lease for others to see. `clientId`: the client that acts now; the lease of a predecessor is not its lease. 0: no client acts. */
export function leaseView(lease: HeldLease | null, clientId: number, nowNs: number): LeaseView {
  if (lease === null || (clientId !== 0 && lease.clientId !== clientId)) return NO_LEASE;
  return {
    lease: lease.endReason === null ? "held" : "ended",
    leaseId: lease.leaseId,
    leaseSignSeconds: Math.round((nowNs - lease.signNs) / 1e6) / 1e3,
    leaseEndReason: lease.endReason,
  };
}

/** After a keepalive, or the granting of a lease. A keepalive that was under way when its lease ended does not extend it. */
export function extendedLease(
  before: HeldLease | null,
  { leaseId, clientId }: KeepaliveFact,
  nowNs: number,
): HeldLease {
  if (before?.leaseId === leaseId && before.endReason !== null) return before;
  return { leaseId, clientId, signNs: nowNs, endReason: null };
}

/** After the end of a lease. That of a former lease does not end the present one. */
export function endedLease(
  before: HeldLease | null,
  { leaseId, clientId }: KeepaliveFact,
  nowNs: number,
  endReason: string,
): HeldLease {
  if (before !== null && before.leaseId !== leaseId) return before;
  return { leaseId, clientId, signNs: before?.signNs ?? nowNs, endReason };
}

/** After the end of the driver. */
export function abandonedLease(before: HeldLease | null): HeldLease | null {
  return before === null || before.endReason !== null ? before : { ...before, endReason: "the driver shut down" };
}
