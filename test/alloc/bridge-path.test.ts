import { expect, test } from "bun:test";
import { betweenMarks, NO_COLLECTIONS } from "../../src/cli/bench/allocation-run.ts";
import { startJob } from "../../src/cli/bench/stream-run.ts";
import { Workspace } from "../../src/cli/bench/workspace.ts";
import { freeUdpPort } from "../support/free-port.ts";

/** Until all code of the way is compiled. */
const WARM_UP_FRAMES = 80_000;
const FRAMES = 120_000;
/** What happens once a second comes on top of nothing, more for each frame on a busy machine; an object in each cycle costs hundreds. */
const MAX_BYTES = 24;
const SMALLEST_OBJECT_BYTES = 16;
const RUNS = 3;
const TIMEOUT_MS = 5 * 60_000;

/** Bytes that the heap grew by for each frame through a bridge, from the producer's claim to the far slot. */
async function bytesPerFrame(payloadBytes: number, parameters: string, leak = false): Promise<number> {
  using workspace = new Workspace();
  const { aeronDir, shmDir } = workspace.place();
  const from = `127.0.0.1:${await freeUdpPort()}`;
  const to = `aeron:udp?endpoint=${from}${parameters}`;
  const marks = { warmUpFrames: WARM_UP_FRAMES, frames: FRAMES };
  const { child, report } = startJob<number>(
    workspace,
    { kind: "carry", aeronDir, shmDir, to, from, payloadBytes, marks, leak },
    { env: NO_COLLECTIONS },
  );
  expect(await report).toBeGreaterThanOrEqual(WARM_UP_FRAMES + FRAMES);
  await child.ended;
  const { frames, heapGrowthBytes } = betweenMarks(child.errors);
  return heapGrowthBytes / frames;
}

/** The least of some runs, up to the first that is below the limit: other load on the machine can only add to it. */
async function leastBytesPerFrame(payloadBytes: number, parameters: string): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS && least >= MAX_BYTES; run++) {
    least = Math.min(least, await bytesPerFrame(payloadBytes, parameters));
  }
  return least;
}

test(
  "a frame through a bridge allocates nothing on either side, as one message or in parts",
  async () => {
    expect(await leastBytesPerFrame(64, "")).toBeLessThan(MAX_BYTES);
    // Two fragments, of which one is read where it is, and a message at the end.
    expect(await leastBytesPerFrame(5000, "|mtu=4608")).toBeLessThan(MAX_BYTES);
  },
  TIMEOUT_MS,
);

test(
  "one small object per frame through a bridge is noticed",
  async () => {
    expect(await bytesPerFrame(64, "", true)).toBeGreaterThanOrEqual(SMALLEST_OBJECT_BYTES);
  },
  TIMEOUT_MS,
);
