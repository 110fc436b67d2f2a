import { NativeBuffer } from "../../../ffi/memory.ts";
import { monotonic } from "../../aeron/monotonic.ts";
import type { Outbox } from "../../aeron/outbox.ts";
import { limitErrorMessage } from "../../protocol/attach-validation.ts";
import { MAX_DIMS } from "../../protocol/dtype.ts";
import type { Lease } from "../../protocol/lease-table.ts";
import {
  type LeaseRevokeReason,
  ResponseCode,
  ShmAttachResponseEncoder,
  ShmDetachResponseEncoder,
  ShmDriverShutdownEncoder,
  ShmLeaseRevokedEncoder,
  type ShutdownReason,
} from "../../sbe/generated/driver/index.ts";
import { toAscii } from "../../sbe/index.ts";
import { HEADER_SLOT_BYTES, LAYOUT_VERSION, type WritableRegions } from "../../shm/index.ts";
import { ROLE_CODES } from "../attach-messages.ts";

/** Room for the fixed fields and an error message. */
const SLACK_BYTES = 2048;
const POOL_BYTES = 16;

/** The fields that identify a lease completely. */
export type NamedLease = Pick<Lease, "leaseHigh" | "leaseLow" | "streamId" | "clientId" | "role">;

/** Encodes and sends a driver's messages on the control stream (schema 901). */
export class DriverMessages {
  readonly #outbox: Outbox;
  readonly #attach = new ShmAttachResponseEncoder();
  readonly #detach = new ShmDetachResponseEncoder();
  readonly #revoked = new ShmLeaseRevokedEncoder();
  readonly #shutdown = new ShmDriverShutdownEncoder();
  #buffer = new NativeBuffer(SLACK_BYTES * 2);

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** ShmAttachResponse OK: the lease and the places of its regions (D-07). `nowNs`: the start of its expiry. */
  grant(correlationId: bigint, lease: Lease, regions: WritableRegions): void {
    const uriBytes = regions.pools.reduce(
      (sum, { uri }) => sum + uri.length + POOL_BYTES,
      regions.headerRing.uri.length,
    );
    this.#reserve(uriBytes + SLACK_BYTES);
    const message = this.#attach.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setCorrelationIdBigint(correlationId).setCode(ResponseCode.OK);
    message.setLeaseId(lease.leaseHigh, lease.leaseLow);
    message.setLeaseExpiryTimestampNs(monotonic.high(lease.expiresNs), monotonic.low(lease.expiresNs));
    message.setStreamId(lease.streamId).setEpochNumber(regions.epoch).setLayoutVersion(LAYOUT_VERSION);
    message.setHeaderNslots(regions.nslots).setHeaderSlotBytes(HEADER_SLOT_BYTES).setMaxDims(MAX_DIMS);
    const pools = message.payloadPoolsCount(regions.pools.length);
    for (const pool of regions.pools) {
      pools.next();
      pools.setPoolId(pool.poolId).setPoolNslots(regions.nslots).setStrideBytes(pool.strideBytes);
      pools.putRegionUri(pool.uri);
    }
    message.putHeaderRegionUri(regions.headerRing.uri).putErrorMessage("");
    const { encodedLength } = message;
    if (this.#outbox.send(this.#buffer, encodedLength)) return;
    const why = `the answer of ${encodedLength} bytes is too long for the terms of the driver's channel`;
    this.refuse(correlationId, ResponseCode.INTERNAL_ERROR, why);
  }

  /** ShmAttachResponse with any code but OK: every optional field is null (D-08). */
  refuse(correlationId: bigint, code: ResponseCode, why: string): void {
    const message = this.#attach.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setCorrelationIdBigint(correlationId).setCode(code).setLeaseIdNull().setLeaseExpiryTimestampNsNull();
    message.setStreamIdNull().setEpochNull().setLayoutVersionNull().setHeaderNslotsNull().setHeaderSlotBytesNull();
    message.setMaxDimsNull();
    message.payloadPoolsCount(0);
    message.putHeaderRegionUri("").putErrorMessage(ascii(why));
    this.#outbox.send(this.#buffer, message.encodedLength);
  }

  /** ShmDetachResponse (D-16), which also answers a ShmLeaseRevokeRequest. */
  detached(correlationId: bigint, code: ResponseCode, why: string): void {
    const message = this.#detach.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setCorrelationIdBigint(correlationId).setCode(code).putErrorMessage(ascii(why));
    this.#outbox.send(this.#buffer, message.encodedLength);
  }

  /** ShmLeaseRevoked: a lease has ended (D-12). */
  revoked(lease: NamedLease, reason: LeaseRevokeReason, why: string, nowNs: number): void {
    const message = this.#revoked.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setTimestampNs(monotonic.high(nowNs), monotonic.low(nowNs));
    message.setLeaseId(lease.leaseHigh, lease.leaseLow).setStreamId(lease.streamId).setClientId(lease.clientId);
    message.setRole(ROLE_CODES[lease.role]).setReason(reason).putErrorMessage(ascii(why));
    this.#outbox.send(this.#buffer, message.encodedLength);
  }

  /** ShmDriverShutdown: every lease has ended (D-17). */
  shutdown(reason: ShutdownReason, why: string, nowNs: number): void {
    const message = this.#shutdown.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setTimestampNs(monotonic.high(nowNs), monotonic.low(nowNs)).setReason(reason).putErrorMessage(ascii(why));
    this.#outbox.send(this.#buffer, message.encodedLength);
  }

  #reserve(bytes: number): void {
    if (bytes > this.#buffer.bytes.length) this.#buffer = new NativeBuffer(2 ** Math.ceil(Math.log2(bytes)));
  }
}

/** The characters allowed in a string of the wire (W-34), at most 1,024 bytes (D-08). */
function ascii(text: string): string {
  return limitErrorMessage(toAscii(text));
}
