import { describe, expect, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";
import { Place } from "../support/place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const FRAME_BYTES = 4096;
const LIVE = ["--source", "synthetic:dtype=uint8,dims=64x64,rate=500", "--slots", "256"];
const WATCH = ["--stats-interval", "50ms"];
/** A sink that is slower than the stream: some frames wait whenever it is ended. */
const SLOW_SINK = "export const sink = { copiedFrame: () => new Promise((resolve) => setTimeout(resolve, 8)) };\n";
const STUCK_SINK = "export const sink = { copiedFrame: () => new Promise(() => {}) };\n";

/** Reads a live stream into a sink, and ends the consumer by SIGTERM. */
async function ended(place: Place, sink: string, isFlowing: (accepted: number) => boolean) {
  place.producer(LIVE);
  const consumer = place.consumer(["--sink", sink, ...WATCH]);
  await consumer.row(({ counters }) => isFlowing(counters.accepted ?? 0), "accepted frames");
  consumer.signal("SIGTERM");
  expect(await consumer.exit(), consumer.describe()).toBe(0);
  return { consumer, accepted: consumer.lastRow.counters.accepted ?? Number.NaN };
}

describe("frames that were accepted when SIGTERM came", () => {
  test(
    "are handed to a module that takes its time",
    async () => {
      await using place = new Place();
      writeFileSync(place.at("slow.ts"), SLOW_SINK);
      const { consumer, accepted } = await ended(place, `module:${place.at("slow.ts")}`, (count) => count > 40);
      expect(consumer.stderr).toContain(`took ${accepted} frames`);
      expect(consumer.stderr).not.toContain("not handed over");
    },
    PROCESS_TEST_MS,
  );

  test(
    "are written to a file",
    async () => {
      await using place = new Place();
      const { consumer, accepted } = await ended(place, `raw:${place.at("frames.raw")}`, (count) => count > 100);
      expect(consumer.stderr).toContain(`wrote ${accepted} frames`);
      expect(statSync(place.at("frames.raw")).size).toBe(accepted * FRAME_BYTES);
    },
    PROCESS_TEST_MS,
  );

  test(
    "and that a module never takes do not keep the consumer from its end, and are named",
    async () => {
      await using place = new Place();
      writeFileSync(place.at("stuck.ts"), STUCK_SINK);
      const { consumer, accepted } = await ended(place, `module:${place.at("stuck.ts")}`, (count) => count > 3);
      expect(consumer.stderr).toContain("took 0 frames");
      expect(consumer.stderr).toContain(`not handed over: ${accepted - 1} (`);
    },
    PROCESS_TEST_MS,
  );
});
