// Compares the single executable with the sources that it was built from: `npm run bench -- binary`.
import { statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { selfCommand } from "../src/aeron/self-command.ts";
import { FIGURE_COLUMNS, type Figure, say } from "../src/cli/bench/figures.ts";
import { describeMachine, hintsOf } from "../src/cli/bench/machine.ts";
import { median, range } from "../src/cli/bench/statistics.ts";
import { Workspace } from "../src/cli/bench/workspace.ts";
import { checkoutCommit } from "../src/cli/commit.ts";
import { Output } from "../src/cli/output/output.ts";
import { OUTPUT } from "../src/cli/specs/common-options.ts";
import { configureLogging } from "../src/core/logger.ts";
import { toJson } from "../src/core/text.ts";
import { type DriverFigures, driverFigures, versionMs } from "./binary-start.ts";
import { type TurnsOutcome, takeTurns } from "./binary-throughput.ts";
import { type Ratio, type Round, ratioOfFastest, ratioOfRounds } from "./ratio.ts";

const ROOT = join(import.meta.dir, "..");
const SECTION = "binary";
const MIN_RATIO = 0.95;
const MAX_VERSION_MS = 60;
const MAX_READY_MS = 300;
/** Two announce periods. */
const MAX_FIRST_FRAME_MS = 2000;
const MAX_IDLE_BYTES = 120e6;
const VERSION_RUNS = 21;
const DRIVER_RUNS = 5;

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    executable: { type: "string", default: join(ROOT, "dist", `tensorpool-linux-${process.arch}`) },
    rounds: { type: "string", default: "11" },
    frames: { type: "string", default: "1500000" },
    output: { type: "string", short: "o", default: "table" },
    to: { type: "string" },
  },
});

/** @throws Error if the option is not an integer of at least `min` */
function count(name: "rounds" | "frames", min: number): number {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number >= min) return number;
  throw new Error(`--${name}: expected a number from ${min} on, found "${values[name]}"`);
}

/** Returns the executable's path. @throws Error if it does not exist */
function findExecutable(): string {
  const path = resolve(values.executable);
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
  throw new Error(`expected an executable at ${path}, found none: \`npm run build\` makes it`);
}

/** Reports if the executable was built from another commit than the sources. */
async function compareCommits(executable: string): Promise<string | null> {
  const version = Bun.spawn([executable, "version", "-o", "json"], { stdout: "pipe", stderr: "inherit" });
  const { commit } = JSON.parse(await version.stdout.text()) as { commit: string | null };
  const own = checkoutCommit() || null;
  if (commit !== own) say(`  the executable is of commit ${commit}, the sources are of ${own}: \`npm run build\``);
  return commit;
}

function throughputFigures(outcome: TurnsOutcome): Figure[] {
  const of = (name: string, unit: string, rounds: readonly Round[], way: keyof Round): Figure => {
    const all = rounds.flatMap((round) => round[way]);
    return { section: SECTION, name, unit, value: median(all), range: range(all) };
  };
  const ratio = (name: string, { value, interval }: Ratio, hasTarget = false): Figure => {
    const target = { text: `>= ${MIN_RATIO}`, met: value >= MIN_RATIO };
    const figure = { section: SECTION, name, unit: "x the sources (95 %)", value, range: interval };
    return hasTarget ? { ...figure, target } : figure;
  };
  const { processes, oneThread } = outcome;
  return [
    of("64 B, --flow wait, the sources", "frames/s", processes, "first"),
    of("64 B, --flow wait, the executable", "frames/s", processes, "other"),
    ratio("ratio, median of the rounds", ratioOfRounds(processes), true),
    ratio("ratio, fastest quarter of the runs", ratioOfFastest(processes)),
    ratio("one thread, median of the rounds", ratioOfRounds(oneThread)),
    ratio("one thread, fastest quarter of the runs", ratioOfFastest(oneThread), true),
  ];
}

function startFigures(versions: readonly number[], drivers: readonly DriverFigures[], bytes: number): Figure[] {
  const figure = (name: string, unit: string, all: readonly number[], max?: number): Figure => {
    const value = median(all);
    const target = max === undefined ? {} : { target: { text: `<= ${max}`, met: value <= max } };
    return { section: SECTION, name, unit, value, range: range(all), ...target };
  };
  const idle = drivers.map(({ idleBytes }) => idleBytes / 1e6);
  return [
    figure("--version", "ms", versions, MAX_VERSION_MS),
    figure(
      "driver of 64 MiB, to its first lease",
      "ms",
      drivers.map(({ readyMs }) => readyMs),
      MAX_READY_MS,
    ),
    figure(
      "consumer, to its first frame",
      "ms",
      drivers.map(({ firstFrameMs }) => firstFrameMs),
      MAX_FIRST_FRAME_MS,
    ),
    figure("idle driver, without its regions", "MB", idle, MAX_IDLE_BYTES / 1e6),
    figure("size", "MB", [bytes / 1e6]),
  ];
}

async function times<T>(runs: number, measure: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < runs; i++) results.push(await measure());
  return results;
}

async function main(): Promise<void> {
  const output = new Output({ format: OUTPUT.output.type.parse(values.output), width: Number.POSITIVE_INFINITY });
  const [rounds, frames, path] = [count("rounds", 1), count("frames", 3), findExecutable()];
  const machine = await describeMachine();
  say(`${machine.cpu}, ${machine.cores} cores, load ${machine.loadAverage.toFixed(2)}, ${relative(ROOT, path)}`);
  for (const hint of hintsOf(machine)) say(`  ${hint}`);
  const commit = await compareCommits(path);
  configureLogging({ level: "warn" });
  using workspace = new Workspace();
  const executable = [path];
  const outcome = await takeTurns(workspace, { source: selfCommand(), executable, rounds, frames });
  say("binary: starts");
  const versions = await times(Math.min(VERSION_RUNS, rounds * 2), () => versionMs(workspace, executable));
  const drivers = await times(Math.min(DRIVER_RUNS, rounds), () => driverFigures(workspace, executable));
  const { size: bytes } = statSync(path);
  const figures = [...throughputFigures(outcome), ...startFigures(versions, drivers, bytes)];
  const ratios = Object.fromEntries(
    Object.entries(outcome).map(([name, of]) => [name, { ofRounds: ratioOfRounds(of), ofFastest: ratioOfFastest(of) }]),
  );
  const json = { commit, ratios, rounds: outcome, versionMs: versions, drivers, bytes, machine };
  if (output.format === "table") output.rows(FIGURE_COLUMNS, figures);
  else output.line(toJson(json, output.format === "json" ? 2 : 0));
  if (values.to !== undefined) writeFileSync(values.to, `${toJson(json, 2)}\n`);
  await output.flush();
}

try {
  await main();
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
