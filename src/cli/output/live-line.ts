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
 * What a role does at the moment, on the last line of the terminal, drawn again in place. Everything else that this process writes to the
 * terminal clears it first (`StreamWriter`), and stands above.
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
   * True for a role that may draw one: on a terminal that no other program writes to, as the other end of a pipe would (FFmpeg has a line
   * of its own there), and where neither quiet nor machine-readable output is asked for.
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
    // A terminal that is behind gets no more of what is out of date already.
    if (this.#writer.queuedBytes > 0 || !isInForeground()) return 0;
    this.#writer.write(`\r${truncate(text, this.#width.columns - 1)}\x1b[K`);
    statusLineShown();
    return 0;
  }

  waitPoint(): WaitPoint {
    return ANY_WAIT;
  }

  onClose(): void {
    // Clears the line, if it is there.
    this.#writer.write("");
  }
}

/** False for a process that was put into the background: the terminal is another's. */
function isInForeground(): boolean {
  // Fields after the name in parentheses: state, parent, group, session, terminal, group in the foreground.
  const stat = readFileSync("/proc/self/stat", "utf8");
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return group === foreground;
}

/** Asks by a descriptor of our own: `process.stderr` would make the one that is shared with other processes non-blocking. */
class TerminalWidth {
  readonly #terminal = new WriteStream(
    openSync(`/proc/self/fd/${STDERR}`, constants.O_WRONLY | constants.O_NOCTTY),
  ) as WriteStream & { _refreshSize(): void };

  /** Columns of the terminal now. */
  get columns(): number {
    this.#terminal._refreshSize();
    return this.#terminal.columns || DEFAULT_WIDTH;
  }
}
