/** A row of a producer's statistics. */
export interface ProducerRow {
  readonly seconds: number;
  readonly counters: Readonly<Record<string, number>>;
}

/** A shorter span says nothing about a rate. */
const SPAN_SECONDS = 1;
const TOLERANCE = 0.03;

/** The producer's pace, which no fault of a bridge may change. */
export class RateJudge {
  /** Spans in which the rate was another one. */
  readonly late: string[] = [];
  /** The largest share by which the rate was another one than asked for. */
  largestChange = 0;
  readonly #rateHz: number;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  /** Between two rows of one producer. */
  judge(when: string, first: ProducerRow | null, last: ProducerRow | null): void {
    if (first === null || last === null || last.seconds - first.seconds < SPAN_SECONDS) return;
    // It waits for its first reader.
    if (claimed(first) === 0) return;
    const rate = (claimed(last) - claimed(first)) / (last.seconds - first.seconds);
    const change = Math.abs(rate / this.#rateHz - 1);
    this.largestChange = Math.max(this.largestChange, change);
    if (change <= TOLERANCE) return;
    this.late.push(`${when}: the producer's rate was ${rate.toFixed(1)} Hz, not ${this.#rateHz}`);
  }
}

function claimed({ counters }: ProducerRow): number {
  return counters["claimed"] ?? 0;
}
