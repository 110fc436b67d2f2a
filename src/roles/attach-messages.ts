import { NativeBuffer } from "../../ffi/memory.ts";
import { monotonic } from "../aeron/monotonic.ts";
import type { MessageSink } from "../aeron/ports.ts";
import type { PublishResult } from "../aeron/results.ts";
import type { AttachAnswer } from "../protocol/attach-answer.ts";
import { MAX_DIMS } from "../protocol/dtype.ts";
import type { LeaseRole } from "../protocol/lease-table.ts";
import {
  Bool,
  PublishMode,
  Role,
  ShmAttachRequestEncoder,
  type ShmAttachResponseDecoder,
  ShmDetachRequestEncoder,
  ShmLeaseKeepaliveEncoder,
} from "../sbe/generated/driver/index.ts";
import { LAYOUT_VERSION, type PoolAnnouncement } from "../shm/index.ts";
import { HOST_PORTS } from "./host-ports.ts";
import type { RandomSource } from "./ports.ts";

/** Codes of the roles on the wire. */
export const ROLE_CODES: Readonly<Record<LeaseRole, Role>> = { producer: Role.PRODUCER, consumer: Role.CONSUMER };

const BUFFER_BYTES = 128;

/** The fields that identify a client in each of its messages. */
export interface ClientIdentity {
  readonly streamId: number;
  readonly clientId: number;
  readonly role: LeaseRole;
}

/** Encodes and sends a client's messages to its driver (schema 901). */
export class AttachMessages {
  readonly #publication: MessageSink;
  readonly #buffer = new NativeBuffer(BUFFER_BYTES);
  readonly #attach = new ShmAttachRequestEncoder();
  readonly #detach = new ShmDetachRequestEncoder();
  readonly #keepalive = new ShmLeaseKeepaliveEncoder();

  /** `publication`: the publication of the control stream. */
  constructor(publication: MessageSink) {
    this.#publication = publication;
  }

  /** ShmAttachRequest (D-06): a producer's request may create the stream if policy allows it; a consumer's never does. */
  requestAttach(identity: ClientIdentity, correlationId: bigint, requireHugepages: boolean): PublishResult {
    const message = this.#attach.wrap(this.#buffer.view, 0, BUFFER_BYTES);
    message.setCorrelationIdBigint(correlationId).setStreamId(identity.streamId).setClientId(identity.clientId);
    message.setRole(ROLE_CODES[identity.role]).setExpectedLayoutVersion(LAYOUT_VERSION).setMaxDims(MAX_DIMS);
    message.setPublishMode(
      identity.role === "producer" ? PublishMode.EXISTING_OR_CREATE : PublishMode.REQUIRE_EXISTING,
    );
    if (requireHugepages) message.setRequireHugepages(Bool.TRUE);
    return this.#publication.publish(this.#buffer.address, ShmAttachRequestEncoder.ENCODED_LENGTH);
  }

  /** ShmDetachRequest (D-16). */
  requestDetach(identity: ClientIdentity, correlationId: bigint, leaseId: bigint): PublishResult {
    const message = this.#detach.wrap(this.#buffer.view, 0, BUFFER_BYTES);
    message.setCorrelationIdBigint(correlationId).setLeaseIdBigint(leaseId).setStreamId(identity.streamId);
    message.setClientId(identity.clientId).setRole(ROLE_CODES[identity.role]);
    return this.#publication.publish(this.#buffer.address, ShmDetachRequestEncoder.ENCODED_LENGTH);
  }

  /** ShmLeaseKeepalive (D-11). Allocates nothing. */
  sendKeepalive(identity: ClientIdentity, leaseHigh: number, leaseLow: number, nowNs: number): PublishResult {
    const message = this.#keepalive.wrap(this.#buffer.view, 0, BUFFER_BYTES);
    message.setLeaseId(leaseHigh, leaseLow).setStreamId(identity.streamId).setClientId(identity.clientId);
    message.setRole(ROLE_CODES[identity.role]).setClientTimestampNs(monotonic.high(nowNs), monotonic.low(nowNs));
    return this.#publication.publish(this.#buffer.address, ShmLeaseKeepaliveEncoder.ENCODED_LENGTH);
  }
}

/** The answer in the form that the checks of D-07 take. */
export function answerOf(message: ShmAttachResponseDecoder): AttachAnswer {
  const pools: { poolId: number; poolNslots: number; strideBytes: number; regionUri: string }[] = [];
  const group = message.payloadPools;
  for (group.rewind(); group.next(); ) {
    const { poolId, poolNslots, strideBytes } = group;
    pools.push({ poolId, poolNslots, strideBytes, regionUri: group.regionUri() });
  }
  return {
    code: message.code,
    correlationId: message.correlationId,
    leaseId: message.hasLeaseId ? message.leaseId : null,
    leaseExpiryTimestampNs: message.hasLeaseExpiryTimestampNs ? message.leaseExpiryTimestampNs : null,
    streamId: message.hasStreamId ? message.streamId : null,
    epoch: message.hasEpoch ? message.epoch : null,
    layoutVersion: message.hasLayoutVersion ? message.layoutVersion : null,
    headerNslots: message.hasHeaderNslots ? message.headerNslots : null,
    headerSlotBytes: message.hasHeaderSlotBytes ? message.headerSlotBytes : null,
    maxDims: message.hasMaxDims ? message.maxDims : null,
    pools,
    headerRegionUri: message.headerRegionUri(),
    errorMessage: message.errorMessage(),
  };
}

/** The regions of an answer that passed the checks of D-07, in the form of an announcement. */
export function announcementOfAnswer(answer: AttachAnswer, streamId: number, producerId: number): PoolAnnouncement {
  const { epoch, layoutVersion, headerNslots, headerSlotBytes, maxDims, pools, headerRegionUri } = answer;
  return {
    streamId,
    producerId,
    epoch: epoch ?? 0n,
    layoutVersion: layoutVersion ?? 0,
    headerNslots: headerNslots ?? 0,
    headerSlotBytes: headerSlotBytes ?? 0,
    maxDims: maxDims ?? 0,
    pools,
    headerRegionUri,
  };
}

/** A random correlation id, so that answers to an earlier run do not match (D-06): positive, with room to count up. */
export function randomCorrelationId(random: RandomSource = HOST_PORTS.random): bigint {
  return random.u64() >> 2n;
}
