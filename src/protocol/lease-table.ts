import { LeaseRevokeReason, Role } from "../sbe/generated/driver/index.ts";

export type LeaseRole = "producer" | "consumer";

/** The role of a wire code; null for codes outside of the enum. */
export function leaseRoleOfCode(code: number): LeaseRole | null {
  if (code === Role.PRODUCER) return "producer";
  return code === Role.CONSUMER ? "consumer" : null;
}

/** A request for a lease. */
export interface LeaseRequest {
  readonly streamId: number;
  readonly clientId: number;
  readonly role: LeaseRole;
  /** Aeron session that sent the request. */
  readonly sessionId: number;
  readonly correlationId: bigint;
}

/** A lease as the driver holds it (D-10, D-11). */
export interface Lease extends LeaseRequest {
  readonly leaseId: bigint;
  /** The upper and the lower 32 bits of the id. */
  readonly leaseHigh: number;
  readonly leaseLow: number;
  readonly attachedNs: number;
  /** The lease expires at this time unless a keepalive arrives first. */
  readonly expiresNs: number;
  /** "active" once a keepalive has arrived. */
  readonly state: "attached" | "active";
}

type LiveLease = { -readonly [Key in keyof Lease]: Lease[Key] };

/**
 * Result of a keepalive: one code for each cause, so that causes are counted separately (D-11). ENDED and UNKNOWN mean that a client relies
 * on a lease that does not exist: its notice was lost, or the driver that granted it has died. A producer detects this by a higher epoch; a
 * consumer only if the driver answers such a keepalive with another ShmLeaseRevoked, which is harmless (D-14).
 */
export const KeepaliveResult = {
  VALID: 0,
  /** The lease has ended, and the client has not noticed that yet. */
  ENDED: 1,
  /** This driver never granted a lease with this id. */
  UNKNOWN: 2,
  OTHER_STREAM: 3,
  OTHER_CLIENT: 4,
  OTHER_ROLE: 5,
  /** It arrived at or after the deadline, before the table expired the lease. */
  LATE: 6,
} as const;
export type KeepaliveResult = (typeof KeepaliveResult)[keyof typeof KeepaliveResult];

/** Called once for every lease that ends, after the table has removed it (D-12). */
export type LeaseEndListener = (lease: Lease, reason: LeaseRevokeReason, nowNs: number) => void;

export interface LeaseTableOptions {
  /** How long a lease lives without a keepalive: interval x grace (D-11). */
  readonly durationNs: number;
  /**
   * Returns a random 64-bit number for the first id; later ids count up from it. So no id is used twice, and the ids of an earlier driver
   * match no lease here.
   */
  readonly drawId: () => bigint;
  readonly onEnded: LeaseEndListener;
}

const TWO_32 = 2 ** 32;
const NO_LEASES: ReadonlySet<Lease> = new Set();

interface StreamLeases {
  producer: LiveLease | null;
  readonly all: Set<LiveLease>;
}

/**
 * All leases of a driver: at most one producer lease for each stream (D-03), one lease for each client id (D-10). Each ends once: by its
 * holder, by time or by an operator. Keepalives, and cycles in which nothing expires, allocate nothing and look at no other leases.
 */
export class LeaseTable {
  readonly #durationNs: number;
  readonly #onEnded: LeaseEndListener;
  readonly #firstId: bigint;
  readonly #firstHigh: number;
  readonly #firstLow: number;
  /** Leases by number: their id, counted from the first. */
  readonly #leases = new Map<number, LiveLease>();
  readonly #byClient = new Map<number, LiveLease>();
  readonly #byStream = new Map<number, StreamLeases>();
  #given = 0;
  /** No lease ends before this time; keepalives only move deadlines away from it. */
  #earliestNs = Number.POSITIVE_INFINITY;

  /** @throws RangeError for a duration that is not above 0 */
  constructor(options: LeaseTableOptions) {
    const { durationNs, drawId, onEnded } = options;
    if (!(durationNs > 0 && durationNs < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`expected a lease duration above 0 ns, found ${durationNs}`);
    }
    this.#durationNs = durationNs;
    this.#onEnded = onEnded;
    // Far enough from the null value that counting never reaches it, and never 0.
    this.#firstId = BigInt.asUintN(62, drawId()) + 1n;
    this.#firstHigh = Number(this.#firstId >> 32n);
    this.#firstLow = Number(this.#firstId & 0xffff_ffffn);
  }

  /** Live leases. */
  get size(): number {
    return this.#leases.size;
  }

  get durationNs(): number {
    return this.#durationNs;
  }

  /** Live leases, oldest first. */
  leases(): IterableIterator<Lease> {
    return this.#leases.values();
  }

  /** Live leases of a stream, oldest first. */
  leasesOf(streamId: number): ReadonlySet<Lease> {
    return this.#byStream.get(streamId)?.all ?? NO_LEASES;
  }

  producerOf(streamId: number): Lease | null {
    return this.#byStream.get(streamId)?.producer ?? null;
  }

  leaseOfClient(clientId: number): Lease | null {
    return this.#byClient.get(clientId) ?? null;
  }

  find(leaseId: bigint): Lease | null {
    return this.#leaseOf(leaseId) ?? null;
  }

  /**
   * Grants a lease to a client that `decideAttach` admits. The grant counts as a keepalive (D-11).
   * @throws Error if the stream already has a producer, or the client a lease: the caller did not check
   */
  grant(request: LeaseRequest, nowNs: number): Lease {
    const { streamId, clientId, role, sessionId, correlationId } = request;
    const stream = this.#streamOf(streamId);
    if (role === "producer" && stream.producer !== null) {
      throw new Error(`stream ${streamId}: expected no producer, found client ${stream.producer.clientId}`);
    }
    const other = this.#byClient.get(clientId);
    if (other !== undefined) {
      throw new Error(`client ${clientId}: expected no lease, found ${other.leaseId} of stream ${other.streamId}`);
    }
    const leaseId = this.#firstId + BigInt(this.#given);
    const lease: LiveLease = {
      streamId,
      clientId,
      role,
      sessionId,
      correlationId,
      leaseId,
      leaseHigh: Number(leaseId >> 32n),
      leaseLow: Number(leaseId & 0xffff_ffffn),
      attachedNs: nowNs,
      expiresNs: nowNs + this.#durationNs,
      state: "attached",
    };
    this.#leases.set(this.#given, lease);
    this.#given += 1;
    this.#byClient.set(clientId, lease);
    this.#byStream.set(streamId, stream);
    stream.all.add(lease);
    if (role === "producer") stream.producer = lease;
    this.#earliestNs = Math.min(this.#earliestNs, lease.expiresNs);
    return lease;
  }

  /** The answer to a request was lost, and the request was repeated (D-06): it counts as a keepalive. */
  regrant(leaseId: bigint, nowNs: number): void {
    const lease = this.#leaseOf(leaseId);
    if (lease !== undefined) lease.expiresNs = Math.max(lease.expiresNs, nowNs + this.#durationNs);
  }

  /** Extends the lease that the keepalive names, if all its fields match (D-11). Allocates nothing. */
  keepAlive(
    leaseHigh: number,
    leaseLow: number,
    streamId: number,
    clientId: number,
    role: LeaseRole,
    nowNs: number,
  ): KeepaliveResult {
    const lease = this.#leaseAt(leaseHigh, leaseLow);
    if (lease === undefined)
      return this.#wasGiven(leaseHigh, leaseLow) ? KeepaliveResult.ENDED : KeepaliveResult.UNKNOWN;
    if (lease.streamId !== streamId) return KeepaliveResult.OTHER_STREAM;
    if (lease.clientId !== clientId) return KeepaliveResult.OTHER_CLIENT;
    if (lease.role !== role) return KeepaliveResult.OTHER_ROLE;
    if (nowNs >= lease.expiresNs) return KeepaliveResult.LATE;
    lease.state = "active";
    lease.expiresNs = nowNs + this.#durationNs;
    return KeepaliveResult.VALID;
  }

  /**
   * Ends the live lease whose id, stream, client and role all match (D-16).
   * @returns false if there is none: it has ended already, or never existed
   */
  detach(leaseId: bigint, streamId: number, clientId: number, role: LeaseRole, nowNs: number): boolean {
    const lease = this.#leaseOf(leaseId);
    if (lease === undefined || lease.streamId !== streamId || lease.clientId !== clientId || lease.role !== role)
      return false;
    return this.#end(lease, LeaseRevokeReason.DETACHED, nowNs);
  }

  /** Ends a lease regardless of its holder; false if there is none. */
  revoke(leaseId: bigint, nowNs: number): boolean {
    const lease = this.#leaseOf(leaseId);
    return lease !== undefined && this.#end(lease, LeaseRevokeReason.REVOKED, nowNs);
  }

  /** Ends the expired leases, earliest first. Must be called in each cycle. @returns the number of ended leases */
  expire(nowNs: number): number {
    if (nowNs < this.#earliestNs) return 0;
    const expired = [...this.#leases.values()].filter(({ expiresNs }) => nowNs >= expiresNs);
    let ended = 0;
    for (const lease of expired.sort((a, b) => a.expiresNs - b.expiresNs)) {
      if (this.#end(lease, LeaseRevokeReason.EXPIRED, nowNs)) ended += 1;
    }
    // Only now: the listener may have granted leases, and if it throws, the next cycle ends the rest.
    this.#earliestNs = Number.POSITIVE_INFINITY;
    for (const { expiresNs } of this.#leases.values()) this.#earliestNs = Math.min(this.#earliestNs, expiresNs);
    return ended;
  }

  /**
   * The driver was paused. Messages that clients sent meanwhile are still unread, so the pause does not count against any client. Each
   * client keeps its own time, and a lease that lives longer does no harm.
   */
  extendAll(pauseNs: number): void {
    for (const lease of this.#leases.values()) lease.expiresNs += pauseNs;
    this.#earliestNs += pauseNs;
  }

  #end(lease: LiveLease, reason: LeaseRevokeReason, nowNs: number): boolean {
    const stream = this.#byStream.get(lease.streamId);
    // A listener that was called for another lease may have ended this one as well.
    if (stream === undefined || !stream.all.delete(lease)) return false;
    this.#leases.delete(this.#numberOf(lease.leaseHigh, lease.leaseLow));
    this.#byClient.delete(lease.clientId);
    if (stream.producer === lease) stream.producer = null;
    if (stream.all.size === 0) this.#byStream.delete(lease.streamId);
    this.#onEnded(lease, reason, nowNs);
    return true;
  }

  #streamOf(streamId: number): StreamLeases {
    return this.#byStream.get(streamId) ?? { producer: null, all: new Set() };
  }

  #leaseOf(leaseId: bigint): LiveLease | undefined {
    return this.#leaseAt(Number(leaseId >> 32n), Number(leaseId & 0xffff_ffffn));
  }

  #leaseAt(leaseHigh: number, leaseLow: number): LiveLease | undefined {
    return this.#leases.get(this.#numberOf(leaseHigh, leaseLow));
  }

  #wasGiven(leaseHigh: number, leaseLow: number): boolean {
    const number = this.#numberOf(leaseHigh, leaseLow);
    return number >= 0 && number < this.#given;
  }

  /** Exact for every assigned id; for any other id, rounded or not, far from those. */
  #numberOf(leaseHigh: number, leaseLow: number): number {
    return (leaseHigh - this.#firstHigh) * TWO_32 + (leaseLow - this.#firstLow);
  }
}
