import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { selfCommand } from "../../aeron/self-command.ts";
import { withoutSettings } from "../../config/index.ts";
import { PARENT_VARIABLE } from "../lifetime/end-with-parent.ts";

/** How a process of the demo ended. */
export interface ChildEnd {
  readonly child: DemoChild;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not be started. */
  readonly error: Error | null;
}

export interface ChildOptions {
  /** Display name, e.g. `slow consumer`. */
  readonly name: string;
  readonly args: readonly string[];
  /** True if the process reads the demo's own standard input. */
  readonly readsStdin?: boolean;
  /** Called for each row of statistics. */
  readonly onRow?: (row: object) => void;
  /** Called for each line that is not a row. */
  readonly onLine?: (line: string) => void;
}

const TAIL_LINES = 12;

/** This executable in another role, as a separate process that does not outlive this one. */
export class DemoChild {
  readonly name: string;
  /** Settles when the process has ended and all its output was read. */
  readonly ended: Promise<ChildEnd>;
  readonly #process: ChildProcess;
  readonly #tail: string[] = [];
  #isOver = false;

  constructor({ name, args, readsStdin, onRow, onLine }: ChildOptions) {
    this.name = name;
    const [file = "", ...before] = selfCommand();
    this.#process = spawn(file, [...before, ...args, "--no-color"], {
      // A separate session: only the demo receives Ctrl-C, and then ends all processes in order.
      detached: true,
      stdio: [readsStdin === true ? "inherit" : "ignore", "pipe", "pipe"],
      env: { ...withoutSettings(process.env), [PARENT_VARIABLE]: String(process.pid) },
    });
    const { stdout, stderr } = this.#process;
    forEachLine(stdout, (line) => {
      if (line.startsWith("{")) onRow?.(JSON.parse(line));
      else onLine?.(line);
    });
    forEachLine(stderr, (line) => {
      this.#tail.push(line);
      if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    });
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null, error: Error | null): void => {
        this.#isOver = true;
        resolve({ child: this, code, signal, error });
      };
      this.#process.on("error", (error) => end(null, null, error));
      this.#process.on("close", (code, signal) => end(code, signal, null));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** The last lines of its standard error. */
  get stderrTail(): readonly string[] {
    return this.#tail;
  }

  /** Requests an orderly end. */
  stop(): void {
    if (!this.#isOver) this.#process.kill("SIGTERM");
  }

  /** Kills it immediately. */
  kill(): void {
    if (!this.#isOver) this.#process.kill("SIGKILL");
  }

  /** Waits for its end; requests it after `timeoutMs`, and kills the process after another `graceMs`. */
  async finish(timeoutMs: number, graceMs: number): Promise<void> {
    if (timeoutMs > 0 && (await settles(this.ended, timeoutMs))) return;
    this.stop();
    if (await settles(this.ended, graceMs)) return;
    this.kill();
    await this.ended;
  }
}

function forEachLine(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", onLine);
}

/** True when the promise settles within the time. */
export async function settles(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const inTime = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}
