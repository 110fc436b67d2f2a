// Bridges between hosts under faults, with a sink that checks every byte. Everything follows from the seed, which is printed first.
//
//   bun test/full/bridge/main.ts [--minutes N] [--hosts 2|3] [--seed S] [--faults kill,pause,cut,source,flood] [--loss 0.01] [--delay-ms 20]
//   bun test/full/bridge/main.ts --frames 100000      small frames, 1,000 a second, until the sink has checked so many
//
// Hosts are network namespaces linked by veth, which takes root and iproute2; else they share the loopback, and no link is cut. What is
// checked: no frame is torn or delivered twice; accounts close to the frame; frames flow again; no process holds more and more. Exit
// code 1: something was found. Times beyond their targets (3 s until frames flow, 3 % of the producer's rate) are listed: on a busy
// machine they mean nothing.
import { parseArgs } from "node:util";
import { FAULT_KINDS, FaultRun } from "./fault-run.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    frames: { type: "string" },
    rate: { type: "string" },
    hosts: { type: "string", default: "2" },
    seed: { type: "string" },
    faults: { type: "string", default: FAULT_KINDS.join(",") },
    loss: { type: "string", default: "0.01" },
    "delay-ms": { type: "string", default: "0" },
  },
});
const seed = Number(values.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const frames = Number(values.frames ?? 0);
const isSmall = frames > 0;
const minutes = Number(values.minutes ?? (isSmall ? 0 : 5));
const amount = isSmall ? `${frames} frames` : `${minutes} minutes`;
console.log(`bridge: seed ${seed}, ${amount}, ${values.hosts} hosts, ${values.faults}`);
const report = await new FaultRun({
  hosts: Number(values.hosts),
  seconds: minutes * 60,
  frames,
  frameSizes: isSmall ? "small" : "mixed",
  rateHz: Number(values.rate ?? (isSmall ? 1000 : 100)),
  slots: isSmall ? 1024 : 64,
  seed,
  kinds: FAULT_KINDS.filter((kind) => values.faults.split(",").includes(kind)),
  loss: Number(values.loss),
  delayMs: Number(values["delay-ms"]),
  longestCutMs: 10_000,
  longestPauseMs: 30_000,
  say: (line) => console.log(line),
}).run();
for (const line of report.late) console.log(`late: ${line}`);
for (const line of report.problems) console.log(`problem: ${line}`);
console.log(
  `${report.faults} faults, ${report.deliveredFrames} frames checked, longest recovery ${(report.longestRecoveryMs / 1000).toFixed(1)} s, ` +
    `producer's rate within ${(report.largestRateChange * 100).toFixed(1)} %, ${report.problems.length} problems`,
);
process.exit(report.problems.length === 0 ? 0 : 1);
