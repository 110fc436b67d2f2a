import { isatty } from "node:tty";
import { StreamWriter } from "../../core/stream-writer.ts";
import { printable } from "../../core/text.ts";
import { OutputError } from "./output-error.ts";

// Not `process.stdout` and `process.stderr`: at their first use Bun makes the descriptors non-blocking, for every process
// that shares them.
const NO_LIMIT = { maxQueuedBytes: Number.POSITIVE_INFINITY };
let stdout: StreamWriter | null = null;
let stderr: StreamWriter | null = null;

/** One line of a result. Never waits; `flushConsole` does. */
export function printLine(text: string): void {
  stdout ??= new StreamWriter(1, NO_LIMIT);
  stdout.write(`${text}\n`);
}

/** Prints a whole result, and resolves when it was written, or its reader has gone. Throws OutputError otherwise. */
export async function printResult(text: string): Promise<void> {
  printLine(text);
  await stdout?.flush();
  const error = stdout?.error ?? null;
  if (error !== null) throw new OutputError(error);
}

/**
 * Text for people, on standard error: the one place where what is not logged gets there. Names, paths and messages of other processes
 * may be part of it, so control characters are shown as escapes; line ends are kept.
 */
export function printError(text: string): void {
  stderr ??= new StreamWriter(2, NO_LIMIT);
  stderr.write(`${text.split("\n").map(printable).join("\n")}\n`);
}

/** Resolves when everything was written, or its reader has gone. */
export async function flushConsole(): Promise<void> {
  await stdout?.flush();
  await stderr?.flush();
}

/** Columns of the terminal; undefined where standard output is none. */
export function terminalWidth(): number | undefined {
  return isatty(1) ? process.stdout.columns : undefined;
}
