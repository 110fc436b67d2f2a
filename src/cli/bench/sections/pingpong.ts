import { type SectionResult, say } from "../figures.ts";
import type { Quantiles } from "../histogram.ts";
import type { BenchOptions } from "../options.ts";
import { startJob } from "../stream-run.ts";
import type { Workspace } from "../workspace.ts";
import { noiseFigures } from "./latency.ts";
import { measureNoise } from "./noise.ts";

const PAYLOAD_BYTES = 64;
const SECONDS = 5;
const NOISE_SECONDS = 2;

/** Half the round trip of a frame and its answer, so that no two clocks are compared. */
export async function pingpong(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  say("pingpong");
  const payloadBytes = options.payloadBytes ?? PAYLOAD_BYTES;
  const noise = await measureNoise(workspace, NOISE_SECONDS);
  const { aeronDir, shmDir, ...place } = workspace.place();
  const seconds = options.seconds ?? SECONDS;
  const job = { kind: "ping", aeronDir, shmDir, idle: options.idle ?? "busy-spin", payloadBytes, seconds } as const;
  const pinger = startJob<Quantiles & { trips: number; lost: number }>(workspace, { ...job, side: "ping" });
  const ponger = startJob<null>(workspace, { ...job, side: "pong" });
  const report = await pinger.report;
  await pinger.child.ended;
  await ponger.child.stop();
  workspace.remove({ aeronDir, shmDir, ...place });
  const section = `half round trip, ${payloadBytes} B`;
  const names = ["p50", "p90", "p99", "p999", "max"] as const;
  return {
    json: { ...report, noise },
    figures: [
      ...names.map((name) => ({ section, name, value: report[name], unit: "ns" })),
      { section, name: "round trips", value: report.trips, unit: "" },
      ...noiseFigures(noise),
    ],
  };
}
