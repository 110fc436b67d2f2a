/** A row of a role's `-o jsonl` output, with its arrival time. */
export interface RoleRow {
  /** Clock of the role, in seconds. */
  readonly seconds: number;
  readonly counters: Readonly<Record<string, number>>;
  /** Clock of this process, in milliseconds. */
  readonly arrivedMs: number;
}

/** Collects the rows of one role. */
export class RoleRows {
  readonly list: RoleRow[] = [];
  readonly onLine = (line: string): void => {
    // The sink's summary is text and follows the rows.
    if (!line.startsWith("{")) return;
    const { seconds, counters } = JSON.parse(line) as Omit<RoleRow, "arrivedMs">;
    this.list.push({ seconds, counters, arrivedMs: performance.now() });
  };

  /** A counter's last value; 0 before the first row. */
  last(counter: string): number {
    return this.list.at(-1)?.counters[counter] ?? 0;
  }

  /** Increments per second from the first row that has at least `from` to the last with less than `to`. */
  rateBetween(counter: string, from: number, to: number): number {
    const value = (row: RoleRow): number => row.counters[counter] ?? 0;
    const first = this.list.find((row) => value(row) >= from);
    const last = this.list.findLast((row) => value(row) < to);
    if (first === undefined || last === undefined || last.seconds <= first.seconds) {
      throw new Error(`expected rows with ${counter} from ${from} to ${to}, found ${this.list.length} without them`);
    }
    return (value(last) - value(first)) / (last.seconds - first.seconds);
  }

  /** Increments per second between two times of this process's clock. */
  rateDuring(counter: string, fromMs: number, toMs: number): number {
    const rows = this.list.filter(({ arrivedMs }) => arrivedMs >= fromMs && arrivedMs <= toMs);
    const first = rows[0];
    const last = rows.at(-1);
    if (first === undefined || last === undefined || last.seconds <= first.seconds) return 0;
    return ((last.counters[counter] ?? 0) - (first.counters[counter] ?? 0)) / (last.seconds - first.seconds);
  }
}
