import { type ErrorDetails, messageOf, TensorPoolError } from "../core/errors.ts";
import { errnoOf, writeProblem } from "../core/system-errors.ts";
import { printable } from "../core/text.ts";

export type RecorderErrorCode =
  /** A file with that name exists. */
  | "exists"
  /** The file cannot be created; the message carries the errno. */
  | "cannot-open"
  /** The disk failed for a reason other than lack of space. */
  | "cannot-write"
  /** An option contradicts another. */
  | "options";

/** A recording could not be started or continued. */
export class RecorderError extends TensorPoolError<RecorderErrorCode> {
  constructor(code: RecorderErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, printable(message), details);
  }

  static ofOpening(path: string, cause: unknown): RecorderError {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      return new RecorderError("exists", `${path}: the file exists already; choose another name, or remove it`, {
        cause,
      });
    }
    return new RecorderError("cannot-open", `${path} cannot be created: ${problemOf(cause)}`, { cause });
  }

  static ofRemoved(path: string): RecorderError {
    const next = "record to another file, and remove it when its recorder has ended";
    return new RecorderError(
      "cannot-write",
      `${path} was removed while it was written, and its frames with it; ${next}`,
    );
  }

  static ofWriting(path: string, cause: unknown): RecorderError {
    return new RecorderError(
      "cannot-write",
      `${path} cannot be written any more: ${problemOf(cause)}; what it holds can be read, and \`tensorpool record repair\` gives it an index`,
      { cause },
    );
  }
}

/** Describes the cause of a failed system call, with the next step. */
function problemOf(cause: unknown): string {
  const errno = errnoOf(cause);
  return errno === "" ? messageOf(cause) : writeProblem(errno);
}
