import type { Child } from "./support/child.ts";
import { nodeProgram, rolePlace, tensorpool } from "./support/commands.ts";
import { type Figure, say } from "./support/report.ts";
import { RoleRows } from "./support/rows.ts";
import { median, range } from "./support/statistics.ts";
import type { Workspace } from "./support/workspace.ts";

export interface ThroughputOptions {
  /** Frames that are published in one run; the first third warms up. */
  readonly frames: number;
  readonly rounds: number;
}

const SECTION = "64 B, 1,024 slots";
const FRAME_BYTES = 64;
const SLOTS = 1024;
/** A run that takes longer than this has failed. */
const MAX_SECONDS = 120;
const ZEROMQ_WARM_UP_MS = 1000;
const ZEROMQ_MEASURED_MS = 2500;
const MIN_ZEROMQ_RATIO = 10;
const MIN_ACCEPTED_SHARE = 0.999;

const SETTINGS = [
  { flow: "wait", driver: "embedded" },
  { flow: "wait", driver: "separate" },
  { flow: "drop", driver: "embedded" },
  { flow: "drop", driver: "separate" },
] as const;
type Setting = (typeof SETTINGS)[number];

interface Run {
  readonly framesPerSecond: number;
  /** Accepted by the consumer of claimed by the producer, from the first frame to the last. */
  readonly acceptedShare: number;
}

/** Frames per second from process to process in every setting, and zeromq.js doing the same, in turns. */
export async function throughput(workspace: Workspace, options: ThroughputOptions): Promise<Figure[]> {
  const runs = SETTINGS.map((): Run[] => []);
  const zeromq: number[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    say(`throughput: round ${round} of ${options.rounds}`);
    for (const [i, setting] of SETTINGS.entries()) runs[i]?.push(await runSetting(workspace, setting, options.frames));
    zeromq.push(await runZeromq(workspace));
  }
  const zeromqRate = median(zeromq);
  const figures = SETTINGS.flatMap((setting, i) => figuresOf(setting, runs[i] ?? [], zeromq));
  figures.push({
    section: SECTION,
    name: "zeromq.js push and pull over ipc://, in Node",
    value: zeromqRate,
    unit: "frames/s",
    range: range(zeromq),
  });
  return figures;
}

function figuresOf({ flow, driver }: Setting, runs: readonly Run[], zeromq: readonly number[]): Figure[] {
  const name = `--flow ${flow}, ${driver === "embedded" ? "media driver embedded" : "media driver a process"}`;
  const rates = runs.map(({ framesPerSecond }) => framesPerSecond);
  const shares = runs.map(({ acceptedShare }) => acceptedShare);
  // Each run is compared with the one of zeromq.js in its own round: what disturbed one was near to the other.
  const ratio = median(rates.map((rate, i) => rate / (zeromq[i] as number)));
  const ofRates: Figure = {
    section: SECTION,
    name: `accepted, ${name}`,
    value: median(rates),
    unit: "frames/s",
    range: range(rates),
    ratio: { value: ratio, to: "zeromq.js" },
  };
  const ofShares: Figure = {
    section: SECTION,
    name: `accepted per claimed, ${name}`,
    value: median(shares),
    unit: "",
    range: range(shares),
  };
  if (flow !== "wait") return [ofRates, ofShares];
  return [
    { ...ofRates, target: { text: `>= ${MIN_ZEROMQ_RATIO} x zeromq.js`, met: ratio >= MIN_ZEROMQ_RATIO } },
    {
      ...ofShares,
      target: { text: `>= ${MIN_ACCEPTED_SHARE}`, met: median(shares) >= MIN_ACCEPTED_SHARE },
    },
  ];
}

async function runSetting(workspace: Workspace, { flow, driver }: Setting, frames: number): Promise<Run> {
  const place = workspace.place();
  const common = [
    ...rolePlace(place),
    "--seconds",
    String(MAX_SECONDS),
    "-q",
    "-o",
    "jsonl",
    "--stats-interval",
    "100ms",
  ];
  const mediaDriver: Child | null =
    driver === "embedded" ? null : workspace.start(tensorpool("media-driver", "--aeron-dir", place.aeronDir, "-q"));
  const produced = new RoleRows();
  const consumed = new RoleRows();
  const consumer = workspace.start(
    tensorpool("consumer", ...common, "--once", "--sink", "null", "--media-driver", "external"),
    { onLine: consumed.onLine },
  );
  const producer = workspace.start(
    tensorpool(
      ...["producer", ...common, "--source", `synthetic:dtype=uint8,dims=${FRAME_BYTES},rate=max,pattern=counter`],
      ...["--slots", String(SLOTS), "--flow", flow, "--wait-consumers", "1", "--count", String(frames)],
      ...["--media-driver", driver === "embedded" ? "embedded" : "external"],
    ),
    { onLine: produced.onLine },
  );
  await Promise.all([producer.succeeded(), consumer.succeeded()]);
  await mediaDriver?.stop();
  workspace.remove(place);
  const accepted = consumed.last("accepted");
  return {
    framesPerSecond: consumed.rateBetween("accepted", accepted / 3, accepted),
    acceptedShare: accepted / produced.last("claimed"),
  };
}

async function runZeromq(workspace: Workspace): Promise<number> {
  const place = workspace.place();
  const address = `ipc://${place.dir}/zeromq`;
  let framesPerSecond = 0;
  const push = workspace.start(nodeProgram("push", address));
  const pull = workspace.start(nodeProgram("pull", address, String(ZEROMQ_WARM_UP_MS), String(ZEROMQ_MEASURED_MS)), {
    onLine: (line) => {
      framesPerSecond = (JSON.parse(line) as { framesPerSecond: number }).framesPerSecond;
    },
  });
  await pull.succeeded();
  await push.stop();
  workspace.remove(place);
  return framesPerSecond;
}
