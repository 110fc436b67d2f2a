import type { AeronConnection } from "../aeron/connection.ts";
import type { HostClock } from "../aeron/wall-clocks.ts";
import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { PeriodicTimer } from "../core/timers.ts";
import type { AeronStreams } from "../protocol/stream-ids.ts";
import { DelayProbe } from "./delay-probe.ts";
import { DurationHistogram, histogramBars } from "./duration-histogram.ts";

/** Delays of one interval, or of the whole measurement. */
export interface DelayRow {
  readonly kind: "interval" | "total";
  /** Time since the first wait for a descriptor. */
  readonly seconds: number;
  readonly descriptors: number;
  /** Nanoseconds; null if there were no descriptors. */
  readonly delayNs: Readonly<Record<"min" | "p50" | "p90" | "p99" | "max" | "mean", number>> | null;
  readonly histogram?: readonly unknown[];
}

export interface DelayMeterOptions {
  readonly streams: AeronStreams;
  readonly intervalNs: number;
  /** Number of descriptors after which the measurement ends. */
  readonly count: number;
  /** Number of rows after which the measurement ends. */
  readonly readings: number;
  readonly onRow: (row: DelayRow) => void;
  readonly onDone: () => void;
  /** Called when it begins and stops listening. */
  readonly onListening: (isListening: boolean) => void;
}

/** Measures delays once the stream and its clock are known, and reports one row for each interval. */
export class DelayMeter implements Agent {
  readonly roleName = "delay";
  /** All delays up to the last row. */
  readonly total = new DurationHistogram();
  readonly #connection: AeronConnection;
  readonly #clock: Clock;
  readonly #options: DelayMeterOptions;
  readonly #timer: PeriodicTimer;
  #probe: DelayProbe | null = null;
  #beganNs = Number.NaN;
  #lastNs = 0;
  #readings = 0;
  #isDone = false;

  constructor(connection: AeronConnection, clock: Clock, options: DelayMeterOptions) {
    this.#connection = connection;
    this.#clock = clock;
    this.#options = options;
    this.#timer = new PeriodicTimer(options.intervalNs);
  }

  get isRunning(): boolean {
    return this.#probe !== null;
  }

  /** Timestamps that are ahead of their clock. */
  get ahead(): number {
    return this.#probe?.ahead ?? 0;
  }

  /** Descriptors without a timestamp. */
  get unstamped(): number {
    return this.#probe?.unstamped ?? 0;
  }

  begin(streamId: number, clock: HostClock): void {
    const { streams } = this.#options;
    this.#probe = new DelayProbe(this.#connection, this.#clock, { streams, streamId, clock });
  }

  doWork(nowNs: number): number {
    const probe = this.#probe;
    if (probe === null || this.#isDone) return 0;
    if (Number.isNaN(this.#beganNs)) this.#beganNs = nowNs;
    this.#lastNs = nowNs;
    const work = probe.doWork(nowNs);
    this.#options.onListening(probe.isListening);
    const isEnough = this.total.count + probe.delays.count >= this.#options.count;
    if (!this.#timer.isDue(nowNs) && !isEnough) return work;
    this.#read();
    this.#isDone = isEnough || ++this.#readings >= this.#options.readings;
    if (this.#isDone) this.#options.onDone();
    return work + 1;
  }

  onClose(): void {
    if (this.#probe !== null && this.#probe.delays.count > 0) this.#read();
    this.#probe?.onClose();
  }

  totalRow(): DelayRow {
    return delayRow("total", this.#seconds, this.total);
  }

  get #seconds(): number {
    return (this.#lastNs - this.#beganNs) / 1e9;
  }

  #read(): void {
    const delays = this.#probe?.delays;
    if (delays === undefined) return;
    this.#options.onRow(delayRow("interval", this.#seconds, delays));
    this.total.addAll(delays);
    delays.clear();
  }
}

export function delayRow(kind: DelayRow["kind"], seconds: number, delays: DurationHistogram): DelayRow {
  const { count: descriptors, min, max, mean } = delays;
  const [p50, p90, p99] = [delays.quantile(0.5), delays.quantile(0.9), delays.quantile(0.99)];
  const delayNs = descriptors === 0 ? null : { min, p50, p90, p99, max, mean };
  return { kind, seconds, descriptors, delayNs, ...(kind === "total" ? { histogram: histogramBars(delays) } : {}) };
}
