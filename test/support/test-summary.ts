export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

/**
 * Reads the counts off what `bun test` printed. A run that ended without its summary (a crash), that failed without naming a
 * test, or that executed none counts as one failure at least.
 */
export function countTests(output: string, exitCode: number): TestCounts {
  const plain = Bun.stripANSI(output);
  const ran = [...plain.matchAll(/^Ran (\d+) tests? across/gm)].at(-1);
  if (ran === undefined) return { passed: 0, failed: 1 };
  // The counts are the lines just above: ` 3 pass`, ` 1 fail`.
  const summary = plain.slice(0, ran.index).split("\n").slice(-8).join("\n");
  const passed = countOf(summary, "pass");
  const failed = countOf(summary, "fail");
  const isFailure = exitCode !== 0 || Number(ran[1]) === 0 || passed + failed === 0;
  return { passed, failed: isFailure ? Math.max(1, failed) : failed };
}

function countOf(summary: string, kind: "pass" | "fail"): number {
  const line = [...summary.matchAll(new RegExp(`^ *(\\d+) ${kind}$`, "gm"))].at(-1);
  return Number(line?.[1] ?? 0);
}
