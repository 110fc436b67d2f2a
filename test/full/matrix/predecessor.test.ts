import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { until } from "../../support/until.ts";
import { Stage } from "./stage.ts";

/** A start and twenty seconds of patience, on a machine that is busy. */
const LIMIT_MS = 120_000;
const TIMEOUT_MS = 30_000;

test(
  "W-21: what a killed producer left, and a reader held when the next one started, goes while that one runs",
  async () => {
    await using stage = new Stage("standalone");
    const epochs = (): string[] => readdirSync(`${stage.place.shmDir}/default/standalone-10000`).sort();
    const killed = stage.start("producer");
    const consumer = stage.start("consumer");
    await consumer.flows(TIMEOUT_MS);
    const [dead = ""] = epochs();
    // It is paused, so that it holds the dead epoch for certain when the next producer starts.
    await consumer.process.stop();
    await killed.process.destroy();
    const next = stage.start("producer");
    await until(
      () => (next.counters.claimed ?? 0) > 0,
      () => "frames of the next producer",
      TIMEOUT_MS,
    );
    expect(epochs()).toContain(dead);
    consumer.process.signal("SIGCONT");
    await consumer.flows(TIMEOUT_MS);
    await until(
      () => !epochs().includes(dead),
      () => `the dead epoch ${dead} to be swept, found ${epochs()}`,
    );
    expect(epochs().length).toBe(1);
    await stage.end(next);
    await stage.end(consumer);
    expect(stage.place.regionFiles()).toEqual([]);
  },
  LIMIT_MS,
);
