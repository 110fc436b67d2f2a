import { closeSync, openSync, readFileSync } from "node:fs";

/** The descriptors of this process, of which a test leaves none. */
export interface DescriptorLimit {
  /** Takes those that were closed meanwhile: the runtime closes some of its own later, on another thread. */
  takeAll(): void;
  lift(): void;
}

/** Takes all descriptors that this process may open, after the limit was lowered to `atMost`; `lift` gives them back. */
export function openDescriptorLimit(atMost: number): DescriptorLimit {
  const before = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "latin1"));
  const setLimit = (soft: string): void => {
    const { exitCode } = Bun.spawnSync(["prlimit", `--pid=${process.pid}`, `--nofile=${soft}:`]);
    if (exitCode !== 0) throw new Error(`prlimit failed with ${exitCode}`);
  };
  setLimit(String(atMost));
  const taken: number[] = [];
  const takeAll = (): void => {
    for (;;) {
      try {
        taken.push(openSync("/dev/null", "r"));
      } catch {
        return;
      }
    }
  };
  takeAll();
  return {
    takeAll,
    lift: () => {
      for (const fd of taken) closeSync(fd);
      setLimit(before?.[1] ?? "1024");
    },
  };
}
