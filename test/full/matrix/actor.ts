import { LOSS_CAUSES } from "../../../src/roles/counters.ts";
import type { RoleProcess, StatsRow } from "../../support/role-process.ts";
import { until } from "../../support/until.ts";

export type ActorName = "producer" | "consumer" | "witness";

/** How often its rows are looked at, and how often it prints one. */
const LOOK_PERIOD_MS = 5;
export const ROW_INTERVAL_MS = 50;
/** Frames that have to come before a stream counts as flowing: a third of a second of it. */
const FLOWING_FRAMES = 100;
/** What is only the interval of the rows, or a busy machine, is no outage. */
const OUTAGE_MIN_MS = 6 * ROW_INTERVAL_MS;
/** What was on its way still arrives: an outage may begin this much after the disturbance. */
const AFTERMATH_MS = 1000;

/** Causes under which a producer counts frames that were claimed and never published. */
const UNPUBLISHED = [
  "aborted",
  "descriptorBackPressured",
  "descriptorNotConnected",
  "descriptorAdminAction",
  "descriptorClosed",
] as const;

/** A run of a role, and when its frames moved on. */
export class Actor implements Disposable {
  readonly name: ActorName;
  readonly process: RoleProcess;
  /** The epochs that its rows told of, one after the other. */
  readonly epochs: bigint[] = [];
  readonly #startedMs = performance.now();
  /** Moments at which a row told of more frames than the one before. */
  readonly #movesMs: number[] = [];
  readonly #timer: NodeJS.Timeout;
  #linesSeen = 0;
  #frames = 0;
  #row: StatsRow | null = null;

  constructor(name: ActorName, process: RoleProcess) {
    this.name = name;
    this.process = process;
    this.#timer = setInterval(() => this.#look(), LOOK_PERIOD_MS);
  }

  /** The newest row; null before the first. */
  get row(): StatsRow | null {
    this.#look();
    return this.#row;
  }

  get counters(): Readonly<Record<string, number>> {
    return this.row?.counters ?? {};
  }

  /** Frames so far: accepted ones of a consumer, published ones of a producer. */
  get frames(): number {
    this.#look();
    return this.#frames;
  }

  /** Counters of frames that were lost here, without those that are 0. */
  get lost(): Record<string, number> {
    const causes = this.name === "producer" ? UNPUBLISHED : LOSS_CAUSES;
    const found = causes.map((cause) => [cause, this.counters[cause] ?? 0] as const);
    return Object.fromEntries(found.filter(([, count]) => count > 0));
  }

  /** Waits until frames move on, and continue doing so. */
  async flows(timeoutMs: number): Promise<void> {
    const start = this.frames;
    await until(
      () => this.frames >= start + FLOWING_FRAMES || this.process.hasEnded,
      () => `${FLOWING_FRAMES} more frames in the ${this.name}\n${this.process.stderr}`,
      timeoutMs,
    );
    if (this.frames < start + FLOWING_FRAMES) {
      throw new Error(`expected the ${this.name} to continue, it ended:\n${this.process.stderr}`);
    }
  }

  /** Milliseconds from `sinceMs` until its first frame. */
  firstFrameAfter(sinceMs: number): number {
    const firstMs = this.#movesMs[0];
    return firstMs === undefined ? Number.NaN : Math.max(0, firstMs - sinceMs);
  }

  /** The longest time without a frame that ended after `sinceMs` and began before `untilMs`. */
  longestOutage(sinceMs: number, untilMs: number): { readonly beginMs: number; readonly endMs: number } {
    let longest = { beginMs: sinceMs, endMs: sinceMs };
    let previousMs = this.#startedMs;
    for (const moveMs of this.#movesMs) {
      const isLonger = moveMs - previousMs > longest.endMs - longest.beginMs;
      if (moveMs > sinceMs && previousMs < untilMs && isLonger) longest = { beginMs: previousMs, endMs: moveMs };
      previousMs = moveMs;
    }
    return longest;
  }

  /** Milliseconds from the end of a disturbance to the first frame after the outage that it made; 0 when there was none. */
  recoveryMs(disturbance: { readonly beginMs: number; readonly endMs: number }): number {
    if (this.#startedMs > disturbance.beginMs) return this.firstFrameAfter(disturbance.endMs);
    const outage = this.longestOutage(disturbance.beginMs, disturbance.endMs + AFTERMATH_MS);
    if (outage.endMs - outage.beginMs < OUTAGE_MIN_MS) return 0;
    return Math.max(0, outage.endMs - disturbance.endMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** 0 of a producer and null of a consumer stand for none. */
  #noteEpoch(epoch: StatsRow["epoch"]): void {
    const value = BigInt(epoch ?? 0);
    if (value !== 0n && value !== this.epochs.at(-1)) this.epochs.push(value);
  }

  #look(): void {
    const { stdoutLines } = this.process;
    for (; this.#linesSeen < stdoutLines.length; this.#linesSeen++) {
      const line = stdoutLines[this.#linesSeen] as string;
      if (!line.startsWith("{")) continue;
      this.#row = JSON.parse(line) as StatsRow;
      this.#noteEpoch(this.#row.epoch);
      const { accepted, published } = this.#row.counters;
      const frames = accepted ?? published ?? 0;
      if (frames > this.#frames) this.#movesMs.push(performance.now());
      this.#frames = frames;
    }
  }
}
