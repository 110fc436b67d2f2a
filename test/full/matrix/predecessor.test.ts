import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { PROCESS_TEST_MS, TIMEOUT_MS, until } from "../../support/until.ts";
import { Stage } from "./stage.ts";

test(
  "W-21: what a killed producer left, and a reader held when the next one started, goes while that one runs",
  async () => {
    await using stage = new Stage({ deployment: "standalone", disturbance: "kill -9" });
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
  PROCESS_TEST_MS,
);
