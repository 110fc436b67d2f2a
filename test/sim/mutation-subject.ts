import { configureLogging } from "../../src/core/logger.ts";
import { type Scene, tallyOf } from "./batch.ts";

// Runs seeds up to the first that fails, with the mutation that was preloaded.
configureLogging({ level: "off", filter: "off" });
const [, , seeds, scene] = process.argv;
const [failed] = (await tallyOf(scene as Scene, 1, Number(seeds), true)).failures;
console.log(JSON.stringify({ seed: failed?.seed ?? null, failure: failed?.failure ?? "" }));
