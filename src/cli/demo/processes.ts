import { type ChildEnd, DemoChild } from "./child.ts";
import type { DemoPlan } from "./plan.ts";
import type { RoleScore, Scoreboard, StatsRow } from "./scoreboard.ts";
import type { Workspace } from "./workspace.ts";

const STATS_INTERVAL_S = 0.25;
/** Time for a role to end in order. */
const GRACE_MS = 3_000;
/** Time for consumers to read the rest of the ring after its producer has ended. */
const DRAIN_MS = 5_000;

/** The four processes of a demo: a media driver, a producer, and two consumers. */
export class DemoProcesses {
  readonly mediaDriver: DemoChild;
  readonly producer: DemoChild;
  readonly consumers: readonly DemoChild[];

  constructor(plan: DemoPlan, workspace: Workspace, scores: Scoreboard) {
    const { aeronDir, shmDir } = workspace;
    const places = ["--aeron-dir", aeronDir, "--shm-dir", shmDir, "--media-driver", "external"];
    const role = ["--standalone", ...places, "--stats-interval", String(STATS_INTERVAL_S), "--output", "jsonl"];
    const driverArguments = ["media-driver", "--aeron-dir", aeronDir, "--linger", "0"];
    this.mediaDriver = new DemoChild({ name: "media driver", args: driverArguments });
    const consumer = (score: RoleScore, ...options: string[]): DemoChild =>
      new DemoChild({ ...reportingTo(score), args: ["consumer", ...role, "--once", ...options] });
    this.producer = new DemoChild({
      ...reportingTo(scores.producer),
      args: ["producer", ...role, ...producerArguments(plan)],
      readsStdin: plan.isStream,
    });
    const slowly = ["--delay-per-frame", `${plan.delayNs}ns`, "--max-seq-gap", String(plan.maxSeqGap)];
    this.consumers = [consumer(scores.fast), consumer(scores.slow, ...slowly)];
  }

  get all(): readonly DemoChild[] {
    return [this.mediaDriver, this.producer, ...this.consumers];
  }

  /** Settles with the first process that ends. */
  firstEnd(): Promise<ChildEnd> {
    return Promise.race(this.all.map(({ ended }) => ended));
  }

  /**
   * Ends them in order: the producer, then the consumers, which first read the rest of the ring unless `isHurried`, then the media
   * driver. Processes that do not end are killed.
   */
  async finish(isHurried: boolean): Promise<void> {
    await this.producer.finish(0, GRACE_MS);
    await Promise.all(this.consumers.map((consumer) => consumer.finish(isHurried ? 0 : DRAIN_MS, GRACE_MS)));
    await this.mediaDriver.finish(0, GRACE_MS);
  }

  /** Kills them immediately. */
  kill(): void {
    for (const child of this.all) child.kill();
  }
}

function producerArguments(plan: DemoPlan): string[] {
  const { rateHz, seconds, slots } = plan;
  return [
    ...plan.sourceArguments,
    ...(rateHz === null
      ? []
      : ["--rate", String(rateHz), "--count", String(Math.max(1, Math.round(rateHz * seconds)))]),
    ...(slots === null ? [] : ["--slots", String(slots)]),
    ...["--flow", "drop", "--wait-consumers", "2", "--name", "demo"],
  ];
}

function reportingTo(score: RoleScore): { name: string; onRow: (row: object) => void } {
  return { name: score.name, onRow: (row) => score.add(row as StatsRow, performance.now()) };
}
