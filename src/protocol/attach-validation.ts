import { isPublishMode, PublishMode, ResponseCode, ShmAttachRequestDecoder } from "../sbe/generated/driver/index.ts";
import { explainRefusal, type Refusal, type RefusalDetails } from "../sbe/index.ts";
import { isId, MAX_ID } from "./ids.ts";
import type { Lease, LeaseRequest } from "./lease-table.ts";
import type { StreamLayout } from "./stream-layout.ts";

/** The version of schema 901 that this driver speaks: the only one that it can have in common with a client (D-09). */
const DRIVER_SCHEMA_VERSION = 1;
/** Longest `errorMessage`, in bytes (D-08). */
const MAX_ERROR_MESSAGE_BYTES = 1024;

/** A readable request for a lease (ShmAttachRequest). */
export interface AttachRequest extends LeaseRequest {
  /** The version in the message's header. */
  readonly schemaVersion: number;
  /** 0: no preference. */
  readonly expectedLayoutVersion: number;
  /** 0: no preference. */
  readonly maxDims: number;
  /** Code of PublishMode, including its null value. */
  readonly publishMode: number;
  readonly requireHugepages: boolean;
}

/** The driver's state of the stream and the client of a request. */
export interface StreamState {
  /** Null while the stream is not provisioned: neither configured nor created on demand. */
  readonly layout: StreamLayout | null;
  /** The live lease of the stream's producer. */
  readonly producer: Lease | null;
  /** The live lease of the request's client id, on any stream. */
  readonly clientLease: Lease | null;
}

/** Stream ids from `first` to `last`, inclusive. */
export interface StreamIdRange {
  readonly first: number;
  readonly last: number;
}

/** The driver's policy for requests. */
export interface AttachPolicy {
  readonly allowsDynamicStreams: boolean;
  /** Ids of streams that may be created on demand; if empty, dynamic streams are off. */
  readonly dynamicRanges: readonly StreamIdRange[];
  /** The layout of a stream that is created on demand; null without a profile for it. */
  readonly dynamicLayout: StreamLayout | null;
}

export interface AttachRefusal {
  readonly decision: "refuse";
  /** Never OK. */
  readonly code: ResponseCode;
  /** States the cause, in at most 1,024 bytes (D-08). */
  readonly message: string;
}

export type AttachDecision =
  /** The answer to this request was lost: the same lease is granted again (D-06). */
  | { readonly decision: "regrant"; readonly lease: Lease }
  | { readonly decision: "grant" }
  /** The stream must first be created with this layout. */
  | { readonly decision: "create"; readonly layout: StreamLayout }
  | AttachRefusal;

/**
 * Refuses an unreadable request (D-09): UNSUPPORTED for an unsupported version and for an unknown publishMode, INVALID_PARAMS otherwise.
 * The decoder checks the version first, and publishMode after the role.
 */
export function refuseUnreadable(refusal: Refusal, details: RefusalDetails): AttachRefusal {
  if (refusal.code === "version") return unsupportedVersion(details.refusedValue);
  if (refusal.field === "publishMode") return unknownPublishMode(details.refusedValue);
  return refuse(ResponseCode.INVALID_PARAMS, explainRefusal(refusal, details));
}

/**
 * Decides on a request for a lease. The checks run in this order, and the first that fails determines the answer:
 *
 * 1. the schema version: UNSUPPORTED (D-09)
 * 2. null ids: INVALID_PARAMS (D-09)
 * 3. an unknown publishMode: UNSUPPORTED (D-09)
 * 4. a repetition of the request that obtained the client's lease: that lease again (D-06)
 * 5. a client id that holds another lease: REJECTED (D-10)
 * 6. a stream that is not provisioned and may not be created for this request: REJECTED (D-09)
 * 7. a stream without pools, or with a pool whose nslots differ from the ring's: INVALID_PARAMS (D-09)
 * 8. expectedLayoutVersion: REJECTED; maxDims: INVALID_PARAMS; requireHugepages: REJECTED (D-09)
 * 9. a second producer: REJECTED (D-03)
 */
export function decideAttach(request: AttachRequest, stream: StreamState, policy: AttachPolicy): AttachDecision {
  const refusal = findRequestFault(request);
  if (refusal !== null) return refusal;
  const { clientLease } = stream;
  if (clientLease !== null) {
    return isRepetition(request, clientLease)
      ? { decision: "regrant", lease: clientLease }
      : clientTwice(request, clientLease);
  }
  const layout = stream.layout ?? dynamicLayoutFor(request, policy);
  if ("decision" in layout) return layout;
  const misfit = findLayoutFault(request.streamId, layout) ?? findMisfit(request, layout);
  if (misfit !== null) return misfit;
  if (request.role === "producer" && stream.producer !== null) return secondProducer(request.streamId, stream.producer);
  return stream.layout === null ? { decision: "create", layout } : { decision: "grant" };
}

/** True if a request repeats an earlier one (D-06): the one that obtained a lease, or one that is still without a lease. */
export function isRepetition(request: LeaseRequest, earlier: LeaseRequest): boolean {
  return (
    request.correlationId === earlier.correlationId &&
    request.sessionId === earlier.sessionId &&
    request.clientId === earlier.clientId &&
    request.streamId === earlier.streamId &&
    request.role === earlier.role
  );
}

/** Limits a text to the length of an `errorMessage`; a text that is cut ends in "..." (D-08). */
export function limitErrorMessage(text: string): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= MAX_ERROR_MESSAGE_BYTES) return text;
  const mark = "...";
  let end = MAX_ERROR_MESSAGE_BYTES - mark.length;
  // Do not cut within a character: continuation bytes begin with the bits 10.
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  return new TextDecoder().decode(bytes.subarray(0, end)) + mark;
}

function findRequestFault({ schemaVersion, streamId, clientId, publishMode }: AttachRequest): AttachRefusal | null {
  if (schemaVersion !== DRIVER_SCHEMA_VERSION) return unsupportedVersion(schemaVersion);
  if (!isId(streamId)) return invalid("streamId", `an id of 1 to ${MAX_ID}`, streamId);
  if (!isId(clientId)) return invalid("clientId", `an id of 1 to ${MAX_ID}`, clientId);
  const isKnown = isPublishMode(publishMode) || publishMode === ShmAttachRequestDecoder.publishModeNull;
  return isKnown ? null : unknownPublishMode(publishMode);
}

function dynamicLayoutFor(request: AttachRequest, policy: AttachPolicy): StreamLayout | AttachRefusal {
  const { streamId, publishMode } = request;
  const { allowsDynamicStreams, dynamicRanges } = policy;
  const isDynamic =
    allowsDynamicStreams && dynamicRanges.some(({ first, last }) => streamId >= first && streamId <= last);
  if (!isDynamic) {
    const ranges = dynamicRanges.map(({ first, last }) => `${first} to ${last}`).join(", ");
    const made = allowsDynamicStreams && ranges !== "" ? `streams ${ranges}` : "no streams";
    return rejected(`it does not serve stream ${streamId}, and makes ${made} on request`);
  }
  if (publishMode !== PublishMode.EXISTING_OR_CREATE) {
    return rejected(`stream ${streamId} does not exist yet: the driver makes it when a producer asks for it`);
  }
  const { dynamicLayout } = policy;
  return dynamicLayout ?? rejected(`it has no profile for streams that are made on request ([profiles.NAME])`);
}

function findLayoutFault(streamId: number, { nslots, pools }: StreamLayout): AttachRefusal | null {
  if (pools.length === 0) return invalid(`stream ${streamId}`, "at least one payload pool", "none");
  const other = pools.find((pool) => pool.nslots !== nslots);
  if (other === undefined) return null;
  return invalid(`stream ${streamId}: nslots of pool ${other.poolId}`, `the header ring's ${nslots}`, other.nslots);
}

function findMisfit(request: AttachRequest, layout: StreamLayout): AttachRefusal | null {
  const { expectedLayoutVersion, maxDims, requireHugepages } = request;
  // The messages give this side's value as expected, because it is the value that would have been granted.
  if (expectedLayoutVersion !== 0 && expectedLayoutVersion !== layout.layoutVersion) {
    return rejected(`expectedLayoutVersion: expected 0 or ${layout.layoutVersion}, found ${expectedLayoutVersion}`);
  }
  if (maxDims > layout.maxDims) return invalid("maxDims", `at most ${layout.maxDims}`, maxDims);
  if (requireHugepages && !layout.isOnHugepages) {
    return rejected("hugepages are required, and the regions of the stream are not on hugetlbfs");
  }
  return null;
}

function unsupportedVersion(found: number): AttachRefusal {
  return refuse(
    ResponseCode.UNSUPPORTED,
    `schema version: expected ${DRIVER_SCHEMA_VERSION}, found ${found}: none in common`,
  );
}

function unknownPublishMode(found: number): AttachRefusal {
  return refuse(
    ResponseCode.UNSUPPORTED,
    `publishMode: expected REQUIRE_EXISTING (1), EXISTING_OR_CREATE (2) or none (255), found ${found}`,
  );
}

function clientTwice({ clientId }: AttachRequest, { role, streamId }: Lease): AttachRefusal {
  return rejected(
    `client ${clientId} has a lease already, as the ${role} of stream ${streamId}: use another client id`,
  );
}

function secondProducer(streamId: number, { clientId }: Lease): AttachRefusal {
  return rejected(`stream ${streamId} has a producer already (client ${clientId}): end it, or use another stream`);
}

function invalid(what: string, expected: string, found: string | number): AttachRefusal {
  return refuse(ResponseCode.INVALID_PARAMS, `${what}: expected ${expected}, found ${found}`);
}

function rejected(message: string): AttachRefusal {
  return refuse(ResponseCode.REJECTED, message);
}

function refuse(code: ResponseCode, message: string): AttachRefusal {
  return { decision: "refuse", code, message: limitErrorMessage(message) };
}
