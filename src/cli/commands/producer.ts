import type { Origins } from "../../config/index.ts";
import { uptimeNs } from "../../core/clock.ts";
import { OptionError, SchedulerStoppedError, UsageError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { formatByteRate, formatBytes, formatCount, formatRate } from "../../core/units.ts";
import { describeLayout, type OpenOptions, openSource, parseSource, type SpecOptions } from "../../io/index.ts";
import type { Source } from "../../io/types.ts";
import type { Attribute, Flow } from "../../protocol/attribute.ts";
import { MAX_NAME_CHARS, MAX_SUMMARY_CHARS } from "../../protocol/wire-text.ts";
import { Producer } from "../../roles/producer.ts";
import type { ProducerOptions } from "../../roles/producer-options.ts";
import { SourcePump } from "../../roles/source-pump.ts";
import { toAscii } from "../../sbe/index.ts";
import { AllowedBaseDirs, type PoolOptions } from "../../shm/index.ts";
import { ExitCode } from "../exit.ts";
import { printError } from "../output/console.ts";
import { LiveLine } from "../output/live-line.ts";
import { type Column, Output } from "../output/output.ts";
import { RateMeter } from "../role/rate-meter.ts";
import { RoleProgress } from "../role/role-progress.ts";
import { RoleRuntime } from "../role/role-runtime.ts";
import { type RunningRole, runAlone } from "../role/running-role.ts";
import { StatsReporter } from "../role/stats-reporter.ts";
import { summaryLines } from "../role/summary.ts";
import { type AwaitingRole, WaitReporter } from "../role/wait-reporter.ts";
import { poolsFor, slotsFor } from "../sizing/pool-sizes.ts";
import type { CommandContext } from "../specs/command.ts";
import type { ProducerValues } from "../specs/roles.ts";

const log = getLogger("producer");

interface ProducerRow {
  role: "producer";
  streamId: number;
  epoch: number;
  seconds: number;
  framesPerSecond: number;
  bytesPerSecond: number;
  consumers: number;
  counters: Record<string, number>;
}

const COLUMNS: readonly Column<ProducerRow>[] = [
  { header: "frames/s", cell: (row) => formatRate(row.framesPerSecond) },
  { header: "bytes/s", cell: (row) => formatByteRate(row.bytesPerSecond) },
  { header: "published", cell: (row) => row.counters.published ?? 0 },
  { header: "claimed", cell: (row) => row.counters.claimed ?? 0 },
  { header: "consumers", cell: (row) => row.consumers },
];

/** The producer's options, validated as far as possible without opening or waiting for anything. */
export class ProducerPlan {
  readonly values: ProducerValues;
  readonly origins: Origins;
  readonly specOptions: SpecOptions;
  readonly output: Output;
  readonly count: number;

  /** @throws UsageError */
  constructor({ values, origins }: Pick<CommandContext<ProducerValues>, "values" | "origins">) {
    this.values = values;
    this.origins = origins;
    const { dtype, dims, rate, once } = values;
    this.specOptions = { dtype, dims, rateHz: rate, once };
    parseSource(values.source, this.specOptions);
    this.output = new Output({ format: values.output });
    this.count = values.count ?? Number.POSITIVE_INFINITY;
  }

  /** @throws SourceError */
  openSource(openOptions: OpenOptions): Promise<Source> {
    return openSource(this.values.source, { ...this.specOptions, ...openOptions });
  }
}

/** `producer`: publishes frames of a source in shared memory. */
export async function run(context: CommandContext<ProducerValues>): Promise<number> {
  const plan = new ProducerPlan(context);
  using runtime = new RoleRuntime(plan.values, "tensorpool producer");
  return await runAlone(runtime, () => startProducer(runtime, plan, () => runtime.scheduler.stop("done"), true));
}

/** Opens the source and adds the producer; `onDone` is called after its last frame was read. @throws SourceError, RegionCreateError */
export async function startProducer(
  runtime: RoleRuntime,
  plan: ProducerPlan,
  onDone: () => void,
  isAlone = false,
): Promise<RunningRole> {
  const { values } = plan;
  const { scheduler, streamId } = runtime;
  const source = await plan.openSource({ signal: runtime.stopSignal, onWaiting: (what) => log.info(what) });
  let producer: Producer;
  let flow: Flow;
  try {
    if (scheduler.isStopping) throw new SchedulerStoppedError("the producer was stopped while its source was opened");
    const named = toAscii(source.dataSource?.name ?? "").slice(0, MAX_NAME_CHARS);
    const isRepeated = values.rate !== undefined && !values.once;
    flow = values.flow ?? (source.live || isRepeated ? "drop" : "wait");
    producer = new Producer(runtime.connection, scheduler.clock, {
      streamId,
      name: values.name ?? (named === "" ? `stream-${streamId}` : named),
      summary: values.summary ?? toAscii(source.dataSource?.summary ?? source.description).slice(0, MAX_SUMMARY_CHARS),
      ...ownership(runtime, plan, source),
      streams: runtime.streams,
      flow,
      waitTimeoutNs: values.waitTimeout,
      attributes: attributesOf(values, source.attributes),
      ...timestampsOption(values),
      heartbeat: values.heartbeat,
    });
  } catch (error) {
    source.close();
    throw error;
  }
  const waitConsumers = values.waitConsumers ?? (flow === "wait" ? 1 : 0);
  const pump = new SourcePump(producer, source, {
    waitTimeoutNs: values.waitTimeout,
    rateHz: values.rate ?? source.nativeRateHz,
    count: plan.count,
    waitConsumers,
    attributesOf: (attributes) => attributesOf(values, attributes),
    onDone,
  });
  const waits = new WaitReporter(runtime.connection, runtime.streams, awaitingProducer(producer, runtime), 0);
  const reporter =
    values.statsInterval > 0
      ? newReporter(producer, plan.output, values.statsInterval, scheduler.clock.nanoTime())
      : null;
  // The agent that is added first closes last: the final row includes what the others count while they close.
  if (reporter !== null) scheduler.add(reporter);
  const agents = [producer, pump, waits];
  for (const agent of agents) scheduler.add(agent, { vital: true });
  const usesPipe = /:-(,|$)/.test(values.source);
  if (isAlone && LiveLine.isWanted(values, { usesPipe }))
    scheduler.add(newLiveLine(producer, plan, runtime, waitConsumers));

  log.info(
    `stream ${streamId} ${describeOwner(producer, runtime)}: ${source.description}, ${describeLayout(source.layout)}; ` +
      `flow ${flow}${flow === "drop" ? " (frames that no consumer takes in time are dropped)" : ""}; Aeron in ${runtime.aeronDir}`,
  );
  return {
    name: producer.roleName,
    agents: [...(reporter === null ? [] : [reporter]), ...agents],
    finish: async () => {
      await plan.output.flush();
      return finish(producer, values);
    },
  };
}

function awaitingProducer(producer: Producer, { driver, streamId }: RoleRuntime): AwaitingRole {
  return {
    kind: "producer",
    streamId,
    needsDriver: driver !== null,
    isReady: () => producer.isAttached,
    refusal: () => producer.attachRefusal?.message ?? null,
  };
}

/** The source's attributes; the user's attributes replace those with the same key, or are added. */
function attributesOf({ attribute }: ProducerValues, attributes: readonly Attribute[]): readonly Attribute[] {
  if (attribute === undefined) return attributes;
  const own = attribute.map(
    ({ key, format, value }): Attribute => ({ key, format, value: new TextEncoder().encode(value) }),
  );
  return [...attributes.filter(({ key }) => !own.some((each) => each.key === key)), ...own];
}

function timestampsOption(values: ProducerValues): Pick<ProducerOptions, "timestamps"> {
  const { timestampClock: clock, timestampMeaning: meaning } = values;
  if (clock === undefined && meaning === undefined) return {};
  return { timestamps: { ...(clock === undefined ? {} : { clock }), ...(meaning === undefined ? {} : { meaning }) } };
}

function newLiveLine(
  producer: Producer,
  { count }: ProducerPlan,
  { scheduler, streamId }: RoleRuntime,
  waitConsumers: number,
): LiveLine {
  const progress = new RoleProgress(`stream ${streamId}`, count, scheduler.clock.nanoTime());
  const { claimed, published, bytes, noPool } = producer.counters.of;
  return new LiveLine((nowNs) => {
    const consumers = producer.mappedConsumers;
    const waitsForReaders = published.value === 0 && consumers < waitConsumers;
    const readers = `${waitConsumers} ${waitConsumers === 1 ? "consumer" : "consumers"}`;
    return progress.line(nowNs, {
      verb: "published",
      frames: published.value,
      bytes: bytes.value,
      rest: [
        `${consumers} ${consumers === 1 ? "consumer" : "consumers"}`,
        `dropped ${formatCount(claimed.value - published.value + noPool.value)}`,
      ],
      awaited: !producer.isAttached ? "a driver" : waitsForReaders ? readers : null,
    });
  });
}

/** Options for creating regions: with a driver, these are settings of the driver. */
const REGION_OPTIONS = ["slots", "pool", "namespace", "share", "group", "prefault"] as const;

/** The owner of the regions: this producer or a driver. @throws UsageError for flags that only go with --standalone */
function ownership(
  runtime: RoleRuntime,
  { values, origins }: ProducerPlan,
  source: Source,
): Pick<ProducerOptions, "standalone" | "driver"> {
  if (runtime.driver !== null) {
    const stray = REGION_OPTIONS.find((name) => origins.of(name).kind === "flag");
    if (stray === undefined)
      return { driver: { ...runtime.driver, baseDirs: AllowedBaseDirs.resolve([runtime.shmDir]) } };
    throw new UsageError(
      `${origins.nameOf(stray)} is for regions that the producer makes itself: leave it out (the driver makes them), or pass --standalone`,
    );
  }
  const pools = poolsOption(values, source);
  return {
    standalone: {
      baseDir: runtime.shmDir,
      namespace: values.namespace,
      nslots: values.slots ?? slotsFor(pools),
      pools,
      mode: values.share,
      ...gidOption(values),
      requireHugepages: values.requireHugepages,
      prefault: values.prefault,
    },
  };
}

/** "epoch 1234 (64 slots, 32 MiB in /dev/shm/tensorpool-jo)", or that there are no regions yet. */
function describeOwner(producer: Producer, { shmDir }: RoleRuntime): string {
  if (!producer.isAttached) return "(asking the driver for a lease)";
  const { epoch, nslots, pools } = producer.regions;
  const bytes = pools.reduce((sum, pool) => sum + pool.mapping.byteLength, 0);
  return `epoch ${epoch} (${nslots} slots, ${formatBytes(bytes)} in ${shmDir})`;
}

function finish(producer: Producer, values: ProducerValues): number {
  const counters = producer.counters.snapshot();
  const lost = counters.claimed - counters.published + counters.noPool;
  if (!values.quiet) {
    const lead = `published ${formatCount(counters.published)} of ${formatCount(counters.claimed)} claimed frames`;
    for (const line of summaryLines(lead, producer.counters, ["claimed", "published", "bytes", "controlSent"])) {
      printError(line);
    }
  }
  if (values.failOnLoss && lost > 0) return ExitCode.FRAMES_LOST;
  return ExitCode.DONE;
}

function newReporter(
  producer: Producer,
  output: Output,
  intervalNs: number,
  startNs: number,
): StatsReporter<ProducerRow> {
  const meter = new RateMeter(startNs, intervalNs);
  const take = (nowNs: number): ProducerRow => {
    const seconds = meter.begin(nowNs);
    const counters = producer.counters.snapshot();
    return {
      role: "producer",
      streamId: producer.streamId,
      epoch: producer.epoch,
      seconds: uptimeNs(nowNs) / 1e9,
      framesPerSecond: meter.rate("published", counters.published, seconds),
      bytesPerSecond: meter.rate("bytes", counters.bytes, seconds),
      consumers: producer.mappedConsumers,
      counters,
    };
  };
  return new StatsReporter(output, COLUMNS, intervalNs, take);
}

function poolsOption({ pool }: ProducerValues, source: Source): readonly PoolOptions[] {
  if (pool === undefined) return poolsFor(source.maxByteLength);
  const room = Math.max(...pool);
  if (source.maxByteLength > room) {
    const needed = poolsFor(source.maxByteLength)[0]?.strideBytes ?? source.maxByteLength;
    throw new OptionError(
      "pool",
      `the source has frames of ${source.maxByteLength} bytes, and the largest pool takes ${room}; ` +
        `add a pool of ${needed} bytes (${formatBytes(needed)})`,
      { expected: `at least ${source.maxByteLength} bytes`, found: pool.join(",") },
    );
  }
  return pool.map((strideBytes, index) => ({ poolId: index + 1, strideBytes }));
}

function gidOption({ group: gid, share }: ProducerValues): { gid?: number } {
  if (gid === undefined) return {};
  if (share !== "group") throw new OptionError("group", "expected --share group with it: pass it as well");
  return { gid };
}
