import { configureLogging } from "../../src/core/logger.ts";
import { tallyOf } from "./batch.ts";

// Runs seeds up to the first that fails, with the mutation that was preloaded.
configureLogging({ level: "off", filter: "off" });
const [failed] = (await tallyOf(1, Number(process.argv[2]), true)).failures;
console.log(JSON.stringify({ seed: failed?.seed ?? null, failure: failed?.failure ?? "" }));
