import { readdirSync, readFileSync } from "node:fs";

/** What a process holds. */
export interface Holdings {
  /** Anonymous memory: without the pages of files that it has mapped. */
  readonly memoryBytes: number;
  readonly descriptors: number;
  readonly threads: number;
}

/** What may come on top of what the role held when it was undisturbed; Bun's heap grows and shrinks by itself. */
const MORE = { memoryBytes: 96 * 2 ** 20, descriptors: 6, threads: 4 };

/** What a role holds more than it did when it was undisturbed. */
export function growthProblems(before: Holdings, after: Holdings): string[] {
  return (Object.keys(MORE) as (keyof Holdings)[])
    .filter((what) => after[what] > before[what] + MORE[what])
    .map((what) => `growth: ${what} ${before[what]} before, ${after[what]} now`);
}

/** The holdings of a process; null when it has ended. */
export function holdingsOf(pid: number): Holdings | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return {
      memoryBytes: number(status, /^RssAnon:\s+(\d+) kB$/m) * 1024,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      threads: number(status, /^Threads:\s+(\d+)$/m),
    };
  } catch {
    // It has ended, or ends now.
    return null;
  }
}

/** Nanoseconds for which the threads of a process were ready to run and had no CPU; 0 when it has ended. */
export function starvedNs(pid: number): number {
  let sum = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[1]);
    }
  } catch {
    return 0;
  }
  return sum;
}

function number(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}
