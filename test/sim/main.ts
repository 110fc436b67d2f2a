// npm run simulate -- --seed 7             one schedule, printed step by step; the same seed gives the same schedule
// npm run simulate -- --seeds 1..10000     many, on all cores; prints the seeds that fail
// npm run simulate -- --hours 8            seeds from the clock on, until the time is over
// npm run simulate -- --seed 7 --minimize  the faults of a failing schedule that are needed for its failure
// npm run simulate -- --scene bridge ..    any of these with a bridge between two hosts, in place of the roles of one
// npm run simulate -- --scene check ..     any of these with the tool check beside the roles of a host
// npm run simulate -- --mutations          faults put into the shipped code, each of which has to be found
import { parseArgs } from "node:util";
import { configureLogging } from "../../src/core/logger.ts";
import { runHours, runSeeds, runShare, SCENES, type Scene, simulateScene } from "./batch.ts";
import { minimize } from "./minimize.ts";
import { findMutations } from "./mutation-run.ts";

const USAGE =
  "npm run simulate -- [--scene host|check|bridge] --seed N [--minimize] [--logs] | --seeds A..B | --hours H | --mutations [NAME]";

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: "string" },
      seeds: { type: "string" },
      hours: { type: "string" },
      minimize: { type: "boolean" },
      mutations: { type: "boolean" },
      logs: { type: "boolean" },
      share: { type: "string" },
      scene: { type: "string" },
    },
  });
  if (values.logs === true) configureLogging({ level: "debug", sink: { write: (text) => process.stdout.write(text) } });
  else configureLogging({ level: "off", filter: "off" });
  const { seed, seeds, hours, share } = values;
  const scene = sceneOf(values.scene ?? "host");
  if (values.mutations === true) return await findMutations(positionals);
  if (seed !== undefined && values.minimize === true) return await minimize(scene, numberOf(seed));
  if (seed !== undefined) return await showSchedule(scene, numberOf(seed));
  if (share !== undefined) return await runShare(scene, ...rangeOf(share));
  if (seeds !== undefined) return await runSeeds(scene, ...rangeOf(seeds));
  if (hours !== undefined) return await runHours(scene, Number(hours));
  console.error(USAGE);
  return 2;
}

async function showSchedule(scene: Scene, seed: number): Promise<number> {
  const result = await simulateScene(scene, { seed, trace: (line) => process.stdout.write(`${line}\n`) });
  const { cycles, epochs, grants, accepted, failure } = result;
  console.log(`seed ${seed}: ${cycles} cycles, ${epochs} epochs, ${grants} leases, ${accepted} frames accepted`);
  console.log(failure === null ? "nothing failed" : `FAILED: ${failure}`);
  return failure === null ? 0 : 1;
}

function sceneOf(text: string): Scene {
  const scene = SCENES.find((name) => name === text);
  if (scene === undefined) throw new Error(`expected ${SCENES.join(", ")} as the scene, found ${text}`);
  return scene;
}

function numberOf(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`expected a seed from 0 on, found ${text}`);
  return number;
}

function rangeOf(text: string): [number, number] {
  const [from = "", to = ""] = text.split("..");
  return [numberOf(from), numberOf(to)];
}

process.exitCode = await main();
