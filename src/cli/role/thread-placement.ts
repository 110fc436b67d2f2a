import { SystemError } from "../../../ffi/errors.ts";
import { runOnCpus, setFifoPriority } from "../../../ffi/libc.ts";
import { OptionError } from "../../core/errors.ts";
import type { RoleValues } from "../specs/common-options.ts";

/** Applies `--cpu` and `--sched` to the thread of the duty cycle. @throws OptionError if they cannot be applied */
export function placeThread({ cpu, sched }: Pick<RoleValues, "cpu" | "sched">): void {
  if (cpu !== undefined) {
    refusing("cpu", `CPUs of this machine that this process may use, found ${cpu.join(",")}`, () => runOnCpus(cpu));
  }
  if (sched !== undefined) {
    const needs = `the right to (CAP_SYS_NICE, or a limit of real-time priorities of ${sched} and more: ulimit -r)`;
    refusing("sched", needs, () => setFifoPriority(sched));
  }
}

function refusing(option: string, expected: string, place: () => void): void {
  try {
    place();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new OptionError(option, `expected ${expected} (${error.message})`, { expected, cause: error });
  }
}
