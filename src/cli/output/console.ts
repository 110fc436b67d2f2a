import { isatty } from "node:tty";
import { StreamWriter } from "../../core/stream-writer.ts";
import { printable } from "../../core/text.ts";
import { OutputError } from "./output-error.ts";

// `process.stdout` and `process.stderr` are not used: at their first use Bun makes the descriptors non-blocking for every process
// that shares them.
const NO_LIMIT = { maxQueuedBytes: Number.POSITIVE_INFINITY };
let stdout: StreamWriter | null = null;
let stderr: StreamWriter | null = null;

/** Writes one line of a result. Never blocks; `flushConsole` waits for the write. */
export function printLine(text: string): void {
  stdout ??= new StreamWriter(1, NO_LIMIT);
  stdout.write(`${text}\n`);
}

/** Prints a whole result; resolves when it was written or its reader is gone. @throws OutputError if the write failed */
export async function printResult(text: string): Promise<void> {
  printLine(text);
  await stdout?.flush();
  const error = stdout?.error ?? null;
  if (error !== null) throw new OutputError(error);
}

/**
 * Writes text to standard error; all output there that is not logged goes through this function. The text may contain names, paths and
 * messages of other processes, so control characters are shown as escapes; line ends are kept.
 */
export function printError(text: string): void {
  stderr ??= new StreamWriter(2, NO_LIMIT);
  stderr.write(`${text.split("\n").map(printable).join("\n")}\n`);
}

/** Resolves when everything was written or the reader is gone. */
export async function flushConsole(): Promise<void> {
  await stdout?.flush();
  await stderr?.flush();
}

/** Columns of the terminal; undefined if standard output is not a terminal. */
export function terminalWidth(): number | undefined {
  return isatty(1) ? process.stdout.columns : undefined;
}
