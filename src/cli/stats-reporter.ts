import type { Agent } from "../core/agent.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { ANY_WAIT, type WaitPoint } from "../core/wait-point.ts";
import type { Column, Output, RowStream } from "./output.ts";

/** Prints one row of statistics per period on standard output, and one more at the end. */
export class StatsReporter<Row> implements Agent {
  readonly roleName = "stats";
  readonly #rows: RowStream<Row>;
  readonly #timer: PeriodicTimer;
  readonly #take: (nowNs: number) => Row;
  #lastNs = 0;

  constructor(output: Output, columns: readonly Column<Row>[], periodNs: number, take: (nowNs: number) => Row) {
    this.#rows = output.stream(columns);
    this.#timer = new PeriodicTimer(periodNs);
    this.#take = take;
  }

  doWork(nowNs: number): number {
    this.#lastNs = nowNs;
    if (!this.#timer.isDue(nowNs)) return 0;
    this.#rows.row(this.#take(nowNs));
    return 0;
  }

  waitPoint(): WaitPoint {
    return ANY_WAIT;
  }

  onClose(): void {
    this.#rows.row(this.#take(this.#lastNs));
    this.#rows.end();
  }
}
