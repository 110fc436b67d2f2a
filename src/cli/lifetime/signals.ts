import { readFileSync } from "node:fs";
import { ExitCode } from "../exit.ts";

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

export interface SignalsOptions {
  /** Begins the orderly shutdown; called once, by the first signal. */
  onStop: (signal: StopSignal) => void;
  /** Ends the process immediately; replaced in tests. */
  exit?: (code: number) => void;
}

const SIGHUP_BIT = 1n;
/** The same signal within this time counts as a second delivery of the first one. */
const ECHO_MS = 250;

/**
 * Ends a command in order at the first Ctrl-C, SIGTERM or SIGHUP, and immediately at a second one. Handlers are installed from
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
    // A process under nohup ignores SIGHUP from its start; a handler would undo that.
    this.#handled = ignoresHangUp() ? ["SIGINT", "SIGTERM"] : ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of this.#handled) process.on(signal, this.#handler);
  }

  /** The signal that began the shutdown, or null. */
  get received(): StopSignal | null {
    return this.#first;
  }

  /** The exit code after an orderly shutdown; `undisturbed` is the code of a command that was not interrupted. */
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
    // npm and `timeout` forward a signal that the program has already received: it does not count as a second one.
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
