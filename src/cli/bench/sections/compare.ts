import { join } from "node:path";
import { formatBytes } from "../../../core/units.ts";
import { type Figure, type SectionResult, say } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import { median, range } from "../statistics.ts";
import { startJob } from "../stream-run.ts";
import type { Workspace } from "../workspace.ts";
import { findZeromq, runZeromq } from "../zeromq.ts";
import { runThroughput } from "./throughput.ts";

const ROUNDS = 3;
const SECONDS = 4;
const COPY_SECONDS = 2;
const MIN_ZEROMQ_RATIO = 25;
const SMALL_BYTES = 64;
const IMAGE_BYTES = 640 * 1024;
/** Frames and slots of one tensorpool run: it takes about as long as the other measurements. */
const PLANS = [
  { payloadBytes: SMALL_BYTES, frames: 16_000_000, slots: 1024 },
  { payloadBytes: IMAGE_BYTES, frames: 20_000, slots: 256 },
] as const;

/** The compared subjects. */
type Subject = "ours" | "zeromq.js" | "Unix socket" | "memcpy alone";

/** The same work over other transports: frames per second from process to process, in turns. */
export async function compare(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  const zeromq = findZeromq();
  if ("missing" in zeromq) say(`compare: without zeromq.js: ${zeromq.missing}`);
  const plans =
    options.payloadBytes === undefined
      ? PLANS
      : [{ payloadBytes: options.payloadBytes, frames: options.frames ?? 1_000_000, slots: options.slots ?? 256 }];
  const json: Record<string, unknown> = { zeromq: "missing" in zeromq ? zeromq.missing : "measured" };
  const figures: Figure[] = [];
  for (const plan of plans) {
    const rates = new Map<Subject, number[]>();
    const add = (subject: Subject, rate: number): void => {
      rates.set(subject, [...(rates.get(subject) ?? []), rate]);
    };
    const rounds = options.rounds ?? ROUNDS;
    for (let round = 1; round <= rounds; round++) {
      say(`compare: ${formatBytes(plan.payloadBytes)}, round ${round} of ${rounds}`);
      const ours = await runThroughput(workspace, { fill: "copy", flow: "wait", ...options, ...plan });
      add("ours", ours.acceptedPerSecond);
      if ("folder" in zeromq) {
        add("zeromq.js", await runZeromq(workspace, zeromq.folder, plan.payloadBytes, options.seconds ?? SECONDS));
      }
      add("Unix socket", await runSocket(workspace, plan.payloadBytes, options.seconds ?? SECONDS));
      add("memcpy alone", await runCopy(workspace, plan));
    }
    figures.push(...figuresOf(plan.payloadBytes, rates));
    json[formatBytes(plan.payloadBytes)] = jsonOf(rates);
  }
  return { json, figures };
}

async function runSocket(workspace: Workspace, payloadBytes: number, seconds: number): Promise<number> {
  const place = workspace.place();
  const job = { kind: "socket", path: join(place.dir, "socket"), payloadBytes, seconds } as const;
  const receiver = startJob<number>(workspace, { ...job, side: "receive" });
  const sender = startJob<null>(workspace, { ...job, side: "send" });
  const rate = await receiver.report;
  await Promise.all([receiver.child.ended, sender.child.ended]);
  workspace.remove(place);
  return rate;
}

async function runCopy(workspace: Workspace, plan: { payloadBytes: number; slots: number }): Promise<number> {
  const { payloadBytes: blockBytes, slots: blocks } = plan;
  const job = { kind: "copy", direction: "in", blockBytes, blocks, seconds: COPY_SECONDS } as const;
  return (await startJob<number>(workspace, job).report) / blockBytes;
}

/** Compares runs of the same round: they are close in time, so a disturbance affects both. */
function ratioTo(rates: ReadonlyMap<Subject, readonly number[]>, subject: Subject): number {
  const theirs = rates.get(subject) ?? [];
  return median((rates.get("ours") ?? []).map((rate, i) => rate / (theirs[i] as number)));
}

function jsonOf(rates: ReadonlyMap<Subject, readonly number[]>): Record<string, unknown> {
  return Object.fromEntries(
    [...rates].map(([subject, values]) => [
      subject,
      { framesPerSecond: median(values), oursToIt: subject === "ours" ? 1 : ratioTo(rates, subject) },
    ]),
  );
}

function figuresOf(payloadBytes: number, rates: ReadonlyMap<Subject, readonly number[]>): Figure[] {
  const section = `compare, ${formatBytes(payloadBytes)}`;
  return [...rates].map(([subject, values]) => {
    const figure: Figure = { section, name: subject, value: median(values), unit: "frames/s", range: range(values) };
    if (subject === "ours") return figure;
    const ratio = ratioTo(rates, subject);
    const isTarget = subject === "zeromq.js" && payloadBytes === SMALL_BYTES;
    return {
      ...figure,
      ratio: { value: ratio, to: "ours to it" },
      ...(isTarget ? { target: { text: `>= ${MIN_ZEROMQ_RATIO} x`, met: ratio >= MIN_ZEROMQ_RATIO } } : {}),
    };
  });
}
