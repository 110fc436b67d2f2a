import { test } from "bun:test";
import { firstSeed } from "../full/fuzz/fuzz.ts";
import { expectAllAccountedFor, randomFramesTable, runRandomFrames } from "../full/random-frames/random-frames.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

// The full size of this is in test/full/random-frames.test.ts.
test(
  "W-05, W-11, W-19: frames of random dtypes, ranks, orders, strides, pools and sizes are equal on both sides, and all add up",
  async () => {
    const seed = firstSeed();
    const outcome = await runRandomFrames(seed, 10_000);
    console.log(randomFramesTable(outcome));
    expectAllAccountedFor(seed, outcome);
  },
  PROCESS_TEST_MS,
);
