import { type Figure, type SectionResult, say } from "../figures.ts";
import type { Quantiles } from "../histogram.ts";
import type { BenchOptions } from "../options.ts";
import { median, range } from "../statistics.ts";
import { countOf, runStream, slowestOf, startJob } from "../stream-run.ts";
import type { SpinReport } from "../worker/jobs.ts";
import type { Workspace } from "../workspace.ts";
import { measureNoise } from "./noise.ts";

const PAYLOAD_BYTES = 64;
const RATE_HZ = 20_000;
const SECONDS = 5;
const ROUNDS = 3;
const SLOTS = 1024;
const NOISE_SECONDS = 2;
const WARM_UP_SHARE = 0.25;
const MAX_P50_RATIO = 1.6;
const MAX_P99_RATIO = 3;
const NAMES = ["p50", "p90", "p99", "p999", "max"] as const;

/**
 * Latency from before a frame is filled until it is read and validated, against a bare exchange of descriptor-sized messages by
 * the same kind of loop, in turns; also the longest interruptions of an empty loop by the machine itself.
 */
export async function latency(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  const ours: (Quantiles & { frames: number; lost: number })[] = [];
  const bare: Quantiles[] = [];
  const noise: SpinReport[] = [];
  const rounds = options.rounds ?? ROUNDS;
  for (let round = 1; round <= rounds; round++) {
    say(`latency: round ${round} of ${rounds}`);
    noise.push(await measureNoise(workspace, NOISE_SECONDS));
    ours.push(await runFrames(workspace, options));
    bare.push(await runBare(workspace, options));
  }
  const middle = (runs: readonly Quantiles[]): Quantiles => ({
    p50: median(runs.map(({ p50 }) => p50)),
    p90: median(runs.map(({ p90 }) => p90)),
    p99: median(runs.map(({ p99 }) => p99)),
    p999: median(runs.map(({ p999 }) => p999)),
    max: median(runs.map(({ max }) => max)),
  });
  const [frames, messages] = [middle(ours), middle(bare)];
  const floor = {
    longestNs: median(noise.map(({ longestNs }) => longestNs)),
    lostShare: median(noise.map(({ lostShare }) => lostShare)),
  };
  const ratio = { p50: frames.p50 / messages.p50, p99: frames.p99 / messages.p99 };
  return {
    json: {
      ...frames,
      frames: ours.reduce((sum, run) => sum + run.frames, 0),
      lost: ours.reduce((sum, run) => sum + run.lost, 0),
      bareAeron: messages,
      ratio,
      noise: floor,
    },
    figures: [...figuresOf(options, ours, bare), ...noiseFigures(floor)],
  };
}

async function runFrames(
  workspace: Workspace,
  options: BenchOptions,
): Promise<Quantiles & { frames: number; lost: number }> {
  const { seconds = SECONDS, rateHz = RATE_HZ } = options;
  const outcome = await runStream(workspace, {
    payloadBytes: options.payloadBytes ?? PAYLOAD_BYTES,
    slots: options.slots ?? SLOTS,
    fill: options.fill ?? "copy",
    flow: options.flow ?? "drop",
    idle: options.idle ?? "busy-spin",
    deployment: options.deployment,
    mediaDriver: options.mediaDriver ?? "embedded",
    consumers: options.consumers ?? 1,
    frames: null,
    seconds,
    rateHz,
    reads: "all",
    // Skips the frames until code is compiled, as the bare exchange does.
    agesFromSeq: Math.floor(rateHz * seconds * WARM_UP_SHARE),
  });
  const consumer = slowestOf(outcome);
  if (consumer.age === null) throw new Error("expected the ages of frames, found none");
  const accepted = countOf(consumer, "accepted");
  return { ...consumer.age, frames: accepted, lost: countOf(outcome.producer, "claimed") - accepted };
}

async function runBare(workspace: Workspace, options: BenchOptions): Promise<Quantiles> {
  const place = workspace.place();
  const job = {
    kind: "exchange",
    aeronDir: place.aeronDir,
    idle: options.idle ?? "busy-spin",
    rateHz: options.rateHz ?? RATE_HZ,
    seconds: options.seconds ?? SECONDS,
  } as const;
  const subscriber = startJob<Quantiles>(workspace, { ...job, side: "subscriber" });
  const publisher = startJob<null>(workspace, { ...job, side: "publisher" });
  const [quantiles] = await Promise.all([subscriber.report, publisher.report]);
  await Promise.all([subscriber.child.ended, publisher.child.ended]);
  workspace.remove(place);
  return quantiles;
}

function figuresOf(options: BenchOptions, ours: readonly Quantiles[], bare: readonly Quantiles[]): Figure[] {
  const section = `latency, ${options.payloadBytes ?? PAYLOAD_BYTES} B at ${(options.rateHz ?? RATE_HZ) / 1000} kHz`;
  const limits: Partial<Record<(typeof NAMES)[number], number>> = { p50: MAX_P50_RATIO, p99: MAX_P99_RATIO };
  const figures: Figure[] = [];
  for (const name of NAMES) {
    const values = ours.map((run) => run[name]);
    const value = median(values);
    const ratio = value / median(bare.map((run) => run[name]));
    const limit = limits[name];
    figures.push({
      section,
      name: `frame, ${name}`,
      value,
      unit: "ns",
      range: range(values),
      ratio: { value: ratio, to: "bare Aeron" },
      ...(limit === undefined ? {} : { target: { text: `<= ${limit} x`, met: ratio <= limit } }),
    });
  }
  for (const name of NAMES) {
    const values = bare.map((run) => run[name]);
    figures.push({ section, name: `bare Aeron, ${name}`, value: median(values), unit: "ns", range: range(values) });
  }
  return figures;
}

/** Latencies below these values only measure the machine. */
export function noiseFigures({ longestNs, lostShare }: SpinReport): Figure[] {
  const section = "this machine";
  return [
    { section, name: "longest hold-up of an empty loop", value: longestNs, unit: "ns" },
    { section, name: "time lost to hold-ups of more than 20 us", value: lostShare * 100, unit: "%" },
  ];
}
