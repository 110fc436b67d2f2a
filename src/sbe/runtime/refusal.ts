/** Why a message was refused (W-34, W-36): a closed set, fit for the labels of counters. */
export const REFUSAL_CODES = [
  /** The message ends before its header or its fixed fields do, or lies outside of its buffer. */
  "truncated",
  "schema",
  "template",
  /** Higher than known, or lower than the first one that had this message. */
  "version",
  /** Not the length that the version prescribes. */
  "block-length",
  /** A value outside its enum; null counts as such where the field is not optional. */
  "enum",
  /** The entries of a group are not as long as the version prescribes. */
  "group-block-length",
  /** A group says that it has more entries than the message has room for. */
  "group-past-end",
  /** A string or blob of more than 2^30 bytes (W-34). */
  "data-too-long",
  /** A string or blob ends after the message does. */
  "data-past-end",
  /** A string of US-ASCII holds a byte above 0x7F. */
  "non-ascii",
  /** Bytes are left after the last part. Aeron hands over exact lengths, so nothing explains them. */
  "trailing-bytes",
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/**
 * Why a message was refused. All refusals are made when the code is loaded, so that refusing costs no memory; what was found,
 * and where, stays in the decoder (`refusedValue`, `refusedAt`).
 */
export interface Refusal {
  readonly code: RefusalCode;
  readonly rule: string;
  /** Name of the message. */
  readonly message: string;
  /** Dotted path of the field within the message, e.g. `payloadPools.regionUri`; empty when it is the message as a whole. */
  readonly field: string;
  /** What was expected, in words. */
  readonly expected: string;
}

/** What a refusing decoder knows beside the refusal itself. */
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
