import type { AttachAnswer } from "../../../src/protocol/attach-answer.ts";
import { type AttachPolicy, type AttachRequest, decideAttach } from "../../../src/protocol/attach-validation.ts";
import { beginsEpoch, epochsToSweep, nextEpochAfter, type StreamEvent } from "../../../src/protocol/epoch-rules.ts";
import { KeepaliveResult, type Lease, LeaseTable } from "../../../src/protocol/lease-table.ts";
import type { StreamLayout } from "../../../src/protocol/stream-layout.ts";
import { type LeaseRevokeReason, ResponseCode } from "../../../src/sbe/generated/driver/index.ts";
import type { FromDriver, Keepalive, ToDriver } from "./messages.ts";
import type { Oracle } from "./oracle.ts";

export const DURATION_NS = 3e9;
const ANNOUNCE_PERIOD_NS = 1e9;
const RETENTION = { keep: 2, minAgeNs: 3e9 };

const LAYOUT: StreamLayout = {
  layoutVersion: 1,
  maxDims: 8,
  nslots: 8,
  pools: [{ poolId: 1, nslots: 8, strideBytes: 4096 }],
  isOnHugepages: false,
};

interface SimEpoch {
  readonly epoch: number;
  endedNs: number | null;
  hadFrames: boolean;
}

/** What outlives a driver: the epochs that have directories, by stream; oldest first. */
export type SimDisk = Map<number, SimEpoch[]>;

export interface SimDriverOptions {
  readonly disk: SimDisk;
  /** Streams that are there from the start. */
  readonly provisioned: readonly number[];
  readonly dynamic: { readonly first: number; readonly last: number };
  readonly drawId: () => bigint;
  readonly wallClockMs: (nowNs: number) => number;
  readonly send: (message: FromDriver, nowNs: number) => void;
  readonly oracle: Oracle;
}

/** A driver without regions and Aeron: leases, epochs and announces by the rules of D-03 to D-20. */
export class SimDriver {
  readonly table: LeaseTable;
  readonly #options: SimDriverOptions;
  readonly #policy: AttachPolicy;
  readonly #epochs = new Map<number, number>();
  #announceDueNs = 0;

  constructor(options: SimDriverOptions, nowNs: number) {
    this.#options = options;
    this.#policy = { allowsDynamicStreams: true, dynamicRanges: [options.dynamic], dynamicLayout: LAYOUT };
    this.table = new LeaseTable({
      durationNs: DURATION_NS,
      drawId: options.drawId,
      onEnded: (lease, reason, endedNs) => this.#onEnded(lease, reason, endedNs),
    });
    for (const streamId of options.provisioned) this.#happened("driver-restarted", streamId, nowNs);
  }

  /** `lateByNs`: it stood still for so long before. */
  doWork(nowNs: number, lateByNs: number, messages: readonly ToDriver[]): void {
    if (lateByNs > 0) this.table.excuse(lateByNs);
    for (const message of messages) this.#onMessage(message, nowNs);
    this.table.expire(nowNs);
    if (nowNs < this.#announceDueNs) return;
    this.#announceDueNs = nowNs + ANNOUNCE_PERIOD_NS;
    for (const streamId of this.#epochs.keys()) this.#announce(streamId, nowNs);
    this.#sweep(nowNs);
  }

  shutDown(nowNs: number): void {
    this.#options.send({ kind: "shutdown" }, nowNs);
  }

  wrote(streamId: number, epoch: bigint): void {
    const written = this.#options.disk.get(streamId)?.find((each) => BigInt(each.epoch) === epoch);
    if (written !== undefined) written.hadFrames = true;
  }

  #onMessage(message: ToDriver, nowNs: number): void {
    switch (message.kind) {
      case "attach":
        this.#onAttach(message.request, nowNs);
        break;
      case "keepalive":
        this.#onKeepalive(message, nowNs);
        break;
      case "detach":
        this.table.detach(message.leaseId, message.streamId, message.clientId, message.role, nowNs);
        break;
    }
  }

  #onAttach(request: AttachRequest, nowNs: number): void {
    const { streamId, clientId, correlationId } = request;
    const state = {
      layout: this.#epochs.has(streamId) ? LAYOUT : null,
      producer: this.table.producerOf(streamId),
      clientLease: this.table.leaseOfClient(clientId),
    };
    const decision = decideAttach(request, state, this.#policy);
    switch (decision.decision) {
      case "refuse":
        this.#answer(correlationId, decision.code, decision.message, null, nowNs);
        break;
      case "regrant":
        this.table.regrant(decision.lease.leaseId, nowNs);
        this.#answer(correlationId, ResponseCode.OK, "", decision.lease, nowNs);
        break;
      default: {
        if (decision.decision === "create") this.#happened("files-recreated", streamId, nowNs);
        const lease = this.table.grant(request, nowNs);
        this.#happened(request.role === "producer" ? "producer-attached" : "consumer-attached", streamId, nowNs);
        this.#options.oracle.granted(lease, this.#epochs.get(streamId) ?? 0);
        this.#answer(correlationId, ResponseCode.OK, "", lease, nowNs);
      }
    }
  }

  #onKeepalive({ leaseHigh, leaseLow, streamId, clientId, role, sentNs }: Keepalive, nowNs: number): void {
    const result = this.table.keepAlive(leaseHigh, leaseLow, streamId, clientId, role, nowNs);
    const leaseId = (BigInt(leaseHigh) << 32n) | BigInt(leaseLow);
    if (result === KeepaliveResult.VALID) this.#options.oracle.extended(leaseId, sentNs);
    const isGone = result === KeepaliveResult.ENDED || result === KeepaliveResult.UNKNOWN;
    // A producer of an announced stream sees a higher epoch. A consumer whose notice got lost, or whose driver is another now,
    // has no other sign, and neither has anybody whose stream nobody announces any more.
    if (!isGone || (role === "producer" && this.#epochs.has(streamId))) return;
    this.#options.send({ kind: "revoked", leaseId, streamId, clientId, role }, nowNs);
  }

  #onEnded(lease: Lease, reason: LeaseRevokeReason, nowNs: number): void {
    const { leaseId, streamId, clientId, role } = lease;
    this.#options.oracle.ended(lease, reason, nowNs);
    this.#options.send({ kind: "revoked", leaseId, streamId, clientId, role }, nowNs);
    this.#happened(role === "producer" ? "producer-ended" : "consumer-ended", streamId, nowNs);
  }

  #happened(event: StreamEvent, streamId: number, nowNs: number): void {
    if (!beginsEpoch(event)) return;
    const { disk, oracle, wallClockMs } = this.#options;
    const epochs = disk.get(streamId) ?? [];
    const last = epochs.at(-1);
    const epoch = nextEpochAfter({
      highestOnDisk: last === undefined ? null : BigInt(last.epoch),
      current: this.#epochs.get(streamId) ?? 0,
      wallClockMs: wallClockMs(nowNs),
    });
    if (epoch === null) throw new Error("epochs are exhausted");
    for (const each of epochs) each.endedNs ??= nowNs;
    disk.set(streamId, [...epochs, { epoch, endedNs: null, hadFrames: false }]);
    this.#epochs.set(streamId, epoch);
    oracle.epochBegan(streamId, epoch, nowNs);
    this.#announce(streamId, nowNs);
  }

  #sweep(nowNs: number): void {
    for (const [streamId, epochs] of this.#options.disk) {
      const swept = new Set(epochsToSweep(epochs, nowNs, RETENTION));
      const left = epochs.filter((each) => !swept.has(each));
      const old = left.filter(({ endedNs }) => endedNs !== null && nowNs - endedNs >= RETENTION.minAgeNs);
      const current = left.find(({ epoch }) => epoch === this.#epochs.get(streamId));
      if (left.some(({ endedNs, hadFrames }) => endedNs !== null && !hadFrames)) {
        throw new Error(`D-19: stream ${streamId}: an epoch without frames is kept`);
      }
      if (old.length > RETENTION.keep) throw new Error(`D-19: stream ${streamId}: ${old.length} old epochs are kept`);
      if (this.#epochs.has(streamId) && current === undefined) throw new Error("D-19: the current epoch was swept");
      this.#options.disk.set(streamId, left);
    }
  }

  #announce(streamId: number, nowNs: number): void {
    this.#options.send({ kind: "announce", streamId, epoch: BigInt(this.#epochs.get(streamId) ?? 0) }, nowNs);
  }

  #answer(correlationId: bigint, code: number, errorMessage: string, lease: Lease | null, nowNs: number): void {
    const { layoutVersion, nslots, maxDims, pools } = LAYOUT;
    const granted = lease !== null;
    const answer: AttachAnswer = {
      code,
      correlationId,
      leaseId: granted ? lease.leaseId : null,
      leaseExpiryTimestampNs: granted ? BigInt(Math.floor(lease.expiresNs)) : null,
      streamId: granted ? lease.streamId : null,
      epoch: granted ? BigInt(this.#epochs.get(lease.streamId) ?? 0) : null,
      layoutVersion: granted ? layoutVersion : null,
      headerNslots: granted ? nslots : null,
      headerSlotBytes: granted ? 256 : null,
      maxDims: granted ? maxDims : null,
      pools: granted ? pools.map((pool) => ({ ...pool, poolNslots: pool.nslots, regionUri: "shm:file?path=/p" })) : [],
      headerRegionUri: granted ? "shm:file?path=/h" : "",
      errorMessage,
    };
    this.#options.send({ kind: "answer", answer }, nowNs);
  }
}
