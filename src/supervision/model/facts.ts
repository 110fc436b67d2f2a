import type { ConsumerMode } from "../../protocol/mode-filter.ts";

// Received messages, decoded. Times are passed separately; counts are safe integers, epochs exact.

export interface PoolFact {
  readonly poolId: number;
  readonly strideBytes: number;
}

/** ShmPoolAnnounce (W-37). */
export interface AnnounceFact {
  readonly streamId: number;
  /** 0: the driver announces a stream without a producer (D-04). */
  readonly producerId: number;
  readonly epoch: bigint;
  readonly layoutVersion: number;
  readonly nslots: number;
  readonly pools: readonly PoolFact[];
  readonly headerRegionUri: string;
}

/** DataSourceAnnounce. */
export interface SourceFact {
  readonly streamId: number;
  readonly producerId: number;
  readonly epoch: bigint;
  readonly metaVersion: number;
  readonly name: string;
  readonly summary: string;
}

export interface AttributeFact {
  readonly key: string;
  readonly format: string;
  /** Null if the value is no text, or too long. */
  readonly text: string | null;
}

/** DataSourceMeta (W-45). */
export interface MetaFact {
  readonly streamId: number;
  readonly metaVersion: number;
  readonly attributes: readonly AttributeFact[];
}

/** ConsumerHello (W-38). */
export interface HelloFact {
  readonly streamId: number;
  readonly consumerId: number;
  readonly sessionId: number;
  readonly mode: ConsumerMode;
  readonly supportsShm: boolean;
  readonly supportsProgress: boolean;
  /** 0: no limit. */
  readonly maxRateHz: number;
}

/** QosConsumer (W-44). */
export interface QosConsumerFact {
  readonly streamId: number;
  readonly consumerId: number;
  readonly sessionId: number;
  /** 0 while the consumer has nothing mapped. */
  readonly epoch: bigint;
  readonly lastSeqSeen: number;
  readonly dropsGap: number;
  readonly dropsLate: number;
  readonly mode: ConsumerMode;
}

/** QosProducer, or Heartbeat, which has no seq. */
export interface ProducerFact {
  readonly streamId: number;
  readonly producerId: number;
  readonly epoch: bigint;
  readonly currentSeq: number | null;
}

/** The newest FrameDescriptor of a stream at one moment. */
export interface DescriptorFact {
  readonly streamId: number;
  readonly epoch: bigint;
  readonly seq: number;
  /** Null if it has none. */
  readonly timestampNs: bigint | null;
  readonly metaVersion: number | null;
}

/** ConsumerConfig (W-39), from any sender. */
export interface ConfigFact {
  readonly streamId: number;
  readonly consumerId: number;
  readonly sessionId: number;
  readonly useShm: boolean;
  readonly mode: ConsumerMode;
  readonly decimation: number;
  readonly fallbackUri: string;
}

export type ClientRole = "producer" | "consumer";

/** ShmAttachRequest (D-06). */
export interface AttachRequestFact {
  readonly correlationId: bigint;
  readonly streamId: number;
  readonly clientId: number;
  readonly role: ClientRole;
}

/** ShmAttachResponse (D-07, D-08). */
export interface AttachAnswerFact {
  readonly correlationId: bigint;
  readonly leaseId: bigint | null;
  /** "OK", or the code of the refusal. */
  readonly code: string;
  readonly errorMessage: string;
}

/** ShmLeaseKeepalive (D-10). */
export interface KeepaliveFact {
  readonly leaseId: bigint;
  readonly streamId: number;
  readonly clientId: number;
  readonly role: ClientRole;
}

/** ShmLeaseRevoked (D-12). */
export interface RevocationFact {
  readonly leaseId: bigint;
  readonly streamId: number;
  readonly clientId: number;
  readonly role: ClientRole;
  readonly reason: string;
  readonly errorMessage: string;
}

/** A reader on the other side of a bridge. */
export interface FarReaderFact {
  readonly streamId: number;
  readonly consumerId: number;
  readonly accepted: number;
  readonly lost: number;
}

/** The bridge of a consumer that sends to another host, or of a producer whose frames come from one. */
export interface BridgeFact {
  /** The other side's address. */
  readonly peer: string;
  readonly isConnected: boolean;
  /** Readers of the other side's stream that were reported. */
  readonly readers: readonly FarReaderFact[];
}

/** Counts of a client, from its counters, if these can be read. */
export interface ClientCountersFact {
  readonly streamId: number;
  readonly clientId: number;
  readonly role: ClientRole;
  /** Process id in its own pid namespace; null if unknown. */
  readonly pid: number | null;
  /** Counts by their stable names, e.g. `bytes`, `overwritten`. */
  readonly counts: ReadonlyMap<string, number>;
  /** Null or left out if it is not part of a bridge. */
  readonly bridge?: BridgeFact | null;
}
