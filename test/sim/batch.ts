import { availableParallelism } from "node:os";
import { simulateBridge } from "./bridge-simulate.ts";
import { type SimulationOptions, type SimulationResult, simulate } from "./simulate.ts";

/** What is simulated: the roles of a host, the same with the tool `check`, or a bridge between two hosts. */
export const SCENES = ["host", "check", "bridge"] as const;
export type Scene = (typeof SCENES)[number];

export function simulateScene(scene: Scene, options: SimulationOptions): Promise<SimulationResult> {
  return scene === "bridge" ? simulateBridge(options) : simulate({ ...options, hasChecks: scene === "check" });
}

/** What many schedules came to. */
export interface Tally {
  schedules: number;
  accepted: number;
  epochs: number;
  grants: number;
  failures: { readonly seed: number; readonly failure: string }[];
}

/** Seeds that a process runs at most before another takes the next: each has the code to compile first. */
const MAX_SHARE = 12_500;

export function newTally(): Tally {
  return { schedules: 0, accepted: 0, epochs: 0, grants: 0, failures: [] };
}

function count(tally: Tally, { seed, failure, accepted, epochs, grants }: SimulationResult): void {
  tally.schedules++;
  tally.accepted += accepted;
  tally.epochs += epochs;
  tally.grants += grants;
  if (failure !== null) tally.failures.push({ seed, failure });
}

function add(total: Tally, tally: Tally): void {
  total.schedules += tally.schedules;
  total.accepted += tally.accepted;
  total.epochs += tally.epochs;
  total.grants += tally.grants;
  total.failures.push(...tally.failures);
}

/** Runs the seeds in this process; with `stopsAtFailure`, up to the first that fails. */
export async function tallyOf(scene: Scene, from: number, to: number, stopsAtFailure = false): Promise<Tally> {
  const tally = newTally();
  for (let seed = from; seed <= to; seed++) {
    count(tally, await simulateScene(scene, { seed }));
    if (stopsAtFailure && tally.failures.length > 0) break;
  }
  return tally;
}

/** Runs the seeds in this process, and prints the tally for the process that has started this one. */
export async function runShare(scene: Scene, from: number, to: number): Promise<number> {
  console.log(JSON.stringify(await tallyOf(scene, from, to)));
  return 0;
}

/** Runs the seeds in as many processes as there are cores. */
export async function tallyInProcesses(
  scene: Scene,
  from: number,
  to: number,
  onFailure: (text: string) => void,
): Promise<Tally> {
  const total = newTally();
  const cores = availableParallelism();
  const share = Math.min(MAX_SHARE, Math.ceil((to - from + 1) / cores));
  let next = from;
  const worker = async (): Promise<void> => {
    while (next <= to) {
      const first = next;
      const last = Math.min(to, first + share - 1);
      next = last + 1;
      const tally = await runApart(scene, first, last);
      add(total, tally);
      for (const { seed, failure } of tally.failures) onFailure(`seed ${seed}: ${failure}`);
    }
  };
  await Promise.all(Array.from({ length: cores }, worker));
  return total;
}

async function runApart(scene: Scene, from: number, to: number): Promise<Tally> {
  const command = [process.execPath, `${import.meta.dir}/main.ts`, "--scene", scene, "--share", `${from}..${to}`];
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  const text = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`the simulation of seeds ${from}..${to} has failed`);
  return JSON.parse(text) as Tally;
}

export async function runSeeds(scene: Scene, from: number, to: number): Promise<number> {
  const beganNs = Bun.nanoseconds();
  const tally = await tallyInProcesses(scene, from, to, (text) => console.log(text));
  return report(tally, beganNs);
}

/** Runs seeds that no run before had, until the time is over. */
export async function runHours(scene: Scene, hours: number): Promise<number> {
  const beganNs = Bun.nanoseconds();
  const total = newTally();
  for (let from = Date.now() * 1000; Bun.nanoseconds() - beganNs < hours * 3600e9; from += MAX_SHARE * 2) {
    const tally = await tallyInProcesses(scene, from, from + MAX_SHARE * 2 - 1, (text) => console.log(text));
    add(total, tally);
  }
  return report(total, beganNs);
}

function report({ schedules, accepted, epochs, grants, failures }: Tally, beganNs: number): number {
  const perSecond = (schedules / (Bun.nanoseconds() - beganNs)) * 1e9;
  console.log(
    `${schedules} schedules, ${perSecond.toFixed(0)} a second: ${epochs} epochs, ${grants} leases, ${accepted} frames`,
  );
  console.log(failures.length === 0 ? "nothing failed" : `${failures.length} failed`);
  return failures.length === 0 ? 0 : 1;
}
