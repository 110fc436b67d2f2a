import { type Figure, type SectionResult, say } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import { median } from "../statistics.ts";
import { countOf, runStream, slowestOf, startJob } from "../stream-run.ts";
import type { Workspace } from "../workspace.ts";

const PAYLOAD_BYTES = 8 * 1024 * 1024;
const SECONDS = 60;
const SLOTS = 16;
const ROUNDS = 3;
const COPY_SECONDS = 3;
const MIN_SHARE = 0.9;

/** Large frames that the consumer reads completely, against two processes that only copy, in turns. */
export async function stream(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  const payloadBytes = options.payloadBytes ?? PAYLOAD_BYTES;
  const slots = options.slots ?? SLOTS;
  const rounds = options.rounds ?? ROUNDS;
  const seconds = (options.seconds ?? SECONDS) / rounds;
  const rates: number[] = [];
  const bounds: number[] = [];
  const cpuPerGb: number[] = [];
  let lost = 0;
  for (let round = 1; round <= rounds; round++) {
    say(`stream: round ${round} of ${rounds}`);
    bounds.push(await twoCopies(workspace, payloadBytes, slots));
    const outcome = await runStream(workspace, {
      payloadBytes,
      slots,
      fill: options.fill ?? "copy",
      flow: options.flow ?? "wait",
      idle: options.idle ?? "backoff",
      mediaDriver: options.mediaDriver ?? "embedded",
      consumers: options.consumers ?? 1,
      frames: null,
      seconds,
      rateHz: options.rateHz ?? null,
      reads: "all",
    });
    const consumer = slowestOf(outcome);
    const accepted = countOf(consumer, "accepted");
    rates.push(consumer.framesPerSecond * payloadBytes);
    cpuPerGb.push((outcome.producer.cpuSeconds + consumer.cpuSeconds) / ((accepted * payloadBytes) / 1e9));
    lost += countOf(outcome.producer, "claimed") - accepted;
  }
  const [bytesPerSecond, bound] = [median(rates), median(bounds)];
  const share = bytesPerSecond / bound;
  const section = `stream, ${payloadBytes / 1024 / 1024} MiB, every byte read`;
  const figures: Figure[] = [
    {
      section,
      name: "accepted",
      value: bytesPerSecond,
      unit: "bytes/s",
      ratio: { value: share, to: "two memcpys" },
      target: { text: `>= ${MIN_SHARE}`, met: share >= MIN_SHARE },
    },
    { section, name: "two memcpys, a process each", value: bound, unit: "bytes/s" },
    { section, name: "lost", value: lost, unit: "frames", target: { text: "0", met: lost === 0 } },
    { section, name: "CPU of both sides", value: median(cpuPerGb), unit: "s/GB" },
  ];
  return {
    json: {
      framesPerSecond: bytesPerSecond / payloadBytes,
      bytesPerSecond,
      lost,
      cpuSecondsPerGb: median(cpuPerGb),
      twoMemcpysBytesPerSecond: bound,
      shareOfTwoMemcpys: share,
    },
    figures,
  };
}

/** Two processes run at once, one copies into a ring of this size, the other out of one; returns the slower rate. */
async function twoCopies(workspace: Workspace, blockBytes: number, blocks: number): Promise<number> {
  const job = { kind: "copy", blockBytes, blocks, seconds: COPY_SECONDS } as const;
  const copies = (["in", "out"] as const).map((direction) => startJob<number>(workspace, { ...job, direction }));
  return Math.min(...(await Promise.all(copies.map(({ report }) => report))));
}
