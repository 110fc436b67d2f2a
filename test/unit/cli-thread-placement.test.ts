import { expect, test } from "bun:test";
import { placementTypes } from "../../src/config/index.ts";

const cpus = placementTypes.cpuList();
const priority = placementTypes.realTimePriority();

test("--cpu takes CPUs and ranges of CPUs, each once", () => {
  expect(cpus.parse("2")).toEqual([2]);
  expect(cpus.parse("0,2-4,3")).toEqual([0, 2, 3, 4]);
  expect(cpus.read(2n)).toEqual([2]);
});

test("--cpu refuses what is no list of CPUs, and says what is", () => {
  for (const text of ["", "a", "3-1", "1024", "1,,2", "-1", "0x1"]) {
    expect(() => cpus.parse(text)).toThrow(`expected CPUs such as 2, 0,2 or 1-3, found "${text}"`);
  }
});

test("--sched takes fifo with a priority, and nothing else", () => {
  expect(priority.parse("fifo:1")).toBe(1);
  expect(priority.parse("fifo:99")).toBe(99);
  for (const text of ["fifo", "fifo:0", "fifo:100", "rr:5", "fifo:-1"]) {
    expect(() => priority.parse(text)).toThrow(`expected fifo:N with a priority N from 1 to 99, found "${text}"`);
  }
});
