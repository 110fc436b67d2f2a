import { setTimeout as sleep } from "node:timers/promises";
import { noise } from "./noise.ts";
import type { Child } from "./support/child.ts";
import { rolePlace, subject, tensorpool } from "./support/commands.ts";
import { type Figure, say } from "./support/report.ts";
import { RoleRows } from "./support/rows.ts";
import type { Workspace } from "./support/workspace.ts";

export interface IsolationOptions {
  /** How long each disturbance is watched. */
  readonly watchedSeconds: number;
  /** How long a consumer is stopped, one run each. */
  readonly stops: readonly number[];
}

/** Fixed, and well below what two cores can do: what is asked is whether one consumer takes anything from the others. */
const RATE_HZ = 10_000;
const SLOTS = 1024;
const STREAM_ID = 10_000;
const FRAME_BYTES = 64;
/** Ten times the time between two frames. */
const SLOW_DELAY = `${(10 * 1e6) / RATE_HZ}us`;
const SETTLING_MS = 2000;
const LONGEST_START_SECONDS = 30;
const MAX_CHANGE = 0.05;
const MAX_SILENCE_MS = 100;

interface Disturbance {
  readonly name: string;
  /** Options of the consumer that is disturbed. */
  readonly consumerArgs: readonly string[];
  /** Does it, and resolves when it is over; what is watched goes on until the time is up. */
  disturb(victim: Child): Promise<void>;
}

interface Outcome {
  readonly publishedPerSecond: number;
  readonly acceptedPerSecond: number;
  readonly longestSilenceMs: number;
  /** What the disturbed consumer said at its end; empty for one that was killed. */
  readonly said: readonly string[];
}

/** What a stopped, a slow and a killed consumer change for the producer and for a healthy consumer. */
export async function isolation(workspace: Workspace, options: IsolationOptions): Promise<Figure[]> {
  const figures = await noise(workspace, options.watchedSeconds);
  say("isolation: nobody disturbed");
  const calm = await watch(workspace, { name: "nobody disturbed", consumerArgs: [], disturb: async () => {} }, options);
  figures.push(...figuresOf("nobody disturbed", calm, calm));
  for (const disturbance of disturbances(options)) {
    say(`isolation: ${disturbance.name}`);
    const outcome = await watch(workspace, disturbance, options);
    figures.push(...figuresOf(disturbance.name, outcome, calm));
    for (const line of outcome.said) say(`  the disturbed consumer: ${line}`);
  }
  return figures;
}

function disturbances({ stops }: IsolationOptions): Disturbance[] {
  return [
    ...stops.map((seconds) => ({
      name: `a consumer stopped for ${seconds} s`,
      consumerArgs: [],
      disturb: async (victim: Child): Promise<void> => {
        victim.kill("SIGSTOP");
        await sleep(seconds * 1000);
        victim.kill("SIGCONT");
      },
    })),
    {
      name: "a consumer ten times too slow",
      consumerArgs: ["--delay-per-frame", SLOW_DELAY],
      disturb: async () => {},
    },
    {
      name: "a consumer killed with -9",
      consumerArgs: [],
      disturb: async (victim) => {
        victim.kill("SIGKILL");
      },
    },
  ];
}

async function watch(
  workspace: Workspace,
  { consumerArgs, disturb }: Disturbance,
  { watchedSeconds }: IsolationOptions,
): Promise<Outcome> {
  const place = workspace.place();
  const common = [...rolePlace(place), "--media-driver", "external", "--stream", String(STREAM_ID)];
  // Should this process be killed, they end all the same.
  common.push("--seconds", String(watchedSeconds + LONGEST_START_SECONDS));
  const produced = new RoleRows();
  const watched = new RoleRows();
  const driver = workspace.start(tensorpool("media-driver", "--aeron-dir", place.aeronDir, "-q"));
  const healthy = workspace.start(subject("watching-consumer", place.aeronDir, place.shmDir, String(STREAM_ID)), {
    onLine: watched.onLine,
  });
  const victim = workspace.start(tensorpool("consumer", ...common, "--sink", "null", "--once", ...consumerArgs));
  const producer = workspace.start(
    tensorpool(
      ...["producer", ...common, "-o", "jsonl", "--stats-interval", "100ms", "--wait-consumers", "2"],
      ...["--source", `synthetic:dtype=uint8,dims=${FRAME_BYTES},rate=${RATE_HZ},pattern=counter`],
      ...["--slots", String(SLOTS), "--flow", "drop"],
    ),
    { onLine: produced.onLine },
  );
  while (watched.last("accepted") < RATE_HZ) await sleep(100);
  await sleep(SETTLING_MS);
  const beginMs = performance.now();
  const over = disturb(victim);
  await sleep(watchedSeconds * 1000);
  await over;
  const endMs = performance.now();
  await sleep(500);
  await producer.stop();
  await Promise.all([healthy.stop(), victim.stop()]);
  await driver.stop();
  workspace.remove(place);
  const silences = watched.list.filter(({ arrivedMs }) => arrivedMs >= beginMs && arrivedMs <= endMs);
  return {
    publishedPerSecond: produced.rateDuring("published", beginMs, endMs),
    acceptedPerSecond: watched.rateDuring("accepted", beginMs, endMs),
    longestSilenceMs: Math.max(...silences.map(({ counters }) => counters.longestSilenceNs ?? 0)) / 1e6,
    said: victim.errors.filter((line) => /stood still|^accepted|^ {2}\w/.test(line)),
  };
}

function figuresOf(name: string, outcome: Outcome, calm: Outcome): Figure[] {
  const section = `isolation, ${RATE_HZ / 1000} kHz`;
  const rate = (what: string, value: number, before: number): Figure => {
    const ratio = value / before;
    return {
      section,
      name: `${name}: ${what}`,
      value,
      unit: "frames/s",
      ratio: { value: ratio, to: "nobody disturbed" },
      target: { text: `within ${MAX_CHANGE * 100} %`, met: Math.abs(ratio - 1) < MAX_CHANGE },
    };
  };
  return [
    rate("published", outcome.publishedPerSecond, calm.publishedPerSecond),
    rate("accepted by the healthy one", outcome.acceptedPerSecond, calm.acceptedPerSecond),
    {
      section,
      name: `${name}: healthy one's longest silence`,
      value: outcome.longestSilenceMs,
      unit: "ms",
      // A machine that holds everybody up shows in the calm run as well.
      ratio: { value: outcome.longestSilenceMs / calm.longestSilenceMs, to: "nobody disturbed" },
      target: { text: `<= ${MAX_SILENCE_MS} ms`, met: outcome.longestSilenceMs <= MAX_SILENCE_MS },
    },
  ];
}
