import { SystemError } from "../../ffi/errors.ts";
import { runOnCpus, setFifoPriority } from "../../ffi/libc.ts";
import { UsageError } from "../core/errors.ts";
import type { OptionValues } from "./option-spec.ts";

const MAX_CPU = 1023;
const CPU_LIST = "CPUs such as 2, 0,2 or 1-3";
const SCHED = "fifo:N with a priority N from 1 to 99";

/** Puts the thread of the duty cycle where `--cpu` and `--sched` say, or refuses. @throws UsageError */
export function placeThread(options: OptionValues): void {
  const cpuText = options.text("cpu");
  const schedText = options.text("sched");
  const cpus = cpuText === undefined ? null : parseCpuList(cpuText);
  const priority = schedText === undefined ? null : parseSched(schedText);
  if (cpus !== null) {
    refusing("cpu", `CPUs of this machine that this process may use, found "${cpuText}"`, () => runOnCpus(cpus));
  }
  if (priority !== null) {
    const needs = `the right to (CAP_SYS_NICE, or a limit of real-time priorities of ${priority} and more: ulimit -r)`;
    refusing("sched", needs, () => setFifoPriority(priority));
  }
}

/** `0,2-3` as [0, 2, 3]. @throws UsageError */
export function parseCpuList(text: string): number[] {
  const cpus = text.split(",").flatMap((part) => {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim());
    const first = Number(match?.[1] ?? Number.NaN);
    const last = Number(match?.[2] ?? first);
    if (!(first <= last && last <= MAX_CPU)) {
      throw new UsageError(`--cpu: expected ${CPU_LIST}, found "${text}"`, { expected: CPU_LIST, found: text });
    }
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  return [...new Set(cpus)];
}

/** The priority of `fifo:N`. @throws UsageError */
export function parseSched(text: string): number {
  const priority = Number(/^fifo:(\d{1,2})$/.exec(text)?.[1] ?? Number.NaN);
  if (priority >= 1) return priority;
  throw new UsageError(`--sched: expected ${SCHED}, found "${text}"`, { expected: SCHED, found: text });
}

function refusing(option: string, expected: string, place: () => void): void {
  try {
    place();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new UsageError(`--${option}: expected ${expected} (${error.message})`, { expected, cause: error });
  }
}
