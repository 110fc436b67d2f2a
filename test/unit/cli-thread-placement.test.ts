import { expect, test } from "bun:test";
import { parseCpuList, parseSched } from "../../src/cli/thread-placement.ts";

test("--cpu takes single CPUs, lists and ranges", () => {
  expect(parseCpuList("2")).toEqual([2]);
  expect(parseCpuList("0,2-4,3")).toEqual([0, 2, 3, 4]);
});

test("--cpu refuses what is no list of CPUs, and says what is", () => {
  for (const text of ["", "a", "3-1", "1024", "1,,2", "-1", "0x1"]) {
    expect(() => parseCpuList(text)).toThrow(`--cpu: expected CPUs such as 2, 0,2 or 1-3, found "${text}"`);
  }
});

test("--sched takes fifo with a priority, and nothing else", () => {
  expect(parseSched("fifo:1")).toBe(1);
  expect(parseSched("fifo:99")).toBe(99);
  for (const text of ["fifo", "fifo:0", "fifo:100", "rr:5", "fifo:-1"]) {
    expect(() => parseSched(text)).toThrow(`--sched: expected fifo:N with a priority N from 1 to 99, found "${text}"`);
  }
});
