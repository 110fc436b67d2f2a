import { expect, test } from "bun:test";
import { RoleProgress, type RoleReading } from "../../src/cli/role/role-progress.ts";

const READING: RoleReading = { verb: "accepted", frames: 0, bytes: 0, rest: ["lost 0"], awaited: "a producer" };

test("a live line has what is waited for, then rates once a second of frames was measured, and the time that is left", () => {
  const progress = new RoleProgress("stream 7", 10_000, 0);
  expect(progress.line(12e9, READING)).toBe("stream 7: waiting for a producer, 12 s");
  const flowing = { ...READING, awaited: null };
  expect(progress.line(20e9, { ...flowing, frames: 10, bytes: 10_000 })).toBe(
    "stream 7: accepted 10 of 10,000 (0 %)  lost 0",
  );
  const rated = { ...flowing, frames: 40, bytes: 40_000 };
  expect(progress.line(21e9, rated)).toBe("stream 7: accepted 40 of 10,000 (0 %, 6 min left)  30/s  lost 0  30 kB/s");
  expect(progress.line(21.5e9, { ...rated, awaited: "a producer" })).toEndWith("30 kB/s  waiting for a producer");
  const endless = new RoleProgress("stream 7", Number.POSITIVE_INFINITY, 0);
  expect(endless.line(1e9, { ...rated, frames: 1234 })).toBe("stream 7: accepted 1,234  lost 0");
});
