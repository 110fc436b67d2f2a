import { type SectionResult, say } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import { runStream, slowestOf } from "../stream-run.ts";
import type { Workspace } from "../workspace.ts";

const RATE_HZ = 5;
const SECONDS = 20;
/** After this the code is compiled, as it is for a stream that was busy before. */
const WARM_UP = { frames: 20_000, rateHz: 10_000 } as const;
const MAX_CPU_SHARE = 0.01;
const MAX_FIRST_FRAME_NS = 100_000;

/** A stream with rare frames: the cost of waiting for them, and their latency. */
export async function idle(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  say("idle");
  const seconds = options.seconds ?? SECONDS;
  const outcome = await runStream(workspace, {
    payloadBytes: options.payloadBytes ?? 64,
    slots: options.slots ?? 64,
    fill: "copy",
    flow: "drop",
    idle: options.idle ?? "backoff",
    mediaDriver: "auto",
    consumers: 1,
    frames: null,
    seconds,
    rateHz: options.rateHz ?? RATE_HZ,
    reads: "all",
    warmUp: WARM_UP,
    agesFromSeq: WARM_UP.frames + 1,
  });
  const consumer = slowestOf(outcome);
  const { cpuShare } = consumer;
  const producerCpuShare = outcome.producer.cpuShare;
  const p50 = consumer.age?.p50 ?? Number.NaN;
  const section = `idle, a frame every ${(1000 / (options.rateHz ?? RATE_HZ)).toFixed(0)} ms, --idle ${options.idle ?? "backoff"}`;
  return {
    json: { consumerCpuShare: cpuShare, producerCpuShare, ...consumer.age },
    figures: [
      {
        section,
        name: "CPU of the consumer",
        value: cpuShare * 100,
        unit: "% of a core",
        target: { text: `< ${MAX_CPU_SHARE * 100} %`, met: cpuShare < MAX_CPU_SHARE },
      },
      { section, name: "CPU of the producer", value: producerCpuShare * 100, unit: "% of a core" },
      {
        section,
        name: "a frame after idling, p50",
        value: p50,
        unit: "ns",
        target: { text: `<= ${MAX_FIRST_FRAME_NS} ns`, met: p50 <= MAX_FIRST_FRAME_NS },
      },
    ],
  };
}
