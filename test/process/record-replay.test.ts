import { afterEach, beforeEach, expect, test } from "bun:test";
import type { RecordedFrame } from "../../src/library/open-recording.ts";
import { contiguousByteLength, DTYPE_NAMES, type Dtype } from "../../src/protocol/dtype.ts";
import { readLedger } from "../../src/recording/ledger-reader.ts";
import { Recording } from "../../src/recording/recording.ts";
import { verifyRecording } from "../../src/recording/verify.ts";
import { framePattern, START_NS, TestFile } from "../support/mcap-file.ts";
import { Place } from "../support/place.ts";

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(async () => {
  await place[Symbol.asyncDispose]();
});

/** What a replay has to keep of a frame; epochs and numbers are those of the producer. */
const keptOf = (frame: RecordedFrame) => ({
  dtype: frame.dtype,
  dims: frame.dims,
  strides: frame.strides,
  majorOrder: frame.majorOrder,
  timestampNs: frame.timestampNs,
  bytes: new Uint8Array(frame.bytes),
});

function framesOf(path: string): ReturnType<typeof keptOf>[] {
  using recording = Recording.open(path);
  return [...recording.frames("camera")].map(keptOf);
}

/** A frame of each dtype, in both orders, with and without gaps between its rows. */
async function original(path: string): Promise<void> {
  const file = await TestFile.create(path, { library: "tensorpool 0.1.0" });
  let seq = 0;
  const add = async (
    dtype: Dtype,
    dims: readonly number[],
    byteLength: number,
    strides?: readonly number[],
    majorOrder?: "column",
  ) => {
    const logTimeNs = START_NS + BigInt(seq) * 100_000n;
    const shape = {
      dtype,
      dims,
      ...(strides === undefined ? {} : { strides }),
      ...(majorOrder === undefined ? {} : { majorOrder }),
    };
    await file.frame({
      ...shape,
      bytes: framePattern(byteLength, seq),
      seq,
      logTimeNs,
      timestampNs: 5_000n + BigInt(seq),
    });
    seq++;
  };
  for (const dtype of DTYPE_NAMES) {
    const dims = [5, 3];
    const byteLength = contiguousByteLength(dtype, dims);
    await add(dtype, dims, byteLength);
    await add(dtype, dims, byteLength, undefined, "column");
    if (dtype === "bit") continue;
    const elementBytes = byteLength / 15;
    await add(dtype, dims, elementBytes * (4 * 8 + 3), [8 * elementBytes, elementBytes]);
  }
  await add("float64", [], 8);
  await file.end();
}

test("what is recorded, replayed and recorded again is the same, byte for byte", async () => {
  const [first, second, third] = [place.at("first.mcap"), place.at("second.mcap"), place.at("third.mcap")] as const;
  await original(first);
  const role = ["--standalone", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
  for (const [from, to] of [
    [first, second],
    [second, third],
  ] as const) {
    const recorder = place.run(["record", "7", ...role, "--to", to, "--once"]);
    expect(await place.run(["replay", from, ...role, "--speed", "max"]).exit()).toBe(0);
    expect(await recorder.exit()).toBe(0);
    using recording = Recording.open(to);
    expect(readLedger([recording]).map(({ isFinal, published, missing }) => ({ isFinal, published, missing }))).toEqual(
      [{ isFinal: true, published: 39, missing: {} }],
    );
    expect(verifyRecording(to).problems).toEqual([]);
  }
  const expected = framesOf(first);
  expect(framesOf(second)).toEqual(expected);
  expect(framesOf(third)).toEqual(expected);
});
