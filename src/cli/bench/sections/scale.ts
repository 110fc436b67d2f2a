import { formatBytes } from "../../../core/units.ts";
import { type Figure, type SectionResult, say } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import { median } from "../statistics.ts";
import { startJob } from "../stream-run.ts";
import type { CostReport, CostWay } from "../worker/jobs.ts";
import type { Workspace } from "../workspace.ts";

const BATCHES = 2000;
const KIB = 1024;
const MIB = 1024 * KIB;
const STREAMS = 100;
/** Frames of a batch: few, so that the fixed cost of each stream per cycle shows. */
const FRAMES_PER_STREAM = 2;
const TURNS = 3;
const BASE = {
  payloadBytes: 64,
  slots: 64,
  consumers: 1,
  streams: 1,
  pools: 1,
  fill: "one-byte",
  times: "producer",
} as const;

/** Ways that are measured in turns; the first one is the reference for the others. */
interface Group {
  readonly name: string;
  readonly ways: readonly CostWay[];
  /** True if each way runs in its own process. */
  readonly hasProcessEach?: boolean;
  readonly target?: { readonly text: string; isMet(ratio: number): boolean };
}

const GROUPS: readonly Group[] = [
  {
    name: "payload, in place",
    ways: [64, 4 * KIB, 64 * KIB, 640 * KIB, MIB, 16 * MIB].map((payloadBytes) => ({
      ...BASE,
      name: `${formatBytes(payloadBytes)}`,
      payloadBytes,
    })),
    target: { text: "<= 1.2 x", isMet: (ratio) => ratio <= 1.2 },
  },
  {
    name: "payload of 64 MiB, in place, 8 slots",
    ways: [64, 64 * MIB].map((payloadBytes) => ({ ...BASE, name: formatBytes(payloadBytes), payloadBytes, slots: 8 })),
    target: { text: "<= 1.2 x", isMet: (ratio) => ratio <= 1.2 },
  },
  {
    name: "640 KiB, 256 slots",
    ways: (["memcpy-alone", "copy"] as const).map((fill) => ({
      ...BASE,
      name: fill === "copy" ? "copied in" : "memcpy alone",
      payloadBytes: 640 * KIB,
      slots: 256,
      fill,
    })),
    // The time of a copy relative to memcpy: 80 % of its speed.
    target: { text: "<= 1.25 x", isMet: (ratio) => ratio <= 1.25 },
  },
  {
    name: "consumers, the producer's part",
    ways: [1, 2, 4, 8].map((consumers) => ({ ...BASE, name: `${consumers}`, consumers, slots: 64 })),
    target: { text: "<= 1.1 x", isMet: (ratio) => ratio <= 1.1 },
  },
  {
    name: "pools",
    ways: [1, 4, 8].map((pools) => ({ ...BASE, name: `${pools}`, payloadBytes: MIB, slots: 16, pools })),
  },
];

/**
 * Streams with their own Aeron streams; times publishing and reading. Each way moves the same number of frames per batch over
 * all its streams and has its own process: otherwise the frames of one stream would pay for the duty cycles of all others.
 */
function streamsGroup(streams: number): Group {
  const counts = [...new Set([1, Math.min(10, streams), streams])];
  return {
    name: `streams, ${streams * FRAMES_PER_STREAM} frames a batch in all`,
    hasProcessEach: true,
    ways: counts.map((count) => {
      const framesPerStream = Math.ceil((streams * FRAMES_PER_STREAM) / count);
      // The window is half of the ring and must hold the descriptors of a batch.
      const slots = Math.max(BASE.slots, 2 ** Math.ceil(Math.log2(framesPerStream * 2)));
      return { ...BASE, name: `${count}`, streams: count, framesPerStream, slots, times: "all" };
    }),
    target: { text: "< 2 x", isMet: (ratio) => ratio < 2 },
  };
}

/** The cost of a frame as payloads, consumers, streams and pools grow; in one process, so that the number of cores does not matter. */
export async function scale(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  const figures: Figure[] = [];
  const json: Record<string, CostReport> = {};
  const { streams } = options;
  const groups = streams === undefined ? [...GROUPS, streamsGroup(STREAMS)] : [streamsGroup(streams)];
  for (const group of groups) {
    say(`scale: ${group.name}`);
    const report = await (group.hasProcessEach === true ? costApart : costOf)(workspace, group.ways, options);
    json[group.name] = report;
    const first = group.ways[0] as CostWay;
    for (const way of group.ways) figures.push(figureOf(group, way, first, report));
  }
  return { json, figures };
}

/** Measures each way in its own process, in turns. */
async function costApart(workspace: Workspace, ways: readonly CostWay[], options: BenchOptions): Promise<CostReport> {
  const costs = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  for (let turn = 0; turn < TURNS; turn++) {
    for (const way of ways)
      costs.get(way.name)?.push((await costOf(workspace, [way], options))[way.name] ?? Number.NaN);
  }
  return Object.fromEntries([...costs].map(([name, values]) => [name, median(values)]));
}

async function costOf(workspace: Workspace, ways: readonly CostWay[], options: BenchOptions): Promise<CostReport> {
  const { aeronDir, shmDir, ...place } = workspace.place();
  // A way that copies takes long enough to need fewer batches.
  const isCopying = ways.some(({ fill }) => fill === "copy");
  const batches = options.rounds ?? (isCopying ? BATCHES / 4 : BATCHES);
  const worker = startJob<CostReport>(workspace, { kind: "cost", aeronDir, shmDir, batches, ways });
  const report = await worker.report;
  await worker.child.ended;
  workspace.remove({ aeronDir, shmDir, ...place });
  return report;
}

function figureOf({ name, target }: Group, way: CostWay, first: CostWay, report: CostReport): Figure {
  const value = report[way.name] ?? Number.NaN;
  const figure: Figure = { section: `scale: ${name}`, name: way.name, value, unit: "ns/frame" };
  if (way === first) return figure;
  const ratio = value / (report[first.name] ?? Number.NaN);
  return {
    ...figure,
    ratio: { value: ratio, to: first.name },
    ...(target === undefined ? {} : { target: { text: target.text, met: target.isMet(ratio) } }),
  };
}
