import { type ErrorDetails, TensorPoolError } from "../core/errors.ts";
import { printable } from "../core/text.ts";

export type SourceErrorCode =
  /** The named file does not exist. */
  | "not-found"
  /** The input cannot be opened or read; the message carries the errno. */
  | "unreadable"
  /** The input contains no frame. */
  | "empty"
  /** The input ended within a header or a frame. */
  | "truncated"
  /** The input does not have the requested format. */
  | "malformed"
  /** A well-formed input with a feature that the wire does not support (float16, nine dimensions). */
  | "unsupported"
  /** A stream whose layout must not change has changed it. */
  | "changed"
  /** A user's module could not be loaded, threw, or returned an unusable value. */
  | "module"
  /** Its AbortSignal cancelled the opening. */
  | "aborted";

/** A source could not be opened, or its data are unusable. The message shows control characters as escapes. */
export class SourceError extends TensorPoolError<SourceErrorCode> {
  constructor(code: SourceErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, printable(message), details);
  }
}

/** The input contains no frame. */
export function emptyError(name: string, found: string, next = ""): SourceError {
  const expected = "at least one frame";
  return new SourceError("empty", `${name}: expected ${expected}, found ${found}${next}`, { expected, found });
}

export type SinkErrorCode =
  /** The output cannot be opened or written; the message carries path and errno. */
  | "unwritable"
  /** The format cannot express this frame. */
  | "unsupported"
  /** The stream's dimensions, dtype or header changed, and the format allows only one. */
  | "changed"
  /** A user's module could not be loaded, threw, or returned an unusable value. */
  | "module"
  /** Its AbortSignal cancelled the opening. */
  | "aborted";

/** A sink could not be opened or written to, or refused this frame. The message shows control characters as escapes. */
export class SinkError extends TensorPoolError<SinkErrorCode> {
  constructor(code: SinkErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, printable(message), details);
  }
}
