import { LOSS_CAUSES } from "../../roles/counters.ts";

/** A row of `--stats-interval -o jsonl`, as far as it is used here. */
export interface StatsRow {
  /** Since the process began. */
  readonly seconds: number;
  readonly latencyNs?: number | null;
  readonly counters: Readonly<Record<string, number>>;
}

export type RoleKind = "producer" | "consumer";

/** Frames lost under one cause; named as the counters of the roles. */
export interface Loss {
  readonly cause: string;
  readonly frames: number;
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
/** Descriptors that a consumer could not use, beside the causes of loss. */
const UNUSED_DESCRIPTORS = ["unmapped", "foreignEpoch"] as const;

/** Rates are taken over this long, so that they can be read. */
const RATE_WINDOW_SECONDS = 1;

/** What one process of the demo has done so far, by its own counters. */
export class RoleScore {
  readonly kind: RoleKind;
  /** What people call it, e.g. `slow consumer`. */
  readonly name: string;
  readonly #rows: StatsRow[] = [];
  #first: StatsRow | null = null;
  #counters: Readonly<Record<string, number>> = {};
  #latencySumNs = 0;
  #latencyFrames = 0;
  #latencyNs: number | null = null;
  /** The last row but those in which the last frames came, or none did. */
  #steadyEnd: StatsRow | null = null;

  constructor(kind: RoleKind, name: string) {
    this.kind = kind;
    this.name = name;
  }

  /** Published by a producer, accepted by a consumer. */
  get frames(): number {
    return this.#count(this.#framesCounter);
  }

  get bytes(): number {
    return this.#count("bytes");
  }

  /** Frames that a producer began: those it published, and those it lost. */
  get claimed(): number {
    return this.#count("claimed");
  }

  get losses(): readonly Loss[] {
    const causes = this.kind === "producer" ? PRODUCER_LOSSES : [...LOSS_CAUSES, ...UNUSED_DESCRIPTORS];
    const losses = causes.map((cause) => ({ cause, frames: this.#count(cause) }));
    return losses.filter(({ frames }) => frames > 0).sort((a, b) => b.frames - a.frames);
  }

  get lost(): number {
    return this.losses.reduce((sum, { frames }) => sum + frames, 0);
  }

  /** Per second, over the last second. */
  get framesPerSecond(): number {
    return this.#rate(this.#framesCounter);
  }

  get bytesPerSecond(): number {
    return this.#rate("bytes");
  }

  /** Mean age of the frames that came last; null before the first. */
  get latencyNs(): number | null {
    return this.#latencyNs;
  }

  /** Mean age over the whole run; null without frames. */
  get meanLatencyNs(): number | null {
    return this.#latencyFrames === 0 ? null : this.#latencySumNs / this.#latencyFrames;
  }

  /** Over the whole run, without the time before the first and after the last frame. */
  get meanFramesPerSecond(): number {
    return this.#rateBetween(this.#framesCounter, this.#first, this.#steadyEnd);
  }

  get meanBytesPerSecond(): number {
    return this.#rateBetween("bytes", this.#first, this.#steadyEnd);
  }

  add(row: StatsRow): void {
    const last = this.#rows.at(-1);
    const framesBefore = this.frames;
    this.#counters = row.counters;
    const arrived = this.frames - framesBefore;
    if (typeof row.latencyNs === "number") {
      this.#latencyNs = row.latencyNs;
      this.#latencySumNs += row.latencyNs * arrived;
      this.#latencyFrames += arrived;
    }
    // A role writes one row more when it ends, which says no more than the one before when no time has passed.
    if (last !== undefined && row.seconds <= last.seconds) return;
    // Rows are full of frames but for those in which the first and the last came: what is between them is the rate.
    if (this.#first === null && this.frames > 0) this.#first = row;
    else if (arrived > 0 && last !== undefined) this.#steadyEnd = last;
    this.#rows.push(row);
    while (this.#rows.length > 2 && this.#isBeforeWindow(this.#rows[1] as StatsRow, row)) this.#rows.shift();
  }

  get #framesCounter(): string {
    return this.kind === "producer" ? "published" : "accepted";
  }

  #isBeforeWindow(row: StatsRow, now: StatsRow): boolean {
    return now.seconds - row.seconds >= RATE_WINDOW_SECONDS || (row.counters[this.#framesCounter] ?? 0) === 0;
  }

  #rate(counter: string): number {
    return this.#rateBetween(counter, this.#rows[0] ?? null, this.#rows.at(-1) ?? null);
  }

  #rateBetween(counter: string, from: StatsRow | null, to: StatsRow | null): number {
    if (from === null || to === null || to.seconds <= from.seconds) return 0;
    return ((to.counters[counter] ?? 0) - (from.counters[counter] ?? 0)) / (to.seconds - from.seconds);
  }

  #count(counter: string): number {
    return this.#counters[counter] ?? 0;
  }
}

/** The three roles whose numbers a demo shows. */
export class Scoreboard {
  readonly producer = new RoleScore("producer", "producer");
  readonly fast = new RoleScore("consumer", "fast consumer");
  readonly slow = new RoleScore("consumer", "slow consumer");

  get consumers(): readonly RoleScore[] {
    return [this.fast, this.slow];
  }

  get roles(): readonly RoleScore[] {
    return [this.producer, this.fast, this.slow];
  }
}
