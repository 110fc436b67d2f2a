import { expect, test } from "bun:test";
import { COLLECTION_LOG, runAllocation } from "../../src/cli/bench/allocation-run.ts";
import { Workspace } from "../../src/cli/bench/workspace.ts";

/** The engine collects after 8 MiB and more of new objects; the smallest object has 16 bytes. */
const WARM_UP_FRAMES = 1_500_000;
const FRAMES = 5_000_000;
/** Few, because each comes with an object: what is shown is that they are seen. */
const LEAKING_FRAMES = 1_500_000;
/** Half a minute on a quiet machine. */
const TIMEOUT_MS = 10 * 60_000;

test(
  "a frame allocates nothing, in the producer and in the consumer: no collection begins during millions of frames",
  async () => {
    using workspace = new Workspace();
    const allocation = await runAllocation(workspace, COLLECTION_LOG, {
      warmUpFrames: WARM_UP_FRAMES,
      frames: FRAMES,
    });
    expect(allocation.producer.frames).toBeGreaterThanOrEqual(FRAMES);
    expect(allocation.consumer.frames).toBeGreaterThanOrEqual(FRAMES);
    expect(allocation.producer.collections).toBe(0);
    expect(allocation.consumer.collections).toBe(0);
  },
  TIMEOUT_MS,
);

test(
  "one small object per frame is noticed on either side",
  async () => {
    using workspace = new Workspace();
    const allocation = await runAllocation(workspace, COLLECTION_LOG, {
      warmUpFrames: WARM_UP_FRAMES,
      frames: LEAKING_FRAMES,
      leak: true,
    });
    expect(allocation.producer.collections).toBeGreaterThan(0);
    expect(allocation.consumer.collections).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);
