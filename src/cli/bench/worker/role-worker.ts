import { heapStats } from "bun:jsc";
import type { Agent } from "../../../core/agent.ts";
import { uptimeNs } from "../../../core/clock.ts";
import type { Counter } from "../../../core/counters.ts";
import { PeriodicTimer } from "../../../core/timers.ts";
import { ANY_WAIT, type WaitPoint } from "../../../core/wait-point.ts";
import { SinkPump } from "../../../roles/sink-pump.ts";
import { SourcePump } from "../../../roles/source-pump.ts";
import { DeadlineAgent } from "../../lifetime/deadline-agent.ts";
import { printLine } from "../../output/console.ts";
import { AllocationMarks } from "./allocation-marks.ts";
import { BenchSink } from "./bench-sink.ts";
import { BenchSource } from "./bench-source.ts";
import type { ConsumerJob, ProducerJob, RoleReport } from "./jobs.ts";
import { RateLog } from "./rate-log.ts";
import { RoleSetUp } from "./role-set-up.ts";

const ROW_PERIOD_NS = 100e6;

/** Records CPU time at the first counted frame, and the heap size after the warm-up frames. */
class Usage implements Agent {
  readonly roleName = "usage";
  readonly #counter: Counter;
  readonly #warmUpFrames: number;
  readonly #hasBegun: () => boolean;
  #begun: NodeJS.CpuUsage | null = null;
  #begunNs = 0;
  #warm: { frames: number; heapBytes: number } | null = null;

  constructor(counter: Counter, warmUpFrames: number, hasBegun: () => boolean) {
    this.#hasBegun = hasBegun;
    this.#counter = counter;
    this.#warmUpFrames = warmUpFrames;
  }

  doWork(): number {
    const { value } = this.#counter;
    if (this.#begun === null && this.#hasBegun()) {
      this.#begun = process.cpuUsage();
      this.#begunNs = Bun.nanoseconds();
    }
    if (this.#warm === null && value >= this.#warmUpFrames && value > 0) {
      this.#warm = { frames: value, heapBytes: heapStats().heapCapacity };
    }
    return 0;
  }

  waitPoint(): WaitPoint {
    return ANY_WAIT;
  }

  take(): { cpuSeconds: number; cpuShare: number; heapBytesPerFrame: number } {
    const { user, system } = process.cpuUsage(this.#begun ?? undefined);
    const cpuSeconds = (user + system) / 1e6;
    const cpuShare = cpuSeconds / ((Bun.nanoseconds() - this.#begunNs) / 1e9);
    const frames = this.#warm === null ? 0 : this.#counter.value - this.#warm.frames;
    const heapBytes = this.#warm === null ? 0 : heapStats().heapCapacity - this.#warm.heapBytes;
    return { cpuSeconds, cpuShare, heapBytesPerFrame: frames === 0 ? 0 : heapBytes / frames };
  }
}

/** Prints counters at a steady pace. */
class Rows implements Agent {
  readonly roleName = "rows";
  readonly #timer = new PeriodicTimer(ROW_PERIOD_NS);
  readonly #take: () => Record<string, number>;

  constructor(take: () => Record<string, number>) {
    this.#take = take;
  }

  doWork(nowNs: number): number {
    if (this.#timer.isDue(nowNs)) {
      printLine(JSON.stringify({ seconds: uptimeNs(nowNs) / 1e9, cpuSeconds: cpuSeconds(), counters: this.#take() }));
    }
    return 0;
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

export async function produce(job: ProducerJob): Promise<RoleReport> {
  const setUp = new RoleSetUp(job);
  const { scheduler } = setUp;
  const { streamId, slots, payloadBytes, flow, rateHz, warmUp, consumers, seconds } = job;
  const producer = setUp.addProducer({ streamId, slots, payloadBytes, flow });
  const { published } = producer.counters.of;
  const onDone = (): void => scheduler.stop("done");
  process.on("SIGTERM", onDone);
  const source = new BenchSource(payloadBytes, job.fill, job.leak, job.side);
  const pump = new SourcePump(producer, source, {
    rateHz: warmUp?.rateHz ?? rateHz,
    count: Number.POSITIVE_INFINITY,
    waitConsumers: consumers,
    onDone,
  });
  if (job.frames !== null) source.endsAfter(job.frames);
  scheduler.add(pump, { vital: true });
  if (warmUp !== undefined && rateHz !== null) source.calmsDown(warmUp.frames, rateHz);
  const hasBegun = (): boolean => producer.counters.of.claimed.value > (warmUp?.frames ?? 0);
  const usage = new Usage(published, (job.frames ?? 30_000) / 3, hasBegun);
  const rates = new RateLog(published);
  scheduler.add(rates);
  scheduler.add(usage);
  if (job.marks !== undefined) scheduler.add(new AllocationMarks(published, job.marks), { vital: true });
  if (job.rows === true) scheduler.add(new Rows(() => producer.counters.snapshot()));
  if (seconds !== null) {
    // The time starts at the first frame: before that, the source waits for consumers.
    scheduler.add(new DeadlineAgent(seconds * 1e9, () => source.end(), hasBegun));
  }
  await scheduler.run();
  return {
    counters: producer.counters.snapshot(),
    framesPerSecond: rates.perSecond(),
    ...usage.take(),
    age: null,
    longestSilenceNs: 0,
  };
}

export async function consume(job: ConsumerJob): Promise<RoleReport> {
  const setUp = new RoleSetUp(job);
  const { scheduler } = setUp;
  const consumer = setUp.addConsumer(job.streamId);
  const { accepted } = consumer.counters.of;
  const sink = new BenchSink(job);
  const onDone = (): void => scheduler.stop("done");
  process.on("SIGTERM", onDone);
  const count = Number.POSITIVE_INFINITY;
  scheduler.add(new SinkPump(consumer, sink, { clock: scheduler.clock, count, once: true, onDone }), { vital: true });
  const usage = new Usage(accepted, 10_000, () => sink.newestSeq >= (job.cpuFromSeq ?? 0));
  const rates = new RateLog(accepted);
  scheduler.add(rates);
  scheduler.add(usage);
  let longestSilenceNs = 0;
  if (job.marks !== undefined) scheduler.add(new AllocationMarks(accepted, job.marks), { vital: true });
  if (job.rows === true) {
    const take = (): Record<string, number> => {
      const silenceNs = sink.takeLongestSilenceNs();
      longestSilenceNs = Math.max(longestSilenceNs, silenceNs);
      return { ...consumer.counters.snapshot(), longestSilenceNs: silenceNs };
    };
    scheduler.add(new Rows(take));
  }
  await scheduler.run();
  return {
    counters: consumer.counters.snapshot(),
    framesPerSecond: rates.perSecond(),
    ...usage.take(),
    age: sink.ages === null ? null : sink.ages.quantiles(),
    longestSilenceNs,
  };
}
