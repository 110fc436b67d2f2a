import { setTimeout as sleep } from "node:timers/promises";
import { selfCommand } from "../../../aeron/self-command.ts";
import type { Child } from "../child.ts";
import { type Figure, type SectionResult, say } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import { RoleRows } from "../rows.ts";
import { BENCH_STREAM_ID, startJob, startMediaDriver } from "../stream-run.ts";
import type { ConsumerJob, RoleReport } from "../worker/jobs.ts";
import type { Place, Workspace } from "../workspace.ts";

/** Well below the capacity of two cores: the question is whether one consumer slows down the other roles. */
const RATE_HZ = 10_000;
const PAYLOAD_BYTES = 64;
const SLOTS = 1024;
/** Length of each phase: before, during and after. */
const SECONDS = 6;
const SETTLING_MS = 2000;
const OBSERVERS = 10;
const MAX_CHANGE = 0.05;
const MAX_SILENCE_MS = 100;
const TIMEOUT_MS = 30_000;

interface Disturbance {
  readonly name: string;
  begin(victim: Child, workspace: Workspace, place: Place): Child[];
  end(victim: Child, started: readonly Child[]): Promise<void>;
}

/** One phase as the undisturbed roles experienced it. */
interface Stretch {
  readonly publishedPerSecond: number;
  readonly acceptedPerSecond: number;
  readonly longestSilenceMs: number;
}

interface Outcome {
  readonly name: string;
  readonly before: Stretch;
  readonly during: Stretch;
  readonly after: Stretch;
}

const noEnd = async (): Promise<void> => undefined;
const STOPPED: Disturbance = {
  name: "a consumer is stopped (SIGSTOP)",
  begin: (victim) => {
    victim.kill("SIGSTOP");
    return [];
  },
  end: async (victim) => victim.kill("SIGCONT"),
};
const SLOW: Disturbance = { name: "a consumer takes ten times too long", begin: () => [], end: noEnd };
const KILLED: Disturbance = {
  name: "a consumer is killed (SIGKILL)",
  begin: (victim) => {
    victim.kill("SIGKILL");
    return [];
  },
  end: noEnd,
};
const OBSERVED: Disturbance = {
  name: `${OBSERVERS} observers (tap)`,
  begin: (_victim, workspace, { aeronDir }) =>
    Array.from({ length: OBSERVERS }, () =>
      workspace.start([
        ...selfCommand(),
        "tap",
        "--aeron-dir",
        aeronDir,
        "--kind",
        "control,qos,metadata",
        "-o",
        "jsonl",
      ]),
    ),
  end: async (_victim, started) => {
    await Promise.all(started.map((observer) => observer.stop()));
  },
};

/** The effect of one disturbed consumer, or of many observers, on the producer and on a healthy consumer. */
export async function interference(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  const outcomes: Outcome[] = [];
  for (const disturbance of [STOPPED, SLOW, KILLED, OBSERVED]) {
    say(`interference: ${disturbance.name}`);
    outcomes.push(await watch(workspace, disturbance, options));
  }
  return { json: { disturbances: outcomes }, figures: outcomes.flatMap((outcome) => figuresOf(outcome, options)) };
}

async function watch(workspace: Workspace, disturbance: Disturbance, options: BenchOptions): Promise<Outcome> {
  const place = workspace.place();
  const rateHz = options.rateHz ?? RATE_HZ;
  const payloadBytes = options.payloadBytes ?? PAYLOAD_BYTES;
  const stretchMs = (options.seconds ?? SECONDS) * 1000;
  const { aeronDir, shmDir } = place;
  const role = {
    aeronDir,
    shmDir,
    embedded: false,
    idle: options.idle ?? "backoff",
    streamId: BENCH_STREAM_ID,
  } as const;
  const [produced, watched] = [new RoleRows(), new RoleRows()];
  const driver = startMediaDriver(workspace, place);
  const consumer = (job: Partial<ConsumerJob>, onLine?: (line: string) => void) =>
    startJob<RoleReport>(
      workspace,
      { kind: "consumer", ...role, reads: "nothing", payloadBytes, ...job },
      onLine === undefined ? {} : { onLine },
    );
  const healthy = consumer({ rows: true }, watched.onLine);
  // The slow consumer is slow from its start, so the phase before is measured without it.
  const isSlow = disturbance === SLOW;
  let victim = isSlow ? null : consumer({}).child;
  const producer = startJob<RoleReport>(
    workspace,
    {
      kind: "producer",
      ...role,
      payloadBytes,
      slots: options.slots ?? SLOTS,
      fill: options.fill ?? "copy",
      flow: "drop",
      frames: null,
      seconds: null,
      rateHz,
      consumers: isSlow ? 1 : 2,
      rows: true,
    },
    { onLine: produced.onLine },
  );
  await began(watched, rateHz, producer.child);
  const stretch = async (settleMs: number): Promise<Stretch> => {
    await sleep(settleMs);
    const beginMs = performance.now();
    await sleep(stretchMs);
    return stretchOf(produced, watched, beginMs, performance.now());
  };
  const before = await stretch(SETTLING_MS);
  const started = victim === null ? [] : disturbance.begin(victim, workspace, place);
  victim ??= consumer({ delayNs: (10 * 1e9) / rateHz }).child;
  const during = await stretch(0);
  await disturbance.end(victim, started);
  if (isSlow) await victim.stop();
  const after = await stretch(0);
  await producer.child.stop();
  await Promise.all([healthy.child.ended, victim.stop()]);
  await driver.stop();
  workspace.remove(place);
  return { name: disturbance.name, before, during, after };
}

async function began(watched: RoleRows, rateHz: number, producer: Child): Promise<void> {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  while (watched.last("accepted") < rateHz) {
    if (performance.now() > deadlineMs) {
      throw new Error(`expected frames within ${TIMEOUT_MS / 1000} s, found none:\n  ${producer.errors.join("\n  ")}`);
    }
    await sleep(100);
  }
}

function stretchOf(produced: RoleRows, watched: RoleRows, beginMs: number, endMs: number): Stretch {
  const rows = watched.list.filter(({ arrivedMs }) => arrivedMs >= beginMs && arrivedMs <= endMs);
  return {
    publishedPerSecond: produced.rateDuring("published", beginMs, endMs),
    acceptedPerSecond: watched.rateDuring("accepted", beginMs, endMs),
    longestSilenceMs: Math.max(0, ...rows.map(({ counters }) => counters.longestSilenceNs ?? 0)) / 1e6,
  };
}

function figuresOf({ name, before, during, after }: Outcome, options: BenchOptions): Figure[] {
  const section = `interference, ${(options.rateHz ?? RATE_HZ) / 1000} kHz: ${name}`;
  const change = (what: string, of: (stretch: Stretch) => number): Figure => {
    const ratio = of(during) / of(before);
    const target = { text: `within ${MAX_CHANGE * 100} %`, met: Math.abs(ratio - 1) < MAX_CHANGE };
    return {
      section,
      name: `${what} during`,
      value: of(during),
      unit: "frames/s",
      ratio: { value: ratio, to: "before" },
      target,
    };
  };
  const silence = (when: string, { longestSilenceMs: value }: Stretch): Figure => ({
    section,
    name: `healthy consumer's longest silence ${when}`,
    value,
    unit: "ms",
    ...(when === "before" ? {} : { target: { text: `<= ${MAX_SILENCE_MS} ms`, met: value <= MAX_SILENCE_MS } }),
  });
  return [
    change("published", ({ publishedPerSecond }) => publishedPerSecond),
    change("accepted by the healthy consumer", ({ acceptedPerSecond }) => acceptedPerSecond),
    silence("before", before),
    silence("during", during),
    silence("after", after),
  ];
}
