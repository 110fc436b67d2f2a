import { Decimator } from "../../bridge/decimator.ts";
import { OutputStream } from "../../bridge/output-stream.ts";
import type { Origins } from "../../config/index.ts";
import { uptimeNs } from "../../core/clock.ts";
import { OptionError, UsageError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { formatByteRate, formatCount, formatRate } from "../../core/units.ts";
import { Consumer } from "../../roles/consumer.ts";
import { totalLost } from "../../roles/counters.ts";
import { AllowedBaseDirs } from "../../shm/index.ts";
import { outputRegions } from "../bridge/output-regions.ts";
import { ExitCode } from "../exit.ts";
import { awaitStreamId } from "../observe/find-stream.ts";
import { printError } from "../output/console.ts";
import { LiveLine } from "../output/live-line.ts";
import { type Column, Output } from "../output/output.ts";
import { RateMeter } from "../role/rate-meter.ts";
import { RoleProgress } from "../role/role-progress.ts";
import { attachTimeoutOf, RoleRuntime } from "../role/role-runtime.ts";
import { type RunningRole, runAlone } from "../role/running-role.ts";
import { StatsReporter } from "../role/stats-reporter.ts";
import { summaryLines } from "../role/summary.ts";
import { WaitReporter } from "../role/wait-reporter.ts";
import type { DecimateValues } from "../specs/bridge.ts";
import type { CommandContext } from "../specs/command.ts";

const log = getLogger("bridge");

interface DecimatorRow {
  role: "decimator";
  streamId: number;
  toStreamId: number;
  seconds: number;
  framesPerSecond: number;
  bytesPerSecond: number;
  lost: number;
  counters: Record<string, number>;
  outputCounters: Record<string, number>;
}

const COLUMNS: readonly Column<DecimatorRow>[] = [
  { header: "frames/s", cell: (row) => formatRate(row.framesPerSecond) },
  { header: "bytes/s", cell: (row) => formatByteRate(row.bytesPerSecond) },
  { header: "carried", cell: (row) => row.outputCounters.claimed ?? 0 },
  { header: "skipped", cell: (row) => row.counters.skipped ?? 0 },
  { header: "lost", cell: (row) => row.lost },
];

/** The decimator's options, validated as far as possible without opening or waiting for anything. */
export class DecimatePlan {
  readonly values: DecimateValues;
  readonly origins: Origins;
  /** Publishes every Nth frame; 0: by rate, or the newest frame at each poll. */
  readonly every: number;
  readonly rateHz: number;
  readonly output: Output;
  readonly count: number;

  /** @throws UsageError */
  constructor({ values, origins }: Pick<CommandContext<DecimateValues>, "values" | "origins">) {
    this.values = values;
    this.origins = origins;
    const { every, rate, latest } = values;
    const given = [every !== undefined, rate !== undefined, latest].filter(Boolean).length;
    if (given !== 1) {
      throw new UsageError(
        `decimate: expected one of --every N, --rate HZ and --latest, found ${given === 0 ? "none" : "several"}`,
        { expected: "one of --every, --rate, --latest" },
      );
    }
    this.every = every ?? 0;
    this.rateHz = rate ?? 0;
    this.output = new Output({ format: values.output });
    this.count = values.count ?? Number.POSITIVE_INFINITY;
  }
}

/** `decimate`: republishes a subset of a stream's frames on another stream. */
export async function run({ values: given, origins }: CommandContext<DecimateValues>): Promise<number> {
  const { stream } = given;
  const values =
    typeof stream === "number" ? given : { ...given, stream: await awaitStreamId(given, stream, "--stream") };
  const plan = new DecimatePlan({ values, origins });
  using runtime = new RoleRuntime(values, "tensorpool decimate");
  return await runAlone(runtime, () => startDecimator(runtime, plan, () => runtime.scheduler.stop("done"), true));
}

/** Adds the consumer of the source and the decimator; `onDone` is called after the last frame. @throws UsageError */
export function startDecimator(
  runtime: RoleRuntime,
  plan: DecimatePlan,
  onDone: () => void,
  isAlone = false,
): RunningRole {
  const { values, output } = plan;
  const { to: toStreamId, summary, flow } = values;
  const { scheduler, streamId, connection, streams, shmDir } = runtime;
  if (toStreamId === streamId) {
    throw new OptionError("to", `expected another stream than the source's, found ${streamId}`, {
      expected: "another stream than the source's",
      found: String(streamId),
    });
  }
  const consumer = new Consumer(connection, scheduler.clock, {
    streamId,
    mode: plan.every > 0 ? "decimated" : values.latest ? "latest" : "stream",
    decimation: Math.max(1, plan.every),
    maxRateHz: plan.rateHz,
    streams,
    baseDirs: AllowedBaseDirs.resolve([shmDir]),
    ...(runtime.driver === null ? {} : { driver: runtime.driver }),
  });
  const carrier = new OutputStream(connection, scheduler.clock, {
    streamId: toStreamId,
    name: values.name ?? `stream-${toStreamId}`,
    ...(summary === undefined ? {} : { summary }),
    streams,
    regions: outputRegions(runtime, plan),
    ...(flow === undefined ? {} : { flow }),
    waitTimeoutNs: values.waitTimeout,
  });
  const decimator = new Decimator(consumer, carrier, {
    every: plan.every,
    nslots: values.slots ?? null,
    count: plan.count,
    once: values.once,
    onDone,
  });
  const needsDriver = runtime.driver !== null;
  const isReady = (): boolean => (needsDriver ? consumer.isAttached : consumer.isMapped);
  const refusal = (): string | null => (consumer.attachRefusal ?? consumer.refusal)?.message ?? null;
  const awaiting = { kind: "consumer", streamId, needsDriver, isReady, refusal } as const;
  const waits = new WaitReporter(connection, streams, awaiting, attachTimeoutOf(values));
  const reporter = values.statsInterval > 0 ? newReporter(consumer, carrier, plan, scheduler.clock.nanoTime()) : null;
  // The agent that is added first closes last: the final row includes what the others count while they close.
  if (reporter !== null) scheduler.add(reporter);
  const agents = [consumer, decimator, waits];
  for (const agent of agents) scheduler.add(agent, { vital: true });
  if (isAlone && LiveLine.isWanted(values, { usesPipe: false })) {
    scheduler.add(newLiveLine(consumer, decimator, plan, scheduler.clock.nanoTime()));
  }
  log.info(`stream ${streamId} → stream ${toStreamId}: ${describeChoice(plan)}; Aeron in ${runtime.aeronDir}`);
  return {
    name: decimator.roleName,
    agents: [...(reporter === null ? [] : [reporter]), ...agents],
    finish: async () => {
      await output.flush();
      return finish(consumer, carrier, plan);
    },
  };
}

function describeChoice({ every, rateHz }: DecimatePlan): string {
  if (every > 0) return every === 1 ? "every frame" : `every frame whose seq is a multiple of ${every}`;
  return rateHz > 0 ? `at most ${formatRate(rateHz)}` : "the newest frame at each look";
}

function newLiveLine(consumer: Consumer, decimator: Decimator, plan: DecimatePlan, startNs: number): LiveLine {
  const progress = new RoleProgress(`stream ${consumer.streamId} → ${plan.values.to}`, plan.count, startNs);
  return new LiveLine((nowNs) =>
    progress.line(nowNs, {
      verb: "carried",
      frames: decimator.carried,
      bytes: consumer.counters.of.bytes.value,
      rest: [
        `skipped ${formatCount(consumer.counters.of.skipped.value)}`,
        `lost ${formatCount(totalLost(consumer.counters))}`,
      ],
      awaited: consumer.isMapped ? null : "the source",
    }),
  );
}

function finish({ counters }: Consumer, carrier: OutputStream, { values }: DecimatePlan): number {
  const output = carrier.counters();
  const lost = totalLost(counters) + (output.claimed ?? 0) - (output.published ?? 0);
  if (!values.quiet) {
    const lead = `carried ${formatCount(output.claimed ?? 0)} frames to stream ${carrier.streamId}, lost ${formatCount(lost)}`;
    for (const line of summaryLines(lead, counters, ["accepted", "bytes", "maps", "ends"])) printError(line);
  }
  return values.failOnLoss && lost > 0 ? ExitCode.FRAMES_LOST : ExitCode.DONE;
}

function newReporter(
  consumer: Consumer,
  carrier: OutputStream,
  { output, values }: DecimatePlan,
  startNs: number,
): StatsReporter<DecimatorRow> {
  const meter = new RateMeter(startNs, values.statsInterval);
  const take = (nowNs: number): DecimatorRow => {
    const seconds = meter.begin(nowNs);
    const counters = consumer.counters.snapshot();
    const outputCounters = carrier.counters();
    return {
      role: "decimator",
      streamId: consumer.streamId,
      toStreamId: carrier.streamId,
      seconds: uptimeNs(nowNs) / 1e9,
      framesPerSecond: meter.rate("claimed", outputCounters.claimed ?? 0, seconds),
      bytesPerSecond: meter.rate("bytes", counters.bytes, seconds),
      lost: totalLost(consumer.counters),
      counters,
      outputCounters,
    };
  };
  return new StatsReporter(output, COLUMNS, values.statsInterval, take);
}
