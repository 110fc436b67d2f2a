import { type ErrorDetails, TensorPoolError } from "../core/errors.ts";
import { printable } from "../core/text.ts";

export type RecordingErrorCode =
  /** There is no such file. */
  | "not-found"
  /** The file cannot be opened or read; the message carries the errno. */
  | "unreadable"
  /** The file is not an MCAP file, or is empty. */
  | "not-a-recording"
  /** A part of the file contradicts the format. */
  | "damaged"
  /** A well-formed file with an unsupported feature, e.g. a compression. */
  | "unsupported"
  /** The recording has no such stream or frame. */
  | "no-such-frame"
  /** The recording was closed. */
  | "closed";

/** A recording could not be opened, or a part of it could not be read. The message shows control characters as escapes. */
export class RecordingError extends TensorPoolError<RecordingErrorCode> {
  constructor(code: RecordingErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, printable(message), details);
  }
}
