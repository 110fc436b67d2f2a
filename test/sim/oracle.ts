import { monotonic } from "../../src/aeron/monotonic.ts";
import {
  ResponseCode,
  ShmAttachRequestDecoder,
  ShmAttachResponseDecoder,
  ShmDriverShutdownDecoder,
  ShmLeaseKeepaliveDecoder,
  ShmLeaseRevokedDecoder,
} from "../../src/sbe/generated/driver/index.ts";
import { messageKeyAt } from "../../src/sbe/header.ts";
import type { SimProcess } from "./process.ts";

/** What must never happen has happened. */
export class Violation extends Error {}

/** Duration of the leases that the world's drivers give. */
export const LEASE_NS = 3e9;

interface Lease {
  readonly leaseId: bigint;
  readonly process: SimProcess;
  /** Session of the driver that gave it. */
  readonly granter: number;
  /** Until then its client may count on it, by what it was told and has said. */
  untilNs: number;
  /** Set once its client has read that it has ended. */
  isOver: boolean;
}

/**
 * The regions of an epoch. Two of a stream may have one number where nothing remembers the first: the wall clock was set back, or two
 * producers without locks began within a millisecond, each in a folder of its own.
 */
export interface EpochIdentity {
  readonly streamId: number;
  readonly epoch: number;
  readonly uri: string;
}

interface Written {
  readonly process: SimProcess;
  /** Null without a lease. */
  readonly clientId: number | null;
  /** Frames that were claimed. */
  claimed: number;
  /** Frames before the first that was neither committed nor given up. */
  settled: number;
  /** The same, up to the last that was committed. */
  committed: number;
}

function writerOf({ name, pid }: SimProcess, clientId: number | null): string {
  return `${name} (pid ${pid})${clientId === null ? "" : ` as client ${clientId}`}`;
}

/**
 * Knows everything that happens in a world, and says what must not. What clients may count on follows from the messages that they
 * have sent and read, not from their state.
 */
export class Oracle {
  readonly #nowNs: () => number;
  readonly #mayGoBack: () => boolean;
  readonly #requests = new Map<bigint, { process: SimProcess; clientId: number }>();
  /** The newest of each client id. */
  readonly #leases = new Map<number, Lease>();
  readonly #written = new Map<EpochIdentity, Written>();
  readonly #epochs = new Map<number, number>();
  readonly #request = new ShmAttachRequestDecoder();
  readonly #answer = new ShmAttachResponseDecoder();
  readonly #keepalive = new ShmLeaseKeepaliveDecoder();
  readonly #revoked = new ShmLeaseRevokedDecoder();
  readonly #shutdown = new ShmDriverShutdownDecoder();
  epochs = 0;
  grants = 0;
  frames = 0;
  accepted = 0;

  /** `mayGoBack`: true where epochs grow within a folder only: once the wall clock was set back, and for rivals. */
  constructor(nowNs: () => number, mayGoBack: () => boolean) {
    this.#mayGoBack = mayGoBack;
    this.#nowNs = nowNs;
  }

  onEpochMade(streamId: number, epoch: number): void {
    const before = this.#epochs.get(streamId) ?? 0;
    if (epoch <= before && !this.#mayGoBack())
      throw new Violation(`D-13: stream ${streamId}: epoch ${epoch} follows ${before}`);
    this.#epochs.set(streamId, epoch);
    this.epochs++;
  }

  /** The newest lease of each client, ended ones included. */
  get leaseIds(): readonly bigint[] {
    return [...this.#leases.values()].map(({ leaseId }) => leaseId);
  }

  /** The newest epoch that was made of a stream; 0 before the first. */
  newestEpoch(streamId: number): bigint {
    return BigInt(this.#epochs.get(streamId) ?? 0);
  }

  onPublished(process: SimProcess, view: DataView): void {
    const length = view.byteLength;
    switch (messageKeyAt(view, 0, length)) {
      case ShmAttachRequestDecoder.KEY:
        if (this.#request.wrap(view, 0, length) !== null) return;
        this.#requests.set(this.#request.correlationId, { process, clientId: this.#request.clientId });
        break;
      case ShmLeaseKeepaliveDecoder.KEY: {
        if (this.#keepalive.wrap(view, 0, length) !== null) return;
        const { clientId } = this.#keepalive;
        const lease = this.#leases.get(clientId);
        if (lease === undefined || lease.process !== process) {
          throw new Violation(`D-11: ${process.name} keeps a lease of client ${clientId} alive that it has not got`);
        }
        this.#requireValid(lease, clientId, "keeps its lease alive");
        lease.untilNs = this.#nowNs() + LEASE_NS;
      }
    }
  }

  /** A process reads a message. */
  onDelivered(process: SimProcess, view: DataView, sessionId: number): void {
    const length = view.byteLength;
    switch (messageKeyAt(view, 0, length)) {
      case ShmAttachResponseDecoder.KEY: {
        if (this.#answer.wrap(view, 0, length) !== null) return;
        const { correlationId, code } = this.#answer;
        const request = this.#requests.get(correlationId);
        if (request?.process !== process) return;
        // Further answers to the same request are not taken.
        this.#requests.delete(correlationId);
        if (code !== ResponseCode.OK) return;
        const untilNs = monotonic.fromBigint(this.#answer.leaseExpiryTimestampNs as bigint);
        const known = this.#leases.get(request.clientId);
        const leaseId = this.#answer.leaseId as bigint;
        if (known?.leaseId === leaseId) return;
        this.#leases.set(request.clientId, { leaseId, process, granter: sessionId, untilNs, isOver: false });
        this.grants++;
        break;
      }
      case ShmLeaseRevokedDecoder.KEY: {
        if (this.#revoked.wrap(view, 0, length) !== null) return;
        const lease = this.#leases.get(this.#revoked.clientId);
        if (lease?.leaseId === this.#revoked.leaseId && lease.granter === sessionId && lease.process === process)
          lease.isOver = true;
        break;
      }
      case ShmDriverShutdownDecoder.KEY:
        if (this.#shutdown.wrap(view, 0, length) !== null) return;
        for (const lease of this.#leases.values()) {
          if (lease.process === process && lease.granter === sessionId) lease.isOver = true;
        }
    }
  }

  /** A producer has claimed frame `seq`. `clientId`: null without a lease. */
  onClaimed(process: SimProcess, regions: EpochIdentity, seq: number, clientId: number | null): void {
    const { streamId, epoch } = regions;
    if (clientId !== null) this.requireLease(process, clientId, `writes to epoch ${epoch}`);
    let written = this.#written.get(regions);
    if (written === undefined) {
      written = { process, clientId, claimed: 0, settled: 0, committed: 0 };
      this.#written.set(regions, written);
    }
    if (written.process !== process || written.clientId !== clientId) {
      throw new Violation(
        `D-03: ${writerOf(process, clientId)} writes to epoch ${epoch} of stream ${streamId}, which is that of ${writerOf(written.process, written.clientId)}`,
      );
    }
    if (seq !== written.claimed)
      throw new Violation(
        `${writerOf(process, clientId)} claims frame ${seq} of epoch ${epoch} after ${written.claimed}`,
      );
    written.claimed++;
    this.frames++;
  }

  /** A claim was committed, or given up. */
  onSettled(regions: EpochIdentity, seq: number, isCommitted: boolean): void {
    const written = this.#written.get(regions);
    if (written === undefined || seq !== written.settled) return;
    written.settled++;
    if (isCommitted) written.committed = written.settled;
  }

  /** Frames of an epoch that were claimed. */
  claimed(regions: EpochIdentity): number {
    return this.#written.get(regions)?.claimed ?? 0;
  }

  /** Frames that were claimed in this epoch and all later ones. */
  claimedSince(streamId: number, epoch: bigint): number {
    let claimed = 0;
    for (const [regions, written] of this.#written) {
      if (regions.streamId === streamId && regions.epoch >= epoch) claimed += written.claimed;
    }
    return claimed;
  }

  /** Frames of an epoch up to the last that was committed, as far as all before it are settled. */
  committed(regions: EpochIdentity): number {
    return this.#written.get(regions)?.committed ?? 0;
  }

  /** @throws Violation unless the client may count on a lease */
  requireLease(process: SimProcess, clientId: number, what: string): void {
    const lease = this.#leases.get(clientId);
    if (lease === undefined || lease.process !== process) {
      throw new Violation(`D-14: ${process.name} ${what} as client ${clientId}, which has no lease`);
    }
    this.#requireValid(lease, clientId, what);
  }

  #requireValid({ isOver, untilNs, process }: Lease, clientId: number, what: string): void {
    const who = `${process.name} (client ${clientId})`;
    if (isOver) throw new Violation(`D-14: ${who} ${what} after it has read that its lease has ended`);
    if (this.#nowNs() >= untilNs) throw new Violation(`D-14: ${who} ${what} for longer than its lease lasts`);
  }
}
