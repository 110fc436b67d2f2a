import { expect, test } from "bun:test";
import { FaultRun } from "./bridge/fault-run.ts";

/** Short: `bun test/full/bridge/main.ts --minutes N` is the long one. */
const SECONDS = 15;

test("W-48: between hosts, over cut links, kills, pauses, lost datagrams and new layouts, no frame is torn and accounts close", async () => {
  const said: string[] = [];
  const report = await new FaultRun({
    hosts: 2,
    seconds: SECONDS,
    seed: 11,
    kinds: ["kill", "pause", "cut", "source"],
    loss: 0.01,
    delayMs: 0,
    longestCutMs: 2000,
    longestPauseMs: 2000,
    say: (line) => said.push(line),
  }).run();
  expect({ problems: report.problems, said: report.problems.length === 0 ? [] : said }).toEqual({
    problems: [],
    said: [],
  });
  expect(report.faults).toBeGreaterThan(0);
}, 300_000);
