import { type ErrorDetails, TensorPoolError } from "../core/errors.ts";
import { printable } from "../core/text.ts";

export type SourceErrorCode =
  /** The file that was named is not there. */
  | "not-found"
  /** The input cannot be opened or read; the message carries the errno. */
  | "unreadable"
  /** The input has no frame. */
  | "empty"
  /** The input ended within a header or a frame. */
  | "truncated"
  /** What was read is not the format that was asked for. */
  | "malformed"
  /** A well-formed input with something that the wire does not have (float16, nine dimensions). */
  | "unsupported"
  /** A stream that may not change its layout did. */
  | "changed"
  /** A user's module could not be loaded, threw, or gave something that is not usable. */
  | "module"
  /** Opening was given up by its AbortSignal. */
  | "aborted";

/** A source could not be opened, or its data are not usable. The message shows control characters as escapes. */
export class SourceError extends TensorPoolError<SourceErrorCode> {
  constructor(code: SourceErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, printable(message), details);
  }
}

/** An input has no frame. */
export function emptyError(name: string, found: string, next = ""): SourceError {
  const expected = "at least one frame";
  return new SourceError("empty", `${name}: expected ${expected}, found ${found}${next}`, { expected, found });
}

export type SinkErrorCode =
  /** The output cannot be opened or written; the message carries path and errno. */
  | "unwritable"
  /** The format has no way to express this frame. */
  | "unsupported"
  /** The stream's dimensions, dtype or header changed under a format that allows one only. */
  | "changed"
  /** A user's module could not be loaded, threw, or gave something that is not usable. */
  | "module"
  /** Opening was given up by its AbortSignal. */
  | "aborted";

/** A sink could not be opened or written to, or refused this frame. The message shows control characters as escapes. */
export class SinkError extends TensorPoolError<SinkErrorCode> {
  constructor(code: SinkErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, printable(message), details);
  }
}
