import { TensorPoolError } from "../../core/errors.ts";

export type EncodeErrorCode =
  /** The message does not fit into the given room. Retry with more. */
  | "no-room"
  /** A number, an enum's value or an index that the field cannot hold. */
  | "out-of-range"
  /** A string with characters outside US-ASCII. */
  | "non-ascii"
  /** Groups and data were not written in the order of the schema. */
  | "order"
  /** The length was read, or the next part begun, before all of a group or message was written. */
  | "incomplete";

/** A message could not be written: this is a mistake of the caller, so it is thrown. */
export class EncodeError extends TensorPoolError<EncodeErrorCode> {}

/** The error for a field that cannot hold `found`. */
export function outOfRange(field: string, expected: string, found: unknown): EncodeError {
  return new EncodeError("out-of-range", `${field}: expected ${expected}, found ${String(found)}`, {
    expected,
    found: String(found),
  });
}
