import { afterEach, beforeEach, expect, test } from "bun:test";
import { configureLogging } from "../../src/core/logger.ts";
import { StreamWriter } from "../../src/core/stream-writer.ts";
import { consumerCounters } from "../../src/roles/counters.ts";
import { PauseReport } from "../../src/roles/pause-report.ts";

let lines: string[] = [];

beforeEach(() => {
  lines = [];
  configureLogging({ level: "info", filter: "", sink: { write: (text: string) => lines.push(text) } });
});
afterEach(() => configureLogging({ level: "info", filter: "", sink: new StreamWriter(2) }));

test("what was missed in a pause is every loss of a reader that is late, and nothing that was lost before", () => {
  const counters = consumerCounters();
  const report = new PauseReport("consumer 1", counters);
  counters.of.gap.add(7);
  report.onPause(2e9, 4);
  for (const cause of ["gap", "resync", "overwritten", "odd", "changed", "identity", "detached"] as const)
    counters.of[cause].add(1);
  counters.of.sinkTooSlow.add(1);
  report.onFrame(5);
  expect(report.isDue).toBe(false);
  expect(lines.join("")).toContain("consumer 1 was paused for 2.0 s and missed 7 frames");
});

test("a second pause before the first frame does not hide what the first one cost", () => {
  const counters = consumerCounters();
  const report = new PauseReport("consumer 1", counters);
  report.onPause(11e9, 4);
  counters.of.gap.add(5000);
  report.onPause(1.5e9, 9);
  counters.of.overwritten.add(20);
  report.onFrame(5);
  expect(lines.join("")).toContain("was paused for 12.5 s and missed 5020 frames");
});

test("frames that came while it attached again, because the pause had outlasted its lease, are missed", () => {
  const counters = consumerCounters();
  const report = new PauseReport("consumer 1", counters);
  counters.of.detached.add(2);
  report.onPause(3e9, 4);
  counters.of.detached.add(15);
  report.onFrame(5);
  expect(lines.join("")).toContain("was paused for 3.0 s and missed 15 frames");
});

test("a frame that had come before the pause says nothing about it; one of a new epoch does", () => {
  const counters = consumerCounters();
  const report = new PauseReport("consumer 1", counters);
  report.onPause(3e9, 4);
  report.onFrame(4);
  expect([report.isDue, lines]).toEqual([true, []]);
  counters.of.gap.add(2);
  report.onFrame(7);
  report.onPause(2e9, 8);
  report.onEpoch();
  report.onFrame(0);
  expect(lines.map((line) => /paused .*/.exec(line)?.[0])).toEqual([
    "paused for 3.0 s and missed 2 frames",
    "paused for 2.0 s and missed 0 frames",
  ]);
});
