import { expect, test } from "bun:test";
import { BridgePlace, frameNumbers, numberedFrames } from "../support/bridge-place.ts";
import { elapse, PROCESS_TEST_MS, until } from "../support/until.ts";

const FRAME_BYTES = 1000 * 1000;
const FRAMES = 40;
const FILE = ["--source", "raw:-", "--dtype", "uint8", "--dims", "1000x1000", "--once", "--slots", "64"];

test(
  "W-48: a lossless bridge brings the tail of a file, although it is paused for longer than live readers are waited for",
  async () => {
    await using place = await BridgePlace.open();
    await place.mediaDrivers();
    place.receive();
    const consumer = place.consumer(["--sink", "raw:-", "--once"], { binary: true });
    const send = place.send(["--mode", "lossless", "--once", "--fail-on-loss"], "term-length=1m");
    const producer = place.producer([...FILE, "--flow", "wait", "--wait-timeout", "60s", "--fail-on-loss"], {
      stdin: numberedFrames(FRAMES, FRAME_BYTES),
    });
    await until(
      () => consumer.bytes.length > FRAME_BYTES,
      () => `the first frames: ${consumer.describe()} ${send.describe()}`,
    );
    await send.stop();
    // Longer than readers of a live stream get.
    await elapse(2500);
    expect(producer.hasEnded).toBe(false);
    send.signal("SIGCONT");
    const codes = [await producer.exit(), await send.exit(), await consumer.exit()];
    expect([codes, send.stderr]).toEqual([[0, 0, 0], expect.any(String)]);
    expect(frameNumbers(consumer.bytes, FRAME_BYTES)).toEqual(Array.from({ length: FRAMES }, (_, n) => n));
  },
  PROCESS_TEST_MS,
);
