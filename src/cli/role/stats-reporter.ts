import type { Agent } from "../../core/agent.ts";
import { type Clock, SystemClock } from "../../core/clock.ts";
import { PeriodicTimer } from "../../core/timers.ts";
import { ANY_WAIT, type WaitPoint } from "../../core/wait-point.ts";
import type { Column, Output, RowStream } from "../output/output.ts";

/** Prints statistics, usually one row, once per period to standard output, and again at the end. */
export class StatsReporter<Row> implements Agent {
  readonly roleName = "stats";
  readonly #rows: RowStream<Row>;
  readonly #timer: PeriodicTimer;
  readonly #take: (nowNs: number) => Row | readonly Row[];
  readonly #clock: Clock;

  constructor(
    output: Output,
    columns: readonly Column<Row>[],
    periodNs: number,
    take: (nowNs: number) => Row | readonly Row[],
    clock: Clock = new SystemClock(),
  ) {
    this.#clock = clock;
    this.#rows = output.stream(columns);
    this.#timer = new PeriodicTimer(periodNs);
    this.#take = take;
  }

  doWork(nowNs: number): number {
    if (!this.#timer.isDue(nowNs)) return 0;
    this.#print(nowNs);
    return 0;
  }

  waitPoint(): WaitPoint {
    return ANY_WAIT;
  }

  onClose(): void {
    // The current time, not the start of the last cycle: counting continued while the others closed, and that took time as well.
    this.#print(this.#clock.nanoTime());
    this.#rows.end();
  }

  #print(nowNs: number): void {
    const taken = this.#take(nowNs);
    const rows = (Array.isArray(taken) ? taken : [taken]) as readonly Row[];
    for (const row of rows) this.#rows.row(row);
  }
}
