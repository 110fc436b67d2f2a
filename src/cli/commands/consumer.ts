import { resolve } from "node:path";
import { isatty } from "node:tty";
import type { Origins } from "../../config/index.ts";
import { uptimeNs } from "../../core/clock.ts";
import { OptionError, SchedulerStoppedError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { formatByteRate, formatCount, formatDuration, formatRate } from "../../core/units.ts";
import { openSink, parseSink } from "../../io/index.ts";
import type { Sink } from "../../io/types.ts";
import { type Fallback, parseFallbackUri } from "../../protocol/fallback-uri.ts";
import { Consumer } from "../../roles/consumer.ts";
import type { Frame } from "../../roles/frame.ts";
import { SinkPump } from "../../roles/sink-pump.ts";
import { AllowedBaseDirs } from "../../shm/index.ts";
import { ConsumerFigures, newFallbackReader, requireFallback } from "../bridge/consumer-fallback.ts";
import { ExitCode } from "../exit.ts";
import { awaitStreamId } from "../observe/find-stream.ts";
import { printError } from "../output/console.ts";
import { LiveLine } from "../output/live-line.ts";
import { type Column, Output } from "../output/output.ts";
import { RateMeter } from "../role/rate-meter.ts";
import { RoleProgress } from "../role/role-progress.ts";
import { attachTimeoutOf, RoleRuntime } from "../role/role-runtime.ts";
import { type RunningRole, runAlone } from "../role/running-role.ts";
import { SlowSink } from "../role/slow-sink.ts";
import { StatsReporter } from "../role/stats-reporter.ts";
import { summaryLines } from "../role/summary.ts";
import { type AwaitingRole, WaitReporter } from "../role/wait-reporter.ts";
import type { CommandContext } from "../specs/command.ts";
import type { ConsumerValues } from "../specs/roles.ts";

const log = getLogger("consumer");
/** Progress may arrive thousands of times a second: this logs enough of it to show rows appearing. */
const progressLog = log.every(100e6);

interface ConsumerRow {
  role: "consumer";
  streamId: number;
  consumerId: number;
  epoch: string | null;
  seconds: number;
  framesPerSecond: number;
  bytesPerSecond: number;
  lost: number;
  /** Nanoseconds between a frame's timestamp and its acceptance: the mean since the last row; null without frames. */
  latencyNs: number | null;
  /** Endpoint of the bridge that is read instead of shared memory; null while shared memory is read. */
  bridge: string | null;
  counters: Record<string, number>;
}

const COLUMNS: readonly Column<ConsumerRow>[] = [
  { header: "frames/s", cell: (row) => formatRate(row.framesPerSecond) },
  { header: "bytes/s", cell: (row) => formatByteRate(row.bytesPerSecond) },
  { header: "accepted", cell: (row) => row.counters.accepted ?? 0 },
  { header: "lost", cell: (row) => row.lost },
  { header: "latency", cell: (row) => (row.latencyNs === null ? "-" : formatDuration(row.latencyNs)) },
];

/** The stream and its sink, validated as far as possible without opening or waiting for anything. */
export class ConsumerPlan {
  readonly values: ConsumerValues;
  readonly origins: Origins;
  readonly usesStdout: boolean;
  readonly output: Output;
  readonly count: number;

  /** @throws UsageError */
  constructor({ values, origins }: Pick<CommandContext<ConsumerValues>, "values" | "origins">) {
    const { sink } = values;
    this.values = values;
    this.origins = origins;
    this.usesStdout = parseSink(sink).usesStdout;
    this.output = new Output({ format: values.output });
    this.count = values.count ?? Number.POSITIVE_INFINITY;
    if (!values.useShm) requireFallback(values);
    if (this.usesStdout && values.statsInterval > 0) {
      throw new OptionError("statsInterval", `the sink ${sink} takes standard output, statistics have no place there`);
    }
  }
}

/** `consumer`: reads frames from shared memory into a sink. */
export async function run({ values: given, origins }: CommandContext<ConsumerValues>): Promise<number> {
  const { stream } = given;
  const values =
    typeof stream === "number" ? given : { ...given, stream: await awaitStreamId(given, stream, "--stream") };
  const plan = new ConsumerPlan({ values, origins });
  using runtime = new RoleRuntime(values, "tensorpool consumer");
  return await runAlone(runtime, () => startConsumer(runtime, plan, () => runtime.scheduler.stop("done"), true));
}

/** Opens the sink and adds the consumer; `onDone` is called after its last frame. @throws SinkError, UsageError */
export async function startConsumer(
  runtime: RoleRuntime,
  plan: ConsumerPlan,
  onDone: () => void,
  isAlone = false,
): Promise<RunningRole> {
  const { values, output } = plan;
  const { mode } = values;
  const { scheduler, streamId, shmDir } = runtime;
  const consumer = new Consumer(runtime.connection, scheduler.clock, {
    streamId,
    mode,
    decimation: values.decimation,
    maxRateHz: values.maxRate ?? 0,
    ...fallbackOption(values),
    usesShm: values.useShm,
    ...(values.progress ? { progress: { handler: printProgress } } : {}),
    streams: runtime.streams,
    baseDirs: AllowedBaseDirs.resolve(values.allowedBaseDirs?.map((dir) => resolve(dir)) ?? [shmDir]),
    ...(runtime.driver === null ? {} : { driver: runtime.driver }),
    maxOutstandingSeqGap: values.maxSeqGap ?? 0,
  });
  const opened = await openSink(values.sink, { signal: runtime.stopSignal, onWaiting: (what) => log.info(what) });
  const sink = new SlowSink(opened, values.delayPerFrame ?? 0);
  if (scheduler.isStopping) {
    // Nothing else would close the sink, and partial output would remain.
    await sink.close();
    throw new SchedulerStoppedError("the consumer was stopped while its sink was opened");
  }
  const pump = new SinkPump(consumer, sink, {
    clock: scheduler.clock,
    count: plan.count,
    once: values.once ?? plan.usesStdout,
    onDone,
  });
  // A sink that receives its stream before the first frame supports only that stream.
  const fallback = opened.begin === undefined ? newFallbackReader(runtime, consumer, pump, values) : null;
  const figures = new ConsumerFigures(consumer, fallback);
  const timeoutNs = attachTimeoutOf(values);
  const waits = new WaitReporter(runtime.connection, runtime.streams, awaitingConsumer(consumer, runtime), timeoutNs);
  const reporter =
    values.statsInterval > 0 ? newReporter(consumer, figures, sink, plan, scheduler.clock.nanoTime()) : null;
  // The agent that is added first closes last: the final row includes what the others count while they close.
  if (reporter !== null) scheduler.add(reporter);
  const agents = [consumer, ...(fallback === null ? [] : [fallback]), pump, waits];
  for (const agent of agents) scheduler.add(agent, { vital: true });
  const isLive = isAlone && LiveLine.isWanted(values, { usesPipe: plan.usesStdout && !isatty(1) });
  if (isLive) scheduler.add(newLiveLine(figures, sink, plan, runtime));
  log.info(
    `stream ${streamId} → ${sink.description}; mode ${mode}, regions below ${shmDir}, Aeron in ${runtime.aeronDir}; ` +
      (runtime.driver === null ? "waiting for a producer" : "asking the driver for a lease"),
  );
  return {
    name: consumer.roleName,
    agents: [...(reporter === null ? [] : [reporter]), ...agents],
    finish: async () => {
      if (!plan.usesStdout) {
        // Sentences must not mix with JSON on standard output.
        for (const line of sink.summary()) output.format === "table" ? output.line(line) : printError(line);
      }
      await output.flush();
      return finish(consumer, figures, sink, values);
    },
  };
}

function awaitingConsumer(consumer: Consumer, { driver, streamId }: RoleRuntime): AwaitingRole {
  const isReady = (): boolean =>
    consumer.state === "fallback" || (driver === null ? consumer.isMapped : consumer.isAttached);
  const refusal = (): string | null => (consumer.attachRefusal ?? consumer.refusal)?.message ?? null;
  return { kind: "consumer", streamId, needsDriver: driver !== null, isReady, refusal };
}

function newLiveLine(
  figures: ConsumerFigures,
  sink: SlowSink,
  { count }: ConsumerPlan,
  { scheduler, streamId, driver }: RoleRuntime,
): LiveLine {
  const progress = new RoleProgress(`stream ${streamId}`, count, scheduler.clock.nanoTime());
  return new LiveLine((nowNs) => {
    const ageNs = sink.takeMeanAgeNs();
    return progress.line(nowNs, {
      verb: "accepted",
      frames: figures.accepted,
      bytes: figures.bytes,
      rest: [
        `lost ${formatCount(figures.lost)}`,
        ...(figures.bridge === null ? [] : [`through a bridge at ${figures.bridge}`]),
        ...(ageNs === null ? [] : [`latency ${formatDuration(ageNs)}`]),
      ],
      awaited:
        figures.epoch !== null
          ? figures.accepted === 0
            ? "frames"
            : null
          : figures.bridge !== null
            ? "the sender of the bridge"
            : driver === null
              ? "a producer"
              : "a driver",
    });
  });
}

function fallbackOption({ fallback: uri }: ConsumerValues): { fallback?: Fallback } {
  const fallback = uri === undefined ? null : parseFallbackUri(uri);
  return fallback === null || typeof fallback === "string" ? {} : { fallback };
}

function printProgress(frame: Frame, rowsFilled: number | null): void {
  const rows = rowsFilled === null ? "" : `, ${rowsFilled} rows`;
  progressLog.info(
    `frame ${frame.seq} is being written: ${frame.byteLength} of ${frame.header.valuesLenBytes} bytes${rows}`,
  );
}

function finish(consumer: Consumer, figures: ConsumerFigures, sink: Sink, values: ConsumerValues): number {
  const { counters } = consumer;
  const { accepted, lost, bridgeCounters } = figures;
  if (!values.quiet) {
    const lead = `accepted ${formatCount(accepted)} frames, lost ${formatCount(lost)} (${sink.description})`;
    const leftOut = ["accepted", "bytes", "maps", "ends"] as const;
    for (const line of summaryLines(lead, counters, leftOut)) printError(line);
    if (bridgeCounters !== null) {
      const through = `of these, ${formatCount(bridgeCounters.of.accepted.value)} through a bridge`;
      for (const line of summaryLines(through, bridgeCounters, leftOut)) printError(line);
    }
  }
  if (values.failOnLoss && lost > 0) return ExitCode.FRAMES_LOST;
  const refused = counters.of.sinkRefused.value;
  if (refused > 0 && accepted === 0) {
    // The sink accepted no frame at all, so the command failed.
    printError(
      `tensorpool: the sink ${sink.description} cannot express any of the ${formatCount(refused)} frames that came`,
    );
    return ExitCode.FAILED;
  }
  return ExitCode.DONE;
}

function newReporter(
  consumer: Consumer,
  figures: ConsumerFigures,
  sink: SlowSink,
  { output, values }: ConsumerPlan,
  startNs: number,
): StatsReporter<ConsumerRow> {
  const meter = new RateMeter(startNs, values.statsInterval);
  const take = (nowNs: number): ConsumerRow => {
    const seconds = meter.begin(nowNs);
    const counters = figures.snapshot();
    const { epoch, bridge, lost } = figures;
    return {
      role: "consumer",
      streamId: consumer.streamId,
      consumerId: consumer.consumerId,
      epoch: epoch === null ? null : String(epoch),
      seconds: uptimeNs(nowNs) / 1e9,
      framesPerSecond: meter.rate("accepted", counters.accepted ?? 0, seconds),
      bytesPerSecond: meter.rate("bytes", counters.bytes ?? 0, seconds),
      lost,
      latencyNs: sink.takeMeanAgeNs(),
      bridge,
      counters,
    };
  };
  return new StatsReporter(output, COLUMNS, values.statsInterval, take);
}
