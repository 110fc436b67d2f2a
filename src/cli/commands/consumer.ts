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
import { totalLost } from "../../roles/counters.ts";
import type { Frame } from "../../roles/frame.ts";
import { SinkPump } from "../../roles/sink-pump.ts";
import { AllowedBaseDirs } from "../../shm/index.ts";
import type { CommandContext } from "../command.ts";
import { printError } from "../console.ts";
import { ExitCode } from "../exit.ts";
import { LiveLine } from "../live-line.ts";
import { awaitStreamId } from "../observe/find-stream.ts";
import { type Column, Output } from "../output.ts";
import { RateMeter } from "../rate-meter.ts";
import type { ConsumerValues } from "../role-commands.ts";
import { RoleProgress } from "../role-progress.ts";
import { attachTimeoutOf, RoleRuntime } from "../role-runtime.ts";
import { type RunningRole, runAlone } from "../running-role.ts";
import { SlowSink } from "../slow-sink.ts";
import { StatsReporter } from "../stats-reporter.ts";
import { summaryLines } from "../summary.ts";
import { type AwaitingRole, WaitReporter } from "../wait-reporter.ts";

const log = getLogger("consumer");
/** Progress may come thousands of times a second: enough of it to see rows appear. */
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
  counters: Record<string, number>;
}

const COLUMNS: readonly Column<ConsumerRow>[] = [
  { header: "frames/s", cell: (row) => formatRate(row.framesPerSecond) },
  { header: "bytes/s", cell: (row) => formatByteRate(row.bytesPerSecond) },
  { header: "accepted", cell: (row) => row.counters.accepted ?? 0 },
  { header: "lost", cell: (row) => row.lost },
  { header: "latency", cell: (row) => (row.latencyNs === null ? "-" : formatDuration(row.latencyNs)) },
];

/** What is to be read and where it goes, checked as far as that goes without opening or waiting for anything. */
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
    if (this.usesStdout && values.statsInterval > 0) {
      throw new OptionError("statsInterval", `the sink ${sink} takes standard output, statistics have no place there`);
    }
  }
}

/** `consumer`: frames from shared memory into a sink. */
export async function run({ values: given, origins }: CommandContext<ConsumerValues>): Promise<number> {
  const { stream } = given;
  const values =
    typeof stream === "number" ? given : { ...given, stream: await awaitStreamId(given, stream, "--stream") };
  const plan = new ConsumerPlan({ values, origins });
  using runtime = new RoleRuntime(values, "tensorpool consumer");
  return await runAlone(runtime, () => startConsumer(runtime, plan, () => runtime.scheduler.stop("done"), true));
}

/** Opens the sink and adds the consumer; `onDone` is told when it has its last frame. @throws SinkError, UsageError */
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
    ...(values.progress ? { progress: { handler: tellProgress } } : {}),
    streams: runtime.streams,
    baseDirs: AllowedBaseDirs.resolve(values.allowedBaseDirs?.map((dir) => resolve(dir)) ?? [shmDir]),
    ...(runtime.driver === null ? {} : { driver: runtime.driver }),
    maxOutstandingSeqGap: values.maxSeqGap ?? 0,
  });
  const opened = await openSink(values.sink, { signal: runtime.stopSignal, onWaiting: (what) => log.info(what) });
  const sink = new SlowSink(opened, values.delayPerFrame ?? 0);
  if (scheduler.isStopping) {
    // Nothing would close it, and an output that was begun would stay.
    await sink.close();
    throw new SchedulerStoppedError("the consumer was stopped while its sink was opened");
  }
  const pump = new SinkPump(consumer, sink, {
    clock: scheduler.clock,
    count: plan.count,
    once: values.once ?? plan.usesStdout,
    onDone,
  });
  const timeoutNs = attachTimeoutOf(values);
  const waits = new WaitReporter(runtime.connection, runtime.streams, awaitingConsumer(consumer, runtime), timeoutNs);
  const reporter =
    values.statsInterval > 0
      ? newReporter(consumer, sink, output, values.statsInterval, scheduler.clock.nanoTime())
      : null;
  // The first to be added is the last to close: its last row has what the others count while they close.
  if (reporter !== null) scheduler.add(reporter);
  const agents = [consumer, pump, waits];
  for (const agent of agents) scheduler.add(agent, { vital: true });
  const isLive = isAlone && LiveLine.isWanted(values, { usesPipe: plan.usesStdout && !isatty(1) });
  if (isLive) scheduler.add(newLiveLine(consumer, sink, plan, runtime));
  log.info(
    `stream ${streamId} → ${sink.description}; mode ${mode}, regions below ${shmDir}, Aeron in ${runtime.aeronDir}; ` +
      (runtime.driver === null ? "waiting for a producer" : "asking the driver for a lease"),
  );
  return {
    name: consumer.roleName,
    agents: [...(reporter === null ? [] : [reporter]), ...agents],
    finish: async () => {
      if (!plan.usesStdout) {
        // Among JSON on standard output there is no place for sentences.
        for (const line of sink.summary()) output.format === "table" ? output.line(line) : printError(line);
      }
      await output.flush();
      return finish(consumer, sink, values);
    },
  };
}

function awaitingConsumer(consumer: Consumer, { driver, streamId }: RoleRuntime): AwaitingRole {
  const isReady = (): boolean =>
    driver === null ? consumer.state !== "unmapped" && consumer.state !== "failed" : consumer.isAttached;
  const refusal = (): string | null => (consumer.attachRefusal ?? consumer.refusal)?.message ?? null;
  return { kind: "consumer", streamId, needsDriver: driver !== null, isReady, refusal };
}

function newLiveLine(
  consumer: Consumer,
  sink: SlowSink,
  { count }: ConsumerPlan,
  { scheduler, streamId, driver }: RoleRuntime,
): LiveLine {
  const progress = new RoleProgress(`stream ${streamId}`, count, scheduler.clock.nanoTime());
  const { accepted, bytes } = consumer.counters.of;
  return new LiveLine((nowNs) => {
    const ageNs = sink.takeMeanAgeNs();
    return progress.line(nowNs, {
      verb: "accepted",
      frames: accepted.value,
      bytes: bytes.value,
      rest: [
        `lost ${formatCount(totalLost(consumer.counters))}`,
        ...(ageNs === null ? [] : [`latency ${formatDuration(ageNs)}`]),
      ],
      awaited: consumer.isMapped
        ? accepted.value === 0
          ? "frames"
          : null
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

function tellProgress(frame: Frame, rowsFilled: number | null): void {
  const rows = rowsFilled === null ? "" : `, ${rowsFilled} rows`;
  progressLog.info(
    `frame ${frame.seq} is being written: ${frame.byteLength} of ${frame.header.valuesLenBytes} bytes${rows}`,
  );
}

function finish(consumer: Consumer, sink: Sink, values: ConsumerValues): number {
  const { counters } = consumer;
  const lost = totalLost(counters);
  if (!values.quiet) {
    const lead = `accepted ${formatCount(counters.of.accepted.value)} frames, lost ${formatCount(lost)} (${sink.description})`;
    for (const line of summaryLines(lead, counters, ["accepted", "bytes", "maps", "ends"])) {
      printError(line);
    }
  }
  if (values.failOnLoss && lost > 0) return ExitCode.FRAMES_LOST;
  const refused = counters.of.sinkRefused.value;
  if (refused > 0 && counters.of.accepted.value === 0) {
    // Nothing of what was asked for was done.
    printError(
      `tensorpool: the sink ${sink.description} cannot express any of the ${formatCount(refused)} frames that came`,
    );
    return ExitCode.FAILED;
  }
  return ExitCode.DONE;
}

function newReporter(
  consumer: Consumer,
  sink: SlowSink,
  output: Output,
  intervalNs: number,
  startNs: number,
): StatsReporter<ConsumerRow> {
  const meter = new RateMeter(startNs);
  const take = (nowNs: number): ConsumerRow => {
    const seconds = meter.begin(nowNs);
    const counters = consumer.counters.snapshot();
    return {
      role: "consumer",
      streamId: consumer.streamId,
      consumerId: consumer.consumerId,
      epoch: consumer.epoch === null ? null : String(consumer.epoch),
      seconds: uptimeNs(nowNs) / 1e9,
      framesPerSecond: meter.rate("accepted", counters.accepted, seconds),
      bytesPerSecond: meter.rate("bytes", counters.bytes, seconds),
      lost: totalLost(consumer.counters),
      latencyNs: sink.takeMeanAgeNs(),
      counters,
    };
  };
  return new StatsReporter(output, COLUMNS, intervalNs, take);
}
