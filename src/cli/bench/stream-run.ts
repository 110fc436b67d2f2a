import { mkdirSync } from "node:fs";
import { selfCommand } from "../../aeron/self-command.ts";
import type { IdleChoice } from "../../core/idle/index.ts";
import type { Flow } from "../../protocol/attribute.ts";
import type { Child, ChildOptions } from "./child.ts";
import type { Deployment } from "./options.ts";
import type { ConsumerJob, Job, ProducerJob, RoleReport, WarmUp } from "./worker/jobs.ts";
import { strideFor } from "./worker/role-set-up.ts";
import type { Place, Workspace } from "./workspace.ts";

/** A process of the bench and its final report. */
export interface Worker<Report> {
  readonly child: Child;
  /** @throws Error if the process failed */
  readonly report: Promise<Report>;
}

export interface JobOptions extends ChildOptions {
  /** Command line of the program. */
  readonly program?: readonly string[] | undefined;
}

/** Starts one bench worker process: this executable, unless another program is given. */
export function startJob<Report>(
  workspace: Workspace,
  job: Job,
  { onLine, program = selfCommand(), ...options }: JobOptions = {},
): Worker<Report> {
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  const child = workspace.start([...program, "bench", "worker", JSON.stringify(job)], {
    ...options,
    onLine: (line) => {
      const parsed = JSON.parse(line) as { report?: Report };
      if (parsed.report === undefined) onLine?.(line);
      else resolve(parsed.report);
    },
  });
  child.succeeded().then(() => reject(new Error(`expected a report of the ${job.kind}, found none`)), reject);
  // Callers that await the report get the failure; this prevents an unhandled rejection if no caller awaits it.
  promise.catch(() => undefined);
  return { child, report: promise };
}

/** Starts the driver of one stream; it starts a media driver unless one is already running. */
function startDriver(workspace: Workspace, { aeronDir, shmDir }: Place, plan: StreamPlan): Child {
  mkdirSync(shmDir, { recursive: true });
  const dirs = ["--aeron-dir", aeronDir, "--shm-dir", shmDir];
  const layout = ["--slots", String(plan.slots), "--pool", String(strideFor(plan.payloadBytes))];
  const how = ["--media-driver", plan.mediaDriver === "embedded" ? "embedded" : "external"];
  const stream = ["--stream", String(BENCH_STREAM_ID)];
  const { program = selfCommand() } = plan;
  return workspace.start([...program, "driver", ...dirs, ...stream, ...layout, ...how, "-q"]);
}

/** Starts the media driver in its own process. */
export function startMediaDriver(
  workspace: Workspace,
  place: Place,
  program: readonly string[] = selfCommand(),
): Child {
  return workspace.start([...program, "media-driver", "--aeron-dir", place.aeronDir, "--linger", "0", "-q"]);
}

export interface StreamPlan {
  readonly payloadBytes: number;
  readonly slots: number;
  readonly fill: ProducerJob["fill"];
  readonly flow: Flow;
  readonly idle: IdleChoice;
  readonly mediaDriver: "embedded" | "auto";
  readonly consumers: number;
  /** "driver": with leases from a driver that embeds the media driver. */
  readonly deployment?: Deployment | undefined;
  readonly frames: number | null;
  readonly seconds: number | null;
  readonly rateHz: number | null;
  readonly reads: ConsumerJob["reads"];
  /** Ages are recorded from this frame on; none if omitted. */
  readonly agesFromSeq?: number;
  /** A busy start, which is not measured. */
  readonly warmUp?: WarmUp;
  readonly env?: Readonly<Record<string, string>>;
  readonly program?: readonly string[] | undefined;
}

export interface StreamOutcome {
  readonly producer: RoleReport;
  readonly consumers: readonly RoleReport[];
}

export const BENCH_STREAM_ID = 10_000;

/** Runs one producer and its consumers, one process each, from the first frame to the last. */
export async function runStream(workspace: Workspace, plan: StreamPlan): Promise<StreamOutcome> {
  const place = workspace.place();
  const { payloadBytes, idle, mediaDriver, deployment = "standalone" } = plan;
  const role = { aeronDir: place.aeronDir, shmDir: place.shmDir, idle, streamId: BENCH_STREAM_ID, deployment };
  const options: JobOptions = { program: plan.program, ...(plan.env === undefined ? {} : { env: plan.env }) };
  const services = [
    ...(mediaDriver === "auto" ? [startMediaDriver(workspace, place, plan.program)] : []),
    ...(deployment === "driver" ? [startDriver(workspace, place, plan)] : []),
  ];
  const consumers = Array.from({ length: plan.consumers }, () => {
    const { reads, agesFromSeq, warmUp } = plan;
    const ages = agesFromSeq === undefined ? {} : { agesFromSeq };
    const counts = warmUp === undefined ? {} : { cpuFromSeq: warmUp.frames + 1 };
    const job: Job = { kind: "consumer", ...role, embedded: false, reads, payloadBytes, ...ages, ...counts };
    return startJob<RoleReport>(workspace, job, options);
  });
  const { slots, fill, flow, frames, seconds, rateHz } = plan;
  const job: Job = {
    kind: "producer",
    ...role,
    embedded: services.length === 0,
    payloadBytes,
    slots,
    fill,
    flow,
    frames,
    seconds,
    rateHz,
    consumers: plan.consumers,
    ...(plan.warmUp === undefined ? {} : { warmUp: plan.warmUp }),
  };
  const producer = startJob<RoleReport>(workspace, job, options);
  const [produced, ...consumed] = await Promise.all([producer.report, ...consumers.map(({ report }) => report)]);
  await Promise.all([producer, ...consumers].map(({ child }) => child.ended));
  for (const service of services.reverse()) await service.stop();
  workspace.remove(place);
  return { producer: produced, consumers: consumed };
}

/** Frames that a consumer read too late: W-16, and frames older than the ring can hold. */
export function lateOf({ counters }: RoleReport): number {
  return sum(counters, ["overwritten", "odd", "changed", "identity"]);
}

/** Frames that never reached a consumer, or that it skipped to catch up. */
export function gapOf({ counters }: RoleReport): number {
  return sum(counters, ["gap", "resync"]);
}

export function countOf({ counters }: RoleReport, name: string): number {
  return counters[name] ?? 0;
}

/** The consumer that accepted the fewest frames. */
export function slowestOf({ consumers }: StreamOutcome): RoleReport {
  const [first, ...others] = consumers;
  if (first === undefined) throw new Error("expected a consumer, found none");
  return others.reduce((a, b) => (countOf(b, "accepted") < countOf(a, "accepted") ? b : a), first);
}

function sum(counters: Readonly<Record<string, number>>, names: readonly string[]): number {
  return names.reduce((total, name) => total + (counters[name] ?? 0), 0);
}
