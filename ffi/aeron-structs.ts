import { aeron } from "./aeron.ts";
import { AeronError } from "./errors.ts";
import { stringAt } from "./memory.ts";

/**
 * Layouts of the Aeron 1.54 structs that are read or written here (LP64). `test/integration/aeron-structs.test.ts` compares
 * them with a live driver, so that an upgrade that moves a field makes the test fail.
 */

/** aeron_buffer_claim_t: frame_header*, data*, length. */
export const BUFFER_CLAIM = { data: 8, length: 16, size: 24 } as const;

/** aeron_publication_constants_t. */
export const PUBLICATION_CONSTANTS = {
  termBufferLength: 40,
  maxPayloadLength: 56,
  streamId: 64,
  sessionId: 68,
  initialTermId: 72,
  publicationLimitCounterId: 76,
  size: 88,
} as const;

/** aeron_image_constants_t. */
export const IMAGE_CONSTANTS = {
  sourceIdentity: 8,
  correlationId: 16,
  joinPosition: 24,
  termBufferLength: 40,
  sessionId: 56,
  initialTermId: 60,
  subscriberPositionId: 64,
  size: 72,
} as const;

/** The fields of aeron_image_t that are read directly: libaeron has no accessor for them. */
export const IMAGE = { logBuffer: 48, subscriberPosition: 64, sessionId: 128, subscriberPositionId: 136 } as const;

/** aeron_log_buffer_t: address and length of each of three term buffers, then of the metadata. */
export const LOG_BUFFER = { terms: 0, termSize: 16, metadata: 48, termLength: 80, correlationId: 88 } as const;

/** aeron_cnc_constants_t (packed to 4). */
export const CNC_CONSTANTS = {
  cncVersion: 0,
  clientLivenessTimeoutNs: 24,
  startTimestampMs: 32,
  pid: 40,
  size: 52,
} as const;

/** aeron_counters_reader_buffers_t. */
export const COUNTERS_BUFFERS = { values: 0, metadata: 8, valuesLength: 16, metadataLength: 24, size: 32 } as const;

/** One counter's record in the values and in the metadata buffer. */
export const COUNTER_VALUE = { registrationId: 8, ownerId: 16, size: 128 } as const;
export const COUNTER_METADATA = { state: 0, typeId: 4, key: 16, labelLength: 128, label: 132, size: 512 } as const;
export const COUNTER_STATE = { unused: 0, allocated: 1, reclaimed: -1 } as const;

/** Header of a CnC file: two cache lines with the lengths of the four buffers, which follow one after the other. */
export const CNC_HEADER = {
  version: 0,
  toDriver: 4,
  toClients: 8,
  metadata: 12,
  values: 16,
  clientLivenessNs: 24,
  startMs: 32,
  pid: 40,
  size: 128,
} as const;

/** aeron_broadcast_descriptor_t, at the end of the to-clients buffer. */
export const BROADCAST_TRAILER = { tail: 8, size: 128 } as const;

/** Header of each data frame in a term buffer (aeron_data_header_t). */
export const DATA_HEADER = {
  frameLength: 0,
  version: 4,
  flags: 5,
  type: 6,
  termOffset: 8,
  sessionId: 12,
  streamId: 16,
  termId: 20,
  size: 32,
} as const;
export const DATA_FRAME_TYPE = 1;
export const PADDING_FRAME_TYPE = 0;
export const BEGIN_FLAG = 0x80;
export const END_FLAG = 0x40;
export const UNFRAGMENTED_FLAGS = BEGIN_FLAG | END_FLAG;
export const FRAME_ALIGNMENT = 32;

/** aeron_logbuffer_metadata_t (packed to 4): the last page of a log, after its three terms. */
export const LOG_METADATA = {
  activeTermCount: 24,
  correlationId: 256,
  termLength: 276,
  /** Bytes of the part that is read with read(2). */
  size: 280,
  type: 497,
  pageSize: 4096,
  terms: 3,
} as const;
/** `LOG_METADATA.type` of a log that is received over a network; its metadata do not record the written position. */
export const LOG_OF_IMAGE = 2;

/** Threading modes of the media driver (aeron_threading_mode_t). */
export const THREADING_MODE = { dedicated: 0, sharedNetwork: 1, shared: 2, invoker: 3 } as const;

/** Error codes that a publication returns instead of a position. */
export const PUBLICATION_ERROR = {
  notConnected: -1,
  backPressured: -2,
  adminAction: -3,
  closed: -4,
  maxPositionExceeded: -5,
  error: -6,
} as const;

/** Returns a non-negative result; throws for a negative one, with Aeron's error message. @throws AeronError */
export function checkAeron(result: number, call: string): number {
  if (result < 0) throw lastAeronError(call);
  return result;
}

/** The error of the last call that failed on this thread. */
export function lastAeronError(call: string): AeronError {
  return new AeronError(call, aeron.aeron_errcode(), stringAt(aeron.aeron_errmsg()));
}
