import { withoutTrace } from "../aeron/libaeron-trace.ts";
import { asFlag } from "../config/index.ts";
import { messageOf, TensorPoolError, UsageError } from "../core/errors.ts";
import { printable } from "../core/text.ts";

/** Exit codes of the process. */
export const ExitCode = {
  DONE: 0,
  FAILED: 1,
  /** The command line or the configuration must be changed. */
  WRONG_USAGE: 2,
  /** The requested driver, stream or file does not exist. */
  NOTHING_THERE: 3,
  /** Frames were lost and --fail-on-loss was given. */
  FRAMES_LOST: 4,
  /** Ended by Ctrl-C. */
  INTERRUPTED: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A signal ended a command in order before it could do its work: nothing is printed. */
export class InterruptedError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("interrupted");
    this.exitCode = exitCode;
  }
}

/** The exit code of a command that threw this. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof InterruptedError) return error.exitCode;
  if (error instanceof UsageError || isParserError(error)) return ExitCode.WRONG_USAGE;
  // Options that cannot be met must be changed on the command line.
  if (error instanceof TensorPoolError && error.code === "invalid-options") return ExitCode.WRONG_USAGE;
  if (error instanceof TensorPoolError && ["not-found", "no-such-frame"].includes(error.code))
    return ExitCode.NOTHING_THERE;
  return ExitCode.FAILED;
}

/**
 * The message to print for an error. An expected error is one line, with control characters of other processes' text escaped; a defect
 * of this program also shows the stack.
 */
export function describeError(error: unknown): string {
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) {
    return error.stack ?? messageOf(error);
  }
  const message = printable(isOfLibaeron(error) ? withoutTrace(error.message) : messageOf(error));
  if (error instanceof TensorPoolError && error.options.length > 0)
    return `${message} (${error.options.map(asFlag).join(", ")})`;
  return /\bE[MN]FILE\b/.test(message)
    ? `${message}: this process can open no more files; raise \`ulimit -n\``
    : message;
}

/** Checks the name, because the command line starts without loading `ffi/`. */
function isOfLibaeron(error: unknown): error is Error {
  return error instanceof Error && error.name === "AeronError";
}

/** Code and rule of an error, for readers of the specification; null if it has none. */
export function detailsOf(error: unknown): string | null {
  if (!(error instanceof TensorPoolError)) return null;
  return `${error.name} ${error.code}${error.rule === undefined ? "" : `, rule ${error.rule}`}`;
}

/** cac reports unknown options and missing arguments with its own error class. */
function isParserError(error: unknown): boolean {
  return error instanceof Error && error.name === "CACError";
}
