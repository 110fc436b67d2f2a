import type { Agent } from "../../core/agent.ts";
import { PeriodicTimer } from "../../core/timers.ts";
import type { KnownStream } from "../../observe/known-streams.ts";
import { ObserverIdle } from "../../observe/observer-idle.ts";
import { StreamMeter, type StreamReading } from "../../observe/stream-meter.ts";
import { StreamWatch } from "../../observe/stream-watch.ts";
import { AllowedBaseDirs } from "../../shm/index.ts";
import { shmDirOf } from "../config/aeron-dir.ts";
import type { Column, RowStream } from "../output/output.ts";
import type { PlaceValues } from "../specs/common-options.ts";
import type { MeterValues } from "../specs/observe.ts";
import { type ToolContext, tool } from "../tool/tool.ts";
import { ToolRuntime } from "../tool/tool-runtime.ts";
import { requireSingleMatch, requireStreamText, unknownStream } from "./find-stream.ts";

/** A row of `hz` or `bw`: the measurement of one stream in one interval. */
export interface MeterRow extends StreamReading {
  /** Seconds since the tool began to measure. */
  readonly seconds: number;
}

/** How a command shows its measurements. */
export interface MeterView {
  /** The command's name. */
  readonly name: string;
  readonly columns: readonly Column<MeterRow>[];
  json(row: MeterRow): unknown;
}

/** The base directory in which a tool may map regions. */
export function baseDirsOf(values: PlaceValues): AllowedBaseDirs {
  return AllowedBaseDirs.resolve([shmDirOf(values)]);
}

/** A tool that measures the named streams, or all, and prints one row per stream and interval. */
export function meterTool(view: MeterView): ReturnType<typeof tool<MeterValues>> {
  return tool<MeterValues>((context) => runMeters(context, view));
}

async function runMeters({ values, positionals, output }: ToolContext<MeterValues>, view: MeterView): Promise<number> {
  for (const text of positionals) requireStreamText(text, `${view.name}: <stream>`);
  const readings = values.count ?? (values.once ? 1 : Number.POSITIVE_INFINITY);
  const baseDirs = baseDirsOf(values);
  const idle = new ObserverIdle();
  using runtime = new ToolRuntime(values, view.name, { output, idle });
  const rows = output.stream(view.columns, view.json);
  const meters = new Meters(baseDirs, rows, {
    intervalNs: values.interval,
    readings,
    onDone: () => runtime.stop("done"),
    onLooked: (restNs) => idle.setPollInterval(restNs),
  });
  const watch = new StreamWatch(runtime.connection, {
    streams: runtime.streams,
    baseDirs,
    wanted: positionals,
    onNews: (stream) => {
      if (meters.onNews(stream)) return;
      if (positionals.length === 0) {
        if (stream.announcement !== null) meters.add(stream);
        return;
      }
      for (const text of positionals) {
        const found = watch.known.find(text);
        const [first] = found;
        if (found.length === 1 && first?.announcement != null) meters.add(first);
      }
      if (meters.size === positionals.length) meters.begin();
    },
    onSearched: () =>
      runtime.attempt(() => {
        for (const text of positionals) requireSingleMatch(text, watch.known.find(text), watch.known);
        if (positionals.length === 0 && meters.size === 0) throw unknownStream("of any name", watch.known);
        meters.begin();
      }),
    ...(positionals.length === 0 ? { searchNs: ALL_SEARCH_NS } : {}),
  });
  return await runtime.run(watch, meters);
}

/** If no stream is named, streams that answer a hello within this time are measured; others join when they are announced. */
const ALL_SEARCH_NS = 0.3e9;

interface MetersOptions {
  readonly intervalNs: number;
  /** Readings after which the tool ends. */
  readonly readings: number;
  readonly onDone: () => void;
  /** Called after each look with the longest time until the next one. */
  readonly onLooked: (restNs: number) => void;
}

/** The meters of several streams, which are read together. */
class Meters implements Agent {
  readonly roleName = "meters";
  readonly #baseDirs: AllowedBaseDirs;
  readonly #rows: RowStream<MeterRow>;
  readonly #options: MetersOptions;
  readonly #meters = new Map<number, StreamMeter>();
  readonly #timer: PeriodicTimer;
  #isRunning = false;
  #beganNs = Number.NaN;
  #readings = 0;

  constructor(baseDirs: AllowedBaseDirs, rows: RowStream<MeterRow>, options: MetersOptions) {
    this.#baseDirs = baseDirs;
    this.#rows = rows;
    this.#options = options;
    this.#timer = new PeriodicTimer(options.intervalNs);
  }

  get size(): number {
    return this.#meters.size;
  }

  add(stream: KnownStream): void {
    if (this.#meters.has(stream.streamId)) return;
    const meter = new StreamMeter(stream, this.#baseDirs);
    this.#meters.set(stream.streamId, meter);
  }

  /** True if the stream is measured. */
  onNews(stream: KnownStream): boolean {
    const meter = this.#meters.get(stream.streamId);
    meter?.onNews(stream);
    return meter !== undefined;
  }

  begin(): void {
    this.#isRunning = true;
  }

  doWork(nowNs: number): number {
    if (!this.#isRunning || this.#readings >= this.#options.readings) return 0;
    const isFirst = Number.isNaN(this.#beganNs);
    if (isFirst) this.#beganNs = nowNs;
    for (const meter of this.#meters.values()) {
      if (isFirst) meter.read(nowNs);
      else meter.look();
    }
    const isDue = this.#timer.isDue(nowNs);
    const untilRowNs = Math.max(1e6, this.#timer.nextNs - nowNs);
    this.#options.onLooked(Math.min(untilRowNs, ...[...this.#meters.values()].map(({ restNs }) => restNs)));
    if (!isDue) return 1;
    for (const [, meter] of [...this.#meters].sort(([a], [b]) => a - b)) {
      this.#rows.row({ seconds: (nowNs - this.#beganNs) / 1e9, ...meter.read(nowNs) });
    }
    if (++this.#readings >= this.#options.readings) this.#options.onDone();
    return 1;
  }

  onClose(): void {
    for (const meter of this.#meters.values()) meter[Symbol.dispose]();
  }
}
