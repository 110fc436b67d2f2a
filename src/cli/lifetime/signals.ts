import { readFileSync } from "node:fs";
import { ExitCode } from "../exit.ts";

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

export interface SignalsOptions {
  /** Begins the orderly end; called once, by the first signal. */
  onStop: (signal: StopSignal) => void;
  /** Ends the process at once; for tests. */
  exit?: (code: number) => void;
}

const SIGHUP_BIT = 1n;
/** The same signal within this time is the first one again, by another way. */
const ECHO_MS = 250;

/**
 * Ends a command in order at the first Ctrl-C, SIGTERM or SIGHUP, and at once at a second one. Handlers are in place from
 * construction to `dispose`.
 */
export class StopSignals implements Disposable {
  readonly #options: SignalsOptions;
  readonly #handled: readonly StopSignal[];
  readonly #handler = (signal: StopSignal): void => this.#onSignal(signal);
  #first: StopSignal | null = null;
  #firstAtMs = 0;

  constructor(options: SignalsOptions) {
    this.#options = options;
    // A process under nohup ignores SIGHUP from its start, and a handler would undo that.
    this.#handled = ignoresHangUp() ? ["SIGINT", "SIGTERM"] : ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of this.#handled) process.on(signal, this.#handler);
  }

  /** The signal that began the end, or null. */
  get received(): StopSignal | null {
    return this.#first;
  }

  /** The exit code after an orderly end, given the one of a command that was not interrupted. */
  exitCode(undisturbed: number): number {
    if (this.#first === "SIGINT") return ExitCode.INTERRUPTED;
    return undisturbed;
  }

  dispose(): void {
    for (const signal of this.#handled) process.off(signal, this.#handler);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #onSignal(signal: StopSignal): void {
    if (this.#first === null) {
      this.#first = signal;
      this.#firstAtMs = performance.now();
      this.#options.onStop(signal);
      return;
    }
    // npm and `timeout` pass a signal on to a program that has got it already: that is no second one.
    if (signal === this.#first && performance.now() - this.#firstAtMs < ECHO_MS) return;
    const exit = this.#options.exit ?? process.exit;
    exit(signal === "SIGINT" ? ExitCode.INTERRUPTED : ExitCode.FAILED);
  }
}

/** Reads the mask of ignored signals that this process was started with. */
function ignoresHangUp(): boolean {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & SIGHUP_BIT) !== 0n;
}
