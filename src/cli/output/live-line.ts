import { constants, openSync, readFileSync } from "node:fs";
import { isatty, WriteStream } from "node:tty";
import type { Agent } from "../../core/agent.ts";
import { statusLineShown } from "../../core/status-line.ts";
import { StreamWriter } from "../../core/stream-writer.ts";
import { PeriodicTimer } from "../../core/timers.ts";
import { ANY_WAIT, type WaitPoint } from "../../core/wait-point.ts";
import type { RoleValues } from "../specs/common-options.ts";
import { truncate } from "./table.ts";

const STDERR = 2;
const PERIOD_NS = 500e6;
const DEFAULT_WIDTH = 80;

type LiveValues = Pick<RoleValues, "quiet" | "logFormat" | "statsInterval">;

/**
 * Shows a role's progress on the last line of the terminal, redrawn in place. Any other output of this process to the terminal first
 * clears it (`StreamWriter`) and appears above it.
 */
export class LiveLine implements Agent {
  readonly roleName = "live line";
  readonly #describe: (nowNs: number) => string;
  readonly #writer = new StreamWriter(STDERR);
  readonly #width = new TerminalWidth();
  readonly #timer = new PeriodicTimer(PERIOD_NS);

  constructor(describe: (nowNs: number) => string) {
    this.#describe = describe;
  }

  /**
   * True for a role that may draw the line: on a terminal to which no other program writes, such as the other end of a pipe (FFmpeg has
   * a status line of its own), and without --quiet, JSON logs or periodic statistics.
   */
  static isWanted(values: LiveValues, { usesPipe }: { readonly usesPipe: boolean }): boolean {
    return (
      isatty(STDERR) &&
      !usesPipe &&
      !values.quiet &&
      values.logFormat !== "json" &&
      values.statsInterval === 0 &&
      process.env.TERM !== "dumb"
    );
  }

  doWork(nowNs: number): number {
    if (!this.#timer.isDue(nowNs)) return 0;
    const text = this.#describe(nowNs);
    // A terminal with unwritten output gets no line that is already out of date.
    if (this.#writer.queuedBytes > 0 || !isInForeground()) return 0;
    this.#writer.write(`\r${truncate(text, this.#width.columns - 1)}\x1b[K`);
    statusLineShown();
    return 0;
  }

  waitPoint(): WaitPoint {
    return ANY_WAIT;
  }

  onClose(): void {
    // Clears the line if it is shown.
    this.#writer.write("");
  }
}

/** False for a process in the background, which must not write to the terminal. */
function isInForeground(): boolean {
  // Fields after the name in parentheses: state, parent, group, session, terminal, group in the foreground.
  const stat = readFileSync("/proc/self/stat", "utf8");
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return group === foreground;
}

/** Queries the size with a separate descriptor: `process.stderr` would make the shared one non-blocking for other processes. */
class TerminalWidth {
  readonly #terminal = new WriteStream(
    openSync(`/proc/self/fd/${STDERR}`, constants.O_WRONLY | constants.O_NOCTTY),
  ) as WriteStream & { _refreshSize(): void };

  /** Current columns of the terminal. */
  get columns(): number {
    this.#terminal._refreshSize();
    return this.#terminal.columns || DEFAULT_WIDTH;
  }
}
