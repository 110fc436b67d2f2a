import { LOSS_CAUSES } from "../../roles/counters.ts";

type Counters = Readonly<Record<string, number>>;

/** The fields used here of a `--stats-interval -o jsonl` row. */
export interface StatsRow {
  /** Time since its process started. */
  readonly seconds: number;
  readonly latencyNs?: number | null;
  readonly counters: Counters;
}

export type RoleKind = "producer" | "consumer";

/** Frames lost to one cause; the names are those of the roles' counters. */
export interface Loss {
  readonly cause: string;
  readonly frames: number;
}

/** The numbers of one role at one moment. */
export interface Reading {
  readonly kind: RoleKind;
  /** Display name, e.g. `slow consumer`. */
  readonly name: string;
  /** Frames published by a producer, or accepted by a consumer. */
  readonly frames: number;
  readonly bytes: number;
  /** Frames that a producer claimed, published or lost. */
  readonly claimed: number;
  readonly lost: number;
  /** Nonzero losses, the largest first. */
  readonly losses: readonly Loss[];
  /** Null while there are too few rows. */
  readonly framesPerSecond: number | null;
  readonly bytesPerSecond: number | null;
  /** Mean age of a consumer's frames; null without frames. */
  readonly latencyNs: number | null;
}

/** Claims of a producer that were not published, and frames that fit no pool. */
const PRODUCER_LOSSES = [
  "descriptorBackPressured",
  "descriptorNotConnected",
  "descriptorAdminAction",
  "descriptorClosed",
  "aborted",
  "noPool",
] as const;
/** Causes of loss, and descriptors that arrived when they could not be used. */
const CONSUMER_LOSSES = [...LOSS_CAUSES, "unmapped", "foreignEpoch"] as const;

/** Averaging window of the rates, so that they are steady enough to read. */
const RATE_WINDOW_MS = 1_000;
/** The mean rate of fewer frames would mostly reflect when rows were written. */
const TELLING_FRAMES = 20;
/** Rows are kept longer than any reading looks back. */
const KEPT_MS = 3_000;

interface TimedRow extends StatsRow {
  /** Arrival time by the demo's own clock, which makes rows of different processes comparable. */
  readonly atMs: number;
}

/** The statistics rows of one process of the demo. */
export class RoleScore {
  readonly kind: RoleKind;
  readonly name: string;
  readonly #framesCounter: string;
  readonly #rows: TimedRow[] = [];
  #newest: TimedRow = { atMs: Number.NEGATIVE_INFINITY, seconds: 0, counters: {} };
  /** The first row with frames, and the row before the last one that added frames. */
  #steadyFrom: TimedRow | null = null;
  #steadyTo: TimedRow | null = null;
  #latencySumNs = 0;
  #latencyFrames = 0;
  #latencyNs: number | null = null;

  constructor(kind: RoleKind, name: string) {
    this.kind = kind;
    this.name = name;
    this.#framesCounter = kind === "producer" ? "published" : "accepted";
  }

  /** Frames published by a producer, or accepted by a consumer, as of the newest row. */
  get frames(): number {
    return this.#framesOf(this.#newest);
  }

  add(row: StatsRow, atMs: number): void {
    const before = this.#newest;
    const newest = { ...row, atMs };
    this.#newest = newest;
    const arrived = this.#framesOf(newest) - this.#framesOf(before);
    if (typeof row.latencyNs === "number") {
      this.#latencyNs = row.latencyNs;
      this.#latencySumNs += row.latencyNs * arrived;
      this.#latencyFrames += arrived;
    }
    // A role writes another row when it ends; if no time has passed, it adds nothing to the previous one.
    if (row.seconds <= before.seconds) return;
    if (this.#steadyFrom === null && this.#framesOf(newest) > 0) this.#steadyFrom = newest;
    else if (this.#steadyFrom !== null && arrived > 0) this.#steadyTo = before;
    this.#rows.push(newest);
    while ((this.#rows[0] as TimedRow).atMs < atMs - KEPT_MS) this.#rows.shift();
  }

  /** The numbers at a time within the last seconds, interpolated between two rows, with rates over the preceding second. */
  at(timeMs: number): Reading {
    const index = this.#rows.findLastIndex(({ atMs }) => atMs <= timeMs);
    const [before, after] = [this.#rows[index], this.#rows[index + 1]];
    if (before === undefined) return this.#reading({}, null, null);
    const counters = after === undefined ? before.counters : interpolate(before, after, timeMs);
    const from = this.#rows.find((row) => row.atMs >= before.atMs - RATE_WINDOW_MS && this.#framesOf(row) > 0);
    return this.#reading(counters, ratesBetween(from ?? null, before), this.#latencyNs);
  }

  /** The final numbers; rates and latency are means of the whole run, without the time before and after the frames. */
  total(): Reading {
    const latencyNs = this.#latencyFrames === 0 ? null : this.#latencySumNs / this.#latencyFrames;
    const [from, to] = [this.#steadyFrom, this.#steadyTo];
    const isTelling = from !== null && to !== null && this.#framesOf(to) - this.#framesOf(from) >= TELLING_FRAMES;
    return this.#reading(this.#newest.counters, isTelling ? ratesBetween(from, to) : null, latencyNs);
  }

  #reading(counters: Counters, rates: ((counter: string) => number) | null, latencyNs: number | null): Reading {
    const causes = this.kind === "producer" ? PRODUCER_LOSSES : CONSUMER_LOSSES;
    const losses = causes
      .map((cause) => ({ cause, frames: counters[cause] ?? 0 }))
      .filter(({ frames }) => frames > 0)
      .sort((a, b) => b.frames - a.frames);
    return {
      kind: this.kind,
      name: this.name,
      frames: counters[this.#framesCounter] ?? 0,
      bytes: counters.bytes ?? 0,
      claimed: counters.claimed ?? 0,
      lost: losses.reduce((sum, { frames }) => sum + frames, 0),
      losses,
      framesPerSecond: rates?.(this.#framesCounter) ?? null,
      bytesPerSecond: rates?.("bytes") ?? null,
      latencyNs,
    };
  }

  #framesOf({ counters }: StatsRow): number {
    return counters[this.#framesCounter] ?? 0;
  }
}

function interpolate(before: TimedRow, after: TimedRow, timeMs: number): Counters {
  const share = (timeMs - before.atMs) / (after.atMs - before.atMs);
  return Object.fromEntries(
    Object.entries(before.counters).map(([name, from]) => {
      const to = after.counters[name] ?? from;
      return [name, Math.floor(from + (to - from) * share)];
    }),
  );
}

/** Increments per second of a counter between two rows; null unless there are two different rows. */
function ratesBetween(from: StatsRow | null, to: StatsRow | null): ((counter: string) => number) | null {
  if (from === null || to === null || to.seconds <= from.seconds) return null;
  return (counter) => ((to.counters[counter] ?? 0) - (from.counters[counter] ?? 0)) / (to.seconds - from.seconds);
}

/** Display delay of a running demo: by then each role has written another row. */
const SHOWN_BEHIND_MS = 300;
/** Consumers are shown this much earlier than the producer, so that they never appear to have more than was published. */
const CONSUMERS_BEHIND_MS = 20;

/** The three roles whose numbers a demo shows. */
export class Scoreboard {
  readonly producer = new RoleScore("producer", "producer");
  readonly fast = new RoleScore("consumer", "fast consumer");
  readonly slow = new RoleScore("consumer", "slow consumer");

  /** Producer, fast and slow consumer shortly before `nowMs`; the consumers slightly earlier than the producer. */
  shownAt(nowMs: number): readonly Reading[] {
    const timeMs = nowMs - SHOWN_BEHIND_MS;
    return [
      this.producer.at(timeMs),
      this.fast.at(timeMs - CONSUMERS_BEHIND_MS),
      this.slow.at(timeMs - CONSUMERS_BEHIND_MS),
    ];
  }

  /** Producer, fast and slow consumer for the whole run. */
  totals(): { readonly producer: Reading; readonly fast: Reading; readonly slow: Reading } {
    return { producer: this.producer.total(), fast: this.fast.total(), slow: this.slow.total() };
  }
}
