import { LeaseRevokeReason, Role } from "../sbe/generated/driver/index.ts";

export type LeaseRole = "producer" | "consumer";

/** The role that a code of the wire stands for; null for codes outside of the enum. */
export function leaseRoleOfCode(code: number): LeaseRole | null {
  if (code === Role.PRODUCER) return "producer";
  return code === Role.CONSUMER ? "consumer" : null;
}

/** Who asks for a lease. */
export interface LeaseRequest {
  readonly streamId: number;
  readonly clientId: number;
  readonly role: LeaseRole;
  /** Aeron session that the request came from. */
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
  /** It ends then, unless a keepalive comes before. */
  readonly expiresNs: number;
  /** "active" once a keepalive has come. */
  readonly state: "attached" | "active";
}

type LiveLease = { -readonly [Key in keyof Lease]: Lease[Key] };

/**
 * What became of a keepalive: one result a cause, so that each can be counted (D-11). ENDED and UNKNOWN mean a client that
 * believes in a lease which is none: its notice got lost, or came from a driver that died. A producer finds out by a higher
 * epoch; a consumer only if the driver answers such a keepalive with another ShmLeaseRevoked, which is harmless (D-14).
 */
export const KeepaliveResult = {
  VALID: 0,
  /** The lease has ended, and the client does not know that yet. */
  ENDED: 1,
  /** No lease of this driver ever had the id. */
  UNKNOWN: 2,
  OTHER_STREAM: 3,
  OTHER_CLIENT: 4,
  OTHER_ROLE: 5,
  /** It came at or after the deadline, before the lease was seen to have expired. */
  LATE: 6,
} as const;
export type KeepaliveResult = (typeof KeepaliveResult)[keyof typeof KeepaliveResult];

/** Called for every end of a lease, once, when the table does not hold it any more (D-12). */
export type LeaseEndListener = (lease: Lease, reason: LeaseRevokeReason, nowNs: number) => void;

export interface LeaseTableOptions {
  /** How long a lease lives without a keepalive: interval x grace (D-11). */
  readonly durationNs: number;
  /**
   * Gives a random number of 64 bits, for the first id; the others count up from there. So no id is given twice, and one of an
   * earlier driver names nothing here.
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
 * All leases of a driver: at most one producer's a stream (D-03), one lease a client id (D-10), each ended once, by its holder,
 * by time or by an operator. Keepalives and cycles in which nothing expires cost no allocation and no look at other leases.
 */
export class LeaseTable {
  readonly #durationNs: number;
  readonly #onEnded: LeaseEndListener;
  readonly #firstId: bigint;
  readonly #firstHigh: number;
  readonly #firstLow: number;
  /** Leases by the number of their id, counted from the first. */
  readonly #leases = new Map<number, LiveLease>();
  readonly #byClient = new Map<number, LiveLease>();
  readonly #byStream = new Map<number, StreamLeases>();
  #given = 0;
  /** No lease ends before; keepalives only move deadlines away from it. */
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
   * Gives a lease to a client that `decideAttach` admits. It counts as a keepalive (D-11).
   * @throws Error when the stream has a producer, or the client a lease, already: the caller did not ask
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

  /** The answer to a request was lost, and the request came again (D-06): a sign of life like a keepalive. */
  regrant(leaseId: bigint, nowNs: number): void {
    const lease = this.#leaseOf(leaseId);
    if (lease !== undefined) lease.expiresNs = Math.max(lease.expiresNs, nowNs + this.#durationNs);
  }

  /** Extends the lease that the keepalive names, when it names it right (D-11). Allocates nothing. */
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
   * Ends the live lease of which id, stream, client and role are all these (D-16).
   * @returns false when there is none: it has ended already, or never was
   */
  detach(leaseId: bigint, streamId: number, clientId: number, role: LeaseRole, nowNs: number): boolean {
    const lease = this.#leaseOf(leaseId);
    if (lease === undefined || lease.streamId !== streamId || lease.clientId !== clientId || lease.role !== role)
      return false;
    return this.#end(lease, LeaseRevokeReason.DETACHED, nowNs);
  }

  /** Ends a lease, independent of its holder; false when there is none. */
  revoke(leaseId: bigint, nowNs: number): boolean {
    const lease = this.#leaseOf(leaseId);
    return lease !== undefined && this.#end(lease, LeaseRevokeReason.REVOKED, nowNs);
  }

  /** Ends the leases whose time is over, earliest first. To be called in each cycle. @returns how many */
  expire(nowNs: number): number {
    if (nowNs < this.#earliestNs) return 0;
    const expired = [...this.#leases.values()].filter(({ expiresNs }) => nowNs >= expiresNs);
    let ended = 0;
    for (const lease of expired.sort((a, b) => a.expiresNs - b.expiresNs)) {
      if (this.#end(lease, LeaseRevokeReason.EXPIRED, nowNs)) ended += 1;
    }
    // Only now: the listener may have given leases, and after an error of its own the next cycle ends the rest.
    this.#earliestNs = Number.POSITIVE_INFINITY;
    for (const { expiresNs } of this.#leases.values()) this.#earliestNs = Math.min(this.#earliestNs, expiresNs);
    return ended;
  }

  /**
   * The driver was paused: what clients sent meanwhile is still to be read, so that time counts against no client.
   * A client counts for itself and is never surprised by a lease that lives longer.
   */
  extendAll(pauseNs: number): void {
    for (const lease of this.#leases.values()) lease.expiresNs += pauseNs;
    this.#earliestNs += pauseNs;
  }

  #end(lease: LiveLease, reason: LeaseRevokeReason, nowNs: number): boolean {
    const stream = this.#byStream.get(lease.streamId);
    // A listener that was called for another end may have ended this one as well.
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

  /** Exact for every id that was given; far from those for every other, rounded or not. */
  #numberOf(leaseHigh: number, leaseLow: number): number {
    return (leaseHigh - this.#firstHigh) * TWO_32 + (leaseLow - this.#firstLow);
  }
}
