import { formatByteRate, formatCount, formatRate } from "../../core/units.ts";
import { RateMeter } from "./rate-meter.ts";

const RATE_PERIOD_NS = 1e9;
const GAP = "  ";

/** The state of a role, as its live line shows it. */
export interface RoleReading {
  /** E.g. "published" or "accepted". */
  readonly verb: string;
  readonly frames: number;
  readonly bytes: number;
  /** Further parts, the most important first. */
  readonly rest: readonly string[];
  /** The condition that must hold before frames can flow; null once it holds. */
  readonly awaited: string | null;
}

interface Rates {
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
}

/** The live line of a role: frames, the share of --count, the rates of the last second, and the estimated time left. */
export class RoleProgress {
  readonly #subject: string;
  readonly #count: number;
  readonly #startNs: number;
  /** Created with the first frame; null before it. */
  #meter: RateMeter | null = null;
  #ratedNs = 0;
  /** Null until one second of frames was measured. */
  #rates: Rates | null = null;

  /** `count`: frames after which the role ends; infinite without a limit. */
  constructor(subject: string, count: number, startNs: number) {
    this.#subject = subject;
    this.#count = count;
    this.#startNs = startNs;
  }

  line(nowNs: number, { verb, frames, bytes, rest, awaited }: RoleReading): string {
    const head = `${this.#subject}: `;
    if (awaited !== null && frames === 0)
      return `${head}waiting for ${awaited}, ${roughly((nowNs - this.#startNs) / 1e9)}`;
    if (frames > 0) this.#measure(nowNs, frames, bytes);
    const rates = this.#rates;
    const parts = [
      this.#amount(verb, frames),
      ...(rates === null ? [] : [formatRate(rates.framesPerSecond)]),
      ...rest,
      ...(rates === null ? [] : [formatByteRate(rates.bytesPerSecond)]),
      ...(awaited === null ? [] : [`waiting for ${awaited}`]),
    ];
    return head + parts.join(GAP);
  }

  #measure(nowNs: number, frames: number, bytes: number): void {
    if (this.#meter === null) {
      this.#meter = new RateMeter(nowNs);
      this.#ratedNs = nowNs;
      this.#meter.rate("frames", frames, 0);
      this.#meter.rate("bytes", bytes, 0);
    }
    if (nowNs - this.#ratedNs < RATE_PERIOD_NS) return;
    this.#ratedNs = nowNs;
    const seconds = this.#meter.begin(nowNs);
    this.#rates = {
      framesPerSecond: this.#meter.rate("frames", frames, seconds),
      bytesPerSecond: this.#meter.rate("bytes", bytes, seconds),
    };
  }

  #amount(verb: string, frames: number): string {
    if (this.#count === Number.POSITIVE_INFINITY) return `${verb} ${formatCount(frames)}`;
    const percent = Math.floor((100 * frames) / this.#count);
    const perSecond = this.#rates?.framesPerSecond ?? 0;
    const left = perSecond > 0 ? `, ${roughly((this.#count - frames) / perSecond)} left` : "";
    return `${verb} ${formatCount(frames)} of ${formatCount(this.#count)} (${percent} %${left})`;
  }
}

/** A rounded duration: `5 s`, `3 min`, `2 h`. */
function roughly(seconds: number): string {
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  return seconds < 99.5 * 60 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
