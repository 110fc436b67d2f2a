import { attributeList } from "../../config/index.ts";
import { uptimeNs } from "../../core/clock.ts";
import { SchedulerStoppedError, UsageError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { formatByteRate, formatBytes, formatCount, formatRate, parseSize } from "../../core/units.ts";
import { describeLayout, type OpenOptions, openSource, parseSource, type SpecOptions } from "../../io/index.ts";
import type { Source } from "../../io/types.ts";
import type { Attribute, Flow } from "../../protocol/attribute.ts";
import { MAX_NAME_CHARS, MAX_SUMMARY_CHARS } from "../../protocol/wire-text.ts";
import { Producer } from "../../roles/producer.ts";
import type { ProducerOptions, TimestampMeaning } from "../../roles/producer-options.ts";
import { SourcePump } from "../../roles/source-pump.ts";
import { toAscii } from "../../sbe/index.ts";
import { AllowedBaseDirs, type PoolOptions } from "../../shm/index.ts";
import type { CommandContext } from "../command.ts";
import { printError } from "../console.ts";
import { ExitCode } from "../exit.ts";
import { LiveLine } from "../live-line.ts";
import type { OptionValues } from "../option-spec.ts";
import { type Column, Output, parseOutputFormat } from "../output.ts";
import { poolsFor, slotsFor } from "../pool-sizes.ts";
import { RateMeter } from "../rate-meter.ts";
import { RoleProgress } from "../role-progress.ts";
import { RoleRuntime } from "../role-runtime.ts";
import { type RunningRole, runAlone } from "../running-role.ts";
import { StatsReporter } from "../stats-reporter.ts";
import { summaryLines } from "../summary.ts";
import { type AwaitingRole, WaitReporter } from "../wait-reporter.ts";

const log = getLogger("producer");
const DEFAULT_WAIT_TIMEOUT_NS = 5e9;

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

/** What is to be published, checked as far as that goes without opening or waiting for anything. */
export class ProducerPlan {
  readonly options: OptionValues;
  readonly spec: string;
  readonly rateHz: number | null;
  readonly specOptions: SpecOptions;
  readonly output: Output;
  readonly waitTimeoutNs: number;
  readonly count: number;
  readonly intervalNs: number;

  /** @throws UsageError */
  constructor(options: OptionValues) {
    this.options = options;
    this.spec = options.required("source", "synthetic:");
    this.rateHz = options.rate("rate") ?? null;
    this.specOptions = {
      dtype: options.text("dtype"),
      dims: options.text("dims"),
      rateHz: this.rateHz ?? undefined,
      once: options.flag("once"),
    };
    parseSource(this.spec, this.specOptions);
    this.output = new Output({ format: parseOutputFormat(options.text("output") ?? "table") });
    this.waitTimeoutNs = options.duration("wait-timeout") ?? DEFAULT_WAIT_TIMEOUT_NS;
    this.count = options.integer("count", 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY;
    this.intervalNs = options.seconds("stats-interval") ?? 0;
  }

  /** @throws SourceError */
  openSource(openOptions: OpenOptions): Promise<Source> {
    return openSource(this.spec, { ...this.specOptions, ...openOptions });
  }
}

/** `producer`: frames of a source into shared memory. */
export async function run({ options }: CommandContext): Promise<number> {
  const plan = new ProducerPlan(options);
  using runtime = new RoleRuntime(options, "tensorpool producer");
  return await runAlone(runtime, () => startProducer(runtime, plan, () => runtime.scheduler.stop("done"), true));
}

/** Opens the source and adds the producer; `onDone` is told when its last frame was published and read. @throws SourceError, RegionCreateError */
export async function startProducer(
  runtime: RoleRuntime,
  plan: ProducerPlan,
  onDone: () => void,
  isAlone = false,
): Promise<RunningRole> {
  const { options, rateHz } = plan;
  const { scheduler, streamId } = runtime;
  const source = await plan.openSource({ signal: runtime.stopSignal, onWaiting: (what) => log.info(what) });
  let producer: Producer;
  let flow: Flow;
  try {
    if (scheduler.isStopping) throw new SchedulerStoppedError("the producer was stopped while its source was opened");
    const named = toAscii(source.dataSource?.name ?? "").slice(0, MAX_NAME_CHARS);
    const isRepeated = rateHz !== null && options.flag("once") !== true;
    flow = options.choice<Flow>("flow", ["drop", "wait"], source.live || isRepeated ? "drop" : "wait");
    producer = new Producer(runtime.connection, scheduler.clock, {
      streamId,
      name: options.text("name") ?? (named === "" ? `stream-${streamId}` : named),
      summary:
        options.text("summary") ??
        toAscii(source.dataSource?.summary ?? source.description).slice(0, MAX_SUMMARY_CHARS),
      ...ownership(runtime, options, source),
      streams: runtime.streams,
      flow,
      waitTimeoutNs: plan.waitTimeoutNs,
      attributes: attributesOf(options, source.attributes),
      ...timestampsOption(options),
      heartbeat: options.flag("heartbeat") === true,
    });
  } catch (error) {
    source.close();
    throw error;
  }
  const waitConsumers = options.integer("wait-consumers", 0, 1_000_000) ?? (flow === "wait" ? 1 : 0);
  const pump = new SourcePump(producer, source, {
    rateHz: rateHz ?? source.nativeRateHz,
    count: plan.count,
    waitConsumers,
    attributesOf: (attributes) => attributesOf(options, attributes),
    onDone,
  });
  const waits = new WaitReporter(runtime.connection, runtime.streams, awaitingProducer(producer, runtime), 0);
  const reporter =
    plan.intervalNs > 0 ? newReporter(producer, plan.output, plan.intervalNs, scheduler.clock.nanoTime()) : null;
  // The first to be added is the last to close: its last row has what the others count while they close.
  if (reporter !== null) scheduler.add(reporter);
  const agents = [producer, pump, waits];
  for (const agent of agents) scheduler.add(agent, { vital: true });
  const usesPipe = /:-(,|$)/.test(plan.spec);
  if (isAlone && LiveLine.isWanted(options, { usesPipe }))
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
      return finish(producer, options);
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

/** What the source says of its frames, and what the user says instead or beside it. */
function attributesOf(options: OptionValues, attributes: readonly Attribute[]): readonly Attribute[] {
  const text = options.text("attribute");
  if (text === undefined) return attributes;
  const own = attributeList()
    .parse(text)
    .map(({ key, format, value }): Attribute => ({ key, format, value: new TextEncoder().encode(value) }));
  return [...attributes.filter(({ key }) => !own.some((each) => each.key === key)), ...own];
}

function timestampsOption(options: OptionValues): Pick<ProducerOptions, "timestamps"> {
  const clock = options.text("timestamp-clock") as TimestampMeaning["clock"];
  const meaning = options.text("timestamp-meaning");
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

/** Flags that say how regions are made: with a driver they are its own settings. */
const REGION_FLAGS = ["slots", "pool", "namespace", "share", "group", "prefault"] as const;

/** Whose the regions are. @throws UsageError for flags that only go with --standalone */
function ownership(
  runtime: RoleRuntime,
  options: OptionValues,
  source: Source,
): Pick<ProducerOptions, "standalone" | "driver"> {
  if (runtime.driver !== null) {
    const stray = REGION_FLAGS.find((name) => options.given.get(name)?.origin.kind === "flag");
    if (stray === undefined)
      return { driver: { ...runtime.driver, baseDirs: AllowedBaseDirs.resolve([runtime.shmDir]) } };
    throw new UsageError(
      `--${stray} is for regions that the producer makes itself: leave it out (the driver makes them), or pass --standalone`,
    );
  }
  const pools = poolsOption(options, source);
  return {
    standalone: {
      baseDir: runtime.shmDir,
      namespace: options.text("namespace") ?? "default",
      nslots: options.integer("slots", 1, 2 ** 24) ?? slotsFor(pools),
      pools,
      mode: options.choice("share", ["private", "group"], "private"),
      ...gidOption(options),
      requireHugepages: options.flag("require-hugepages") === true,
      prefault: options.flag("prefault") !== false,
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

function finish(producer: Producer, options: OptionValues): number {
  const counters = producer.counters.snapshot();
  const lost = counters.claimed - counters.published + counters.noPool;
  if (options.flag("quiet") !== true) {
    const lead = `published ${formatCount(counters.published)} of ${formatCount(counters.claimed)} claimed frames`;
    for (const line of summaryLines(lead, producer.counters, ["claimed", "published", "bytes", "controlSent"])) {
      printError(line);
    }
  }
  if (options.flag("fail-on-loss") === true && lost > 0) return ExitCode.FRAMES_LOST;
  return ExitCode.DONE;
}

function newReporter(
  producer: Producer,
  output: Output,
  intervalNs: number,
  startNs: number,
): StatsReporter<ProducerRow> {
  const meter = new RateMeter(startNs);
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

function poolsOption(options: OptionValues, source: Source): readonly PoolOptions[] {
  const text = options.text("pool");
  if (text === undefined) return poolsFor(source.maxByteLength);
  const pools = text.split(",").map((stride, index) => ({ poolId: index + 1, strideBytes: parseSize(stride) }));
  const room = Math.max(...pools.map(({ strideBytes }) => strideBytes));
  if (source.maxByteLength > room) {
    const needed = poolsFor(source.maxByteLength)[0]?.strideBytes ?? source.maxByteLength;
    throw new UsageError(
      `--pool: the source has frames of ${source.maxByteLength} bytes, and the largest pool takes ${room}; ` +
        `add a pool of ${needed} bytes (${formatBytes(needed)})`,
      { expected: `at least ${source.maxByteLength} bytes`, found: text },
    );
  }
  return pools;
}

function gidOption(options: OptionValues): { gid?: number } {
  const gid = options.integer("group", 0, 0xffff_fffe);
  if (gid === undefined) return {};
  if (options.text("share") !== "group") throw new UsageError("--group needs --share group: pass it as well");
  return { gid };
}
