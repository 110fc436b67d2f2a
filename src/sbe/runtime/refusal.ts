/** Why a message was refused (W-34, W-36): a closed set, fit for the labels of counters. */
export const REFUSAL_CODES = [
  /** The message ends before its header or its fixed fields do, or is outside of its buffer. */
  "truncated",
  "schema",
  "template",
  /** Higher than supported, or lower than the first one that had this message. */
  "version",
  /** Not the length that the version prescribes. */
  "block-length",
  /** A value outside its enum; null is one, unless the field is optional. */
  "enum",
  /** The entries of a group are not as long as the version prescribes. */
  "group-block-length",
  /** A group has more entries in its header than the message has room for. */
  "group-past-end",
  /** A string or blob of more than 2^30 bytes (W-34). */
  "data-too-long",
  /** A string or blob extends beyond the end of the message. */
  "data-past-end",
  /** A US-ASCII string contains a byte above 0x7F. */
  "non-ascii",
  /** Bytes are left after the last part. Aeron passes exact lengths, so this is always an error. */
  "trailing-bytes",
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/**
 * Why a message was refused. All refusals are created when the code is loaded, so that refusing allocates nothing; the found value and its
 * position are stored in the decoder (`refusedValue`, `refusedAt`).
 */
export interface Refusal {
  readonly code: RefusalCode;
  readonly rule: string;
  /** Name of the message. */
  readonly message: string;
  /** Dotted path of the field within the message, e.g. `payloadPools.regionUri`; empty for the message as a whole. */
  readonly field: string;
  /** The expected value, as text. */
  readonly expected: string;
}

/** Details of a refusal that the decoder stores. */
export interface RefusalDetails {
  /** Byte offset within the message. */
  readonly refusedAt: number;
  readonly refusedValue: number;
}

export function refusal(code: RefusalCode, message: string, field: string, expected: string): Refusal {
  return Object.freeze({ code, rule: code === "data-too-long" ? "W-34" : "W-36", message, field, expected });
}

/** One line for logs and tools. Allocates: not for the path of every message. */
export function explainRefusal(reason: Refusal, details: RefusalDetails): string {
  const subject = reason.field === "" ? reason.message : `${reason.message}.${reason.field}`;
  return `${subject} (${reason.rule}, ${reason.code}): expected ${reason.expected}, found ${details.refusedValue} at byte ${details.refusedAt}`;
}
