import { NO_COLLECTIONS } from "../allocation-run.ts";
import type { Figure, SectionResult } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import { median, range } from "../statistics.ts";
import { countOf, gapOf, lateOf, runStream, type StreamOutcome, slowestOf } from "../stream-run.ts";
import type { Workspace } from "../workspace.ts";

const FRAMES = 5_000_000;
const SLOTS = 1024;
const PAYLOAD_BYTES = 64;

/** The fields that programs read. */
export interface ThroughputJson {
  readonly claimed: number;
  readonly published: number;
  readonly accepted: number;
  readonly late: number;
  readonly gap: number;
  readonly publishedPerSecond: number;
  readonly acceptedPerSecond: number;
  readonly nsPerFrame: number;
  readonly bytesPerSecond: number;
  readonly producerAllocatedBytesPerFrame: number;
  readonly consumerAllocatedBytesPerFrame: number;
}

/** Frames per second from process to process. The rates leave the first third out; the counts are of all frames. */
export async function throughput(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  const runs: ThroughputJson[] = [];
  for (let round = 0; round < (options.rounds ?? 1); round++) runs.push(await runThroughput(workspace, options));
  const accepted = runs.map(({ acceptedPerSecond }) => acceptedPerSecond);
  const middle = median(accepted);
  // The counts of several runs do not go together: those of the run in the middle are shown.
  const json = runs.reduce((a, b) =>
    Math.abs(b.acceptedPerSecond - middle) < Math.abs(a.acceptedPerSecond - middle) ? b : a,
  );
  return { json: { ...json, rounds: accepted }, figures: figuresOf(runs, options) };
}

/** One run. */
export async function runThroughput(workspace: Workspace, options: BenchOptions): Promise<ThroughputJson> {
  const payloadBytes = options.payloadBytes ?? PAYLOAD_BYTES;
  const outcome = await runStream(workspace, {
    payloadBytes,
    slots: options.slots ?? SLOTS,
    fill: options.fill ?? "copy",
    flow: options.flow ?? "wait",
    idle: options.idle ?? "backoff",
    mediaDriver: options.mediaDriver ?? "embedded",
    consumers: options.consumers ?? 1,
    frames: options.frames ?? FRAMES,
    seconds: null,
    rateHz: options.rateHz ?? null,
    reads: "nothing",
    // Nothing is collected, so that the heap's growth is what was allocated.
    env: NO_COLLECTIONS,
  });
  return jsonOf(outcome, payloadBytes);
}

function jsonOf(outcome: StreamOutcome, payloadBytes: number): ThroughputJson {
  const { producer } = outcome;
  const consumer = slowestOf(outcome);
  return {
    claimed: countOf(producer, "claimed"),
    published: countOf(producer, "published"),
    accepted: countOf(consumer, "accepted"),
    late: lateOf(consumer),
    gap: gapOf(consumer),
    publishedPerSecond: producer.framesPerSecond,
    acceptedPerSecond: consumer.framesPerSecond,
    nsPerFrame: producer.framesPerSecond === 0 ? 0 : 1e9 / producer.framesPerSecond,
    bytesPerSecond: consumer.framesPerSecond * payloadBytes,
    producerAllocatedBytesPerFrame: producer.heapBytesPerFrame,
    consumerAllocatedBytesPerFrame: consumer.heapBytesPerFrame,
  };
}

function figuresOf(runs: readonly ThroughputJson[], options: BenchOptions): Figure[] {
  const section = `throughput, ${options.payloadBytes ?? PAYLOAD_BYTES} B, --flow ${options.flow ?? "wait"}`;
  const figure = (name: string, unit: string, of: (run: ThroughputJson) => number): Figure => {
    const values = runs.map(of);
    return { section, name, value: median(values), unit, range: range(values) };
  };
  return [
    figure("published", "frames/s", (run) => run.publishedPerSecond),
    figure("accepted", "frames/s", (run) => run.acceptedPerSecond),
    figure("accepted per claimed", "", (run) => run.accepted / run.claimed),
    figure("time per frame in the producer", "ns", (run) => run.nsPerFrame),
    figure("accepted", "bytes/s", (run) => run.bytesPerSecond),
    figure("allocated by the producer", "bytes/frame", (run) => run.producerAllocatedBytesPerFrame),
    figure("allocated by the consumer", "bytes/frame", (run) => run.consumerAllocatedBytesPerFrame),
  ];
}
