import { NO_COLLECTIONS } from "../allocation-run.ts";
import { type Figure, type SectionResult, say } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import { median, range } from "../statistics.ts";
import { countOf, gapOf, lateOf, runStream, type StreamOutcome, slowestOf } from "../stream-run.ts";
import type { Workspace } from "../workspace.ts";

const FRAMES = 5_000_000;
const SLOTS = 1024;
const PAYLOAD_BYTES = 64;
const DEPLOYMENT_ROUNDS = 3;
const MIN_DRIVER_RATIO = 0.9;

/** The fields of the JSON output. */
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

/** Frames per second from process to process. Rates exclude the first third; counts include all frames. */
export async function throughput(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  const runs: ThroughputJson[] = [];
  const standalone: ThroughputJson[] = [];
  const comparesDeployments = options.deployment === "driver";
  const rounds = options.rounds ?? (comparesDeployments ? DEPLOYMENT_ROUNDS : 1);
  for (let round = 1; round <= rounds; round++) {
    say(`throughput: round ${round} of ${rounds}`);
    runs.push(await runThroughput(workspace, options));
    // In turns, so that a disturbance of the machine affects both.
    if (comparesDeployments) {
      standalone.push(await runThroughput(workspace, { ...options, deployment: "standalone" }));
    }
  }
  const accepted = runs.map(({ acceptedPerSecond }) => acceptedPerSecond);
  const middle = median(accepted);
  // The counts of several runs cannot be combined: those of the run nearest to the median are shown.
  const json = runs.reduce((a, b) =>
    Math.abs(b.acceptedPerSecond - middle) < Math.abs(a.acceptedPerSecond - middle) ? b : a,
  );
  const deployment = options.deployment ?? "standalone";
  if (!comparesDeployments) {
    return { json: { ...json, rounds: accepted, deployment }, figures: figuresOf(runs, options) };
  }
  const standalonePerSecond = standalone.map(({ acceptedPerSecond }) => acceptedPerSecond);
  const ratioToStandalone = middle / median(standalonePerSecond);
  return {
    json: { ...json, rounds: accepted, deployment, standaloneRounds: standalonePerSecond, ratioToStandalone },
    figures: [...figuresOf(runs, options), ...deploymentFigures(runs, standalone, options)],
  };
}

/** Takes one run. */
export async function runThroughput(workspace: Workspace, options: BenchOptions): Promise<ThroughputJson> {
  const payloadBytes = options.payloadBytes ?? PAYLOAD_BYTES;
  const outcome = await runStream(workspace, {
    payloadBytes,
    slots: options.slots ?? SLOTS,
    fill: options.fill ?? "copy",
    flow: options.flow ?? "wait",
    idle: options.idle ?? "backoff",
    deployment: options.deployment,
    mediaDriver: options.mediaDriver ?? "embedded",
    consumers: options.consumers ?? 1,
    frames: options.frames ?? FRAMES,
    seconds: null,
    rateHz: options.rateHz ?? null,
    reads: "nothing",
    // Nothing is collected, so that the heap's growth is what was allocated.
    env: NO_COLLECTIONS,
    program: options.program,
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

function sectionOf(options: BenchOptions): string {
  const deployment = options.deployment === "driver" ? ", --driver" : "";
  return `throughput, ${options.payloadBytes ?? PAYLOAD_BYTES} B, --flow ${options.flow ?? "wait"}${deployment}`;
}

/** Compares runs with a driver and its leases to standalone runs. */
function deploymentFigures(
  runs: readonly ThroughputJson[],
  standalone: readonly ThroughputJson[],
  options: BenchOptions,
): Figure[] {
  const section = sectionOf(options);
  const rates = (of: readonly ThroughputJson[]): number[] => of.map(({ acceptedPerSecond }) => acceptedPerSecond);
  const [driver, alone] = [rates(runs), rates(standalone)];
  const ratio = median(driver) / median(alone);
  return [
    { section, name: "standalone, accepted", value: median(alone), unit: "frames/s", range: range(alone) },
    {
      section,
      name: "driver, accepted",
      value: median(driver),
      unit: "frames/s",
      range: range(driver),
      ratio: { value: ratio, to: "standalone" },
      target: { text: `>= ${MIN_DRIVER_RATIO} x`, met: ratio >= MIN_DRIVER_RATIO },
    },
  ];
}

function figuresOf(runs: readonly ThroughputJson[], options: BenchOptions): Figure[] {
  const section = sectionOf(options);
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
