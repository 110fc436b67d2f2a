import { LOSS_CAUSES } from "../../roles/counters.ts";

type Counters = Readonly<Record<string, number>>;

/** A row of `--stats-interval -o jsonl`, as far as it is used here. */
export interface StatsRow {
  /** Since its process began. */
  readonly seconds: number;
  readonly latencyNs?: number | null;
  readonly counters: Counters;
}

export type RoleKind = "producer" | "consumer";

/** Frames lost under one cause; named as the counters of the roles. */
export interface Loss {
  readonly cause: string;
  readonly frames: number;
}

/** The numbers of one role at one moment. */
export interface Reading {
  readonly kind: RoleKind;
  /** What people call it, e.g. `slow consumer`. */
  readonly name: string;
  /** Published by a producer, accepted by a consumer. */
  readonly frames: number;
  readonly bytes: number;
  /** Frames that a producer began: those that it published, and those that it lost. */
  readonly claimed: number;
  readonly lost: number;
  /** Those that are not 0, the largest first. */
  readonly losses: readonly Loss[];
  /** Null while there is too little to tell. */
  readonly framesPerSecond: number | null;
  readonly bytesPerSecond: number | null;
  /** Mean age of a consumer's frames; null without frames. */
  readonly latencyNs: number | null;
}

/** Claims of a producer that did not become published frames, and frames that no pool could hold. */
const PRODUCER_LOSSES = [
  "descriptorBackPressured",
  "descriptorNotConnected",
  "descriptorAdminAction",
  "descriptorClosed",
  "aborted",
  "noPool",
] as const;
/** Causes of loss, and descriptors that came when they could not be used. */
const CONSUMER_LOSSES = [...LOSS_CAUSES, "unmapped", "foreignEpoch"] as const;

/** Rates are taken over this long, so that they can be read. */
const RATE_WINDOW_MS = 1_000;
/** A mean rate of fewer frames would say more about when rows were written. */
const TELLING_FRAMES = 20;
/** Rows are kept for longer than anybody looks back. */
const KEPT_MS = 3_000;

interface TimedRow extends StatsRow {
  /** When it came, by the demo's own clock: rows of different processes are compared by that. */
  readonly atMs: number;
}

/** What one process of the demo says of itself. */
export class RoleScore {
  readonly kind: RoleKind;
  readonly name: string;
  readonly #framesCounter: string;
  readonly #rows: TimedRow[] = [];
  #newest: TimedRow = { atMs: Number.NEGATIVE_INFINITY, seconds: 0, counters: {} };
  /** The first row with frames, and the last one but those in which the last frames came, or none did. */
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

  /** Published by a producer, accepted by a consumer, by the newest row. */
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
    // A role writes one row more when it ends, which says no more than the one before when no time has passed.
    if (row.seconds <= before.seconds) return;
    if (this.#steadyFrom === null && this.#framesOf(newest) > 0) this.#steadyFrom = newest;
    else if (this.#steadyFrom !== null && arrived > 0) this.#steadyTo = before;
    this.#rows.push(newest);
    while ((this.#rows[0] as TimedRow).atMs < atMs - KEPT_MS) this.#rows.shift();
  }

  /** The numbers at a moment of the last seconds, between two rows by interpolation, with rates over the second before it. */
  at(timeMs: number): Reading {
    const index = this.#rows.findLastIndex(({ atMs }) => atMs <= timeMs);
    const [before, after] = [this.#rows[index], this.#rows[index + 1]];
    if (before === undefined) return this.#reading({}, null, null);
    const counters = after === undefined ? before.counters : interpolate(before, after, timeMs);
    const from = this.#rows.find((row) => row.atMs >= before.atMs - RATE_WINDOW_MS && this.#framesOf(row) > 0);
    return this.#reading(counters, ratesBetween(from ?? null, before), this.#latencyNs);
  }

  /** The numbers at the end; rates and latency are means of the whole run, without the time before and after the frames. */
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

/** Growth per second of a counter from one row to another; null when they are not two. */
function ratesBetween(from: StatsRow | null, to: StatsRow | null): ((counter: string) => number) | null {
  if (from === null || to === null || to.seconds <= from.seconds) return null;
  return (counter) => ((to.counters[counter] ?? 0) - (from.counters[counter] ?? 0)) / (to.seconds - from.seconds);
}

/** How far behind the present the numbers of a running demo are shown: each role has written a row since then. */
const SHOWN_BEHIND_MS = 300;
/** A consumer is shown this much earlier than the producer, so that it is never seen to have more than was published. */
const CONSUMERS_BEHIND_MS = 20;

/** The three roles whose numbers a demo shows. */
export class Scoreboard {
  readonly producer = new RoleScore("producer", "producer");
  readonly fast = new RoleScore("consumer", "fast consumer");
  readonly slow = new RoleScore("consumer", "slow consumer");

  /** Producer, fast and slow consumer, all as of the same moment shortly before `nowMs`. */
  shownAt(nowMs: number): readonly Reading[] {
    const timeMs = nowMs - SHOWN_BEHIND_MS;
    return [
      this.producer.at(timeMs),
      this.fast.at(timeMs - CONSUMERS_BEHIND_MS),
      this.slow.at(timeMs - CONSUMERS_BEHIND_MS),
    ];
  }

  /** The same of the whole run. */
  totals(): { readonly producer: Reading; readonly fast: Reading; readonly slow: Reading } {
    return { producer: this.producer.total(), fast: this.fast.total(), slow: this.slow.total() };
  }
}
