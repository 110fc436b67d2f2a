// Throughput of the executable and of the sources, measured alternately.
import { say } from "../src/cli/bench/figures.ts";
import { runThroughput, type ThroughputJson } from "../src/cli/bench/sections/throughput.ts";
import { startJob } from "../src/cli/bench/stream-run.ts";
import type { CostReport, CostWay, Job } from "../src/cli/bench/worker/jobs.ts";
import type { Workspace } from "../src/cli/bench/workspace.ts";
import { type Round, turnsOf } from "./ratio.ts";

/** The command line that starts a program. */
type Command = readonly string[];

export interface TurnsOptions {
  readonly source: Command;
  readonly executable: Command;
  readonly rounds: number;
  readonly frames: number;
}

/** One value per run, round by round. "other" is the executable. */
export interface TurnsOutcome {
  /** Frames per second between processes, measured after the first third of the run. */
  readonly processes: readonly Round[];
  /** Both parts of the work in one process and on one thread, from the fastest quarter of batches. */
  readonly oneThread: readonly Round[];
}

const FRAMES_PER_BATCH = 256;
/** Minimum that warms up the code. */
const MIN_BATCHES = 20;
const COST: CostWay = {
  name: "frame",
  payloadBytes: 64,
  slots: 1024,
  consumers: 1,
  streams: 1,
  framesPerStream: FRAMES_PER_BATCH,
  pools: 1,
  fill: "copy",
  times: "all",
};

export async function takeTurns(workspace: Workspace, options: TurnsOptions): Promise<TurnsOutcome> {
  const { source, executable, rounds, frames } = options;
  const outcome: { [K in keyof TurnsOutcome]: Round[] } = { processes: [], oneThread: [] };
  // Warm-up runs: they fill the page cache and allocate memory, which must not count against either program.
  for (const program of [source, executable]) await run(workspace, program, frames);
  for (let round = 1; round <= rounds; round++) {
    say(`binary: round ${round} of ${rounds}`);
    const runs: Record<"first" | "other", Run[]> = { first: [], other: [] };
    // Every second round is reversed, so that an effect of the order affects both programs.
    const [a, b] = round % 2 === 1 ? ([source, executable] as const) : ([executable, source] as const);
    for (const program of turnsOf(a, b)) {
      runs[program === source ? "first" : "other"].push(await run(workspace, program, frames));
    }
    const roundOf = (of: (run: Run) => number): Round => ({ first: runs.first.map(of), other: runs.other.map(of) });
    outcome.processes.push(roundOf(({ stream }) => stream.acceptedPerSecond));
    outcome.oneThread.push(roundOf(({ nsPerFrame }) => 1e9 / nsPerFrame));
  }
  return outcome;
}

interface Run {
  readonly stream: ThroughputJson;
  readonly nsPerFrame: number;
}

async function run(workspace: Workspace, program: Command, frames: number): Promise<Run> {
  const stream = await runThroughput(workspace, { frames, program });
  if (stream.late + stream.gap > 0) throw new Error(`expected every frame, found ${stream.late + stream.gap} lost`);
  const place = workspace.place();
  const { aeronDir, shmDir } = place;
  const batches = Math.max(MIN_BATCHES, Math.ceil(frames / FRAMES_PER_BATCH));
  const job: Job = { kind: "cost", aeronDir, shmDir, batches, ways: [COST], takes: "fastest-quarter" };
  const worker = startJob<CostReport>(workspace, job, { program });
  const report = await worker.report;
  await worker.child.ended;
  workspace.remove(place);
  return { stream, nsPerFrame: report[COST.name] ?? Number.NaN };
}
