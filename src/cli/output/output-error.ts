import { TensorPoolError } from "../../core/errors.ts";

/** Results could not be written, e.g. because the disk is full. A reader that is gone causes no error. */
export class OutputError extends TensorPoolError<"write-failed"> {
  constructor(cause: Error, where = "standard output") {
    super("write-failed", `cannot write ${where}: ${cause.message}`, { cause });
  }
}
