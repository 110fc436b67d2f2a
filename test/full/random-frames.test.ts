import { test } from "bun:test";
import { firstSeed } from "./fuzz/fuzz.ts";
import { expectAllAccountedFor, randomFramesTable, runRandomFrames } from "./random-frames/random-frames.ts";

const FRAMES = 1_000_000;

test(
  "W-05, W-11, W-19: a million frames of random dtypes, ranks, orders, strides, pools and sizes are equal on both sides, and all add up",
  async () => {
    const seed = firstSeed();
    const outcome = await runRandomFrames(seed, FRAMES);
    console.log(randomFramesTable(outcome));
    expectAllAccountedFor(seed, outcome);
  },
  10 * 60_000,
);
