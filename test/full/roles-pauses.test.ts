import { describe, expect, test } from "bun:test";
import { Place } from "../support/place.ts";
import type { RoleProcess } from "../support/role-process.ts";
import { elapse } from "../support/until.ts";

const LIVE = ["--source", "synthetic:dtype=uint8,dims=64x64,rate=500", "--slots", "256", "--stats-interval", "100ms"];
const WATCH = ["--stats-interval", "100ms"];
/** Longer than Aeron lets a client be silent: it returns to a client that is dead. */
const PAUSE_MS = 17_000;
const TEST_MS = 120_000;

async function flows(consumer: RoleProcess): Promise<void> {
  consumer.markRows();
  const { accepted = 0 } = (await consumer.row(() => true, "counters")).counters;
  await consumer.row((row) => (row.counters.accepted ?? 0) > accepted + 50, "more accepted frames");
}

describe("a pause after which the media driver has given the client up", () => {
  for (const stopped of ["consumer", "producer"] as const) {
    // Side by side: most of either is the pause.
    test.concurrent(
      `of the ${stopped}: it connects again by itself, frames flow again, and it ends in order`,
      async () => {
        await using place = new Place();
        await place.mediaDriver();
        const roles = { producer: place.producer(LIVE), consumer: place.consumer(WATCH) };
        await flows(roles.consumer);
        await roles[stopped].stop();
        await elapse(PAUSE_MS);
        roles[stopped].signal("SIGCONT");
        await roles[stopped].errorLine(/gave this client up/);
        await roles[stopped].errorLine(/connected .* again/);
        await flows(roles.consumer);
        if (stopped === "consumer") {
          // Not a shorter pause, which a busy machine may have made before.
          const line = await roles.consumer.errorLine(/was paused for [12]\d\.\d s and missed \d+ frames/);
          expect(Number(/missed (\d+)/.exec(line)?.[1]), roles.consumer.describe()).toBeGreaterThan(5000);
          // What it read before it knew is not taken for another writer when it comes again.
          expect(roles.consumer.stderr).not.toContain("seq went back");
        } else {
          await roles.producer.errorLine(/starting a new epoch/);
        }
        for (const role of [roles.producer, roles.consumer]) role.signal("SIGTERM");
        const exits = [await roles.producer.exit(), await roles.consumer.exit()];
        expect(exits, `${roles.producer.describe()}\n${roles.consumer.describe()}`).toEqual([0, 0]);
        expect(place.regionFiles()).toEqual([]);
      },
      TEST_MS,
    );
  }
});
