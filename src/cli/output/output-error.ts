import { TensorPoolError } from "../../core/errors.ts";

/** Results could not be written, for another reason than a reader that has gone; e.g. a full disk. */
export class OutputError extends TensorPoolError<"write-failed"> {
  constructor(cause: Error, where = "standard output") {
    super("write-failed", `cannot write ${where}: ${cause.message}`, { cause });
  }
}
