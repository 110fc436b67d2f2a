import { readdirSync, readFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";

/** The properties of the machine that matter for the results. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  /** The CPU frequency governor; null if there is none. */
  readonly governor: string | null;
  /** The kernel's shmem_enabled setting: whether shared memory may use huge pages. */
  readonly shmemEnabled: string | null;
  readonly loadAverage: number;
  /** Other processes that used more than a tenth of a core while the bench sampled. */
  readonly busyProcesses: readonly string[];
}

const LOOK_MS = 300;
const BUSY_SHARE = 0.1;
const TICKS_PER_SECOND = 100;

export async function describeMachine(): Promise<Machine> {
  const before = processTicks();
  await Bun.sleep(LOOK_MS);
  const busyProcesses = [...processTicks()]
    .filter(([pid]) => pid !== process.pid)
    .map(([pid, { name, ticks }]) => ({ pid, name, ticks: ticks - (before.get(pid)?.ticks ?? ticks) }))
    .filter(({ ticks }) => ticks / TICKS_PER_SECOND > (LOOK_MS / 1000) * BUSY_SHARE)
    .map(({ pid, name }) => `${name} (${pid})`);
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: navigator.hardwareConcurrency,
    kernel: release(),
    governor: readOrNull("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
    shmemEnabled: /\[(\w+)\]/.exec(readOrNull("/sys/kernel/mm/transparent_hugepage/shmem_enabled") ?? "")?.[1] ?? null,
    loadAverage: loadavg()[0] ?? 0,
    busyProcesses,
  };
}

/** Conditions that degrade or invalidate figures; empty if there are none. */
export function hintsOf(machine: Machine): string[] {
  const hints: string[] = [];
  if (machine.cores < 2) hints.push("one core: producer and consumer share it, and every figure shows that");
  if (machine.governor !== null && machine.governor !== "performance") {
    hints.push(`the CPU's governor is ${machine.governor}: expected performance for figures that can be repeated`);
  }
  if (machine.shmemEnabled === "never") {
    hints.push("huge pages for shared memory are off (shmem_enabled is never): large frames cost more TLB misses");
  }
  if (machine.busyProcesses.length > 0) {
    hints.push(`other processes are busy, repeat when they are not: ${machine.busyProcesses.join(", ")}`);
  }
  return hints;
}

function processTicks(): Map<number, { name: string; ticks: number }> {
  const found = new Map<number, { name: string; ticks: number }>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = readOrNull(`/proc/${entry}/stat`);
    const match = stat === null ? null : /^\d+ \((.*)\) (.*)$/s.exec(stat);
    // utime and stime are the 14th and 15th field.
    const fields = match?.[2]?.split(" ") ?? [];
    found.set(Number(entry), { name: match?.[1] ?? "", ticks: Number(fields[11] ?? 0) + Number(fields[12] ?? 0) });
  }
  return found;
}

/** Null for a file that does not exist or has just disappeared. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (error instanceof Error && "code" in error) return null;
    throw error;
  }
}
