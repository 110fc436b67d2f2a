import { startJob } from "../stream-run.ts";
import type { SpinReport } from "../worker/jobs.ts";
import type { Workspace } from "../workspace.ts";

/** Interruptions by the machine itself: two cores run a loop that only reads the clock. */
export async function measureNoise(workspace: Workspace, seconds: number): Promise<SpinReport> {
  const spins = [0, 1].map(() => startJob<SpinReport>(workspace, { kind: "spin", seconds }));
  const reports = await Promise.all(spins.map(({ report }) => report));
  return {
    longestNs: Math.max(...reports.map(({ longestNs }) => longestNs)),
    lostShare: Math.max(...reports.map(({ lostShare }) => lostShare)),
  };
}
