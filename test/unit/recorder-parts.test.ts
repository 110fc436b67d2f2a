import { describe, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { Batch } from "../../src/recorder/batch.ts";
import type { Block } from "../../src/recorder/block.ts";
import { BufferPool } from "../../src/recorder/buffer-pool.ts";
import { Part } from "../../src/recorder/part.ts";
import { PartNames } from "../../src/recorder/part-names.ts";
import { FileWindow } from "../../src/recording/byte-window.ts";
import { Opcode } from "../../src/recording/layout.ts";
import { RecordWalk } from "../../src/recording/record-walk.ts";
import { readFooter } from "../../src/recording/summary-reader.ts";
import { TemporaryDirectory } from "../support/shm.ts";

describe("the parts of a recording", () => {
  test("have names that sort by time and number, and one file has its own", () => {
    expect(new PartNames("/data/a.mcap", false, new Date(0)).next()).toBe("/data/a.mcap");
    const names = new PartNames("/data/a.mcap", true, new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6)));
    expect([names.next(), names.next()]).toEqual([
      "/data/a-20260102T030405.006Z-0001.mcap",
      "/data/a-20260102T030405.006Z-0002.mcap",
    ]);
  });

  test("the oldest go while there are too many bytes, also those of earlier runs, and no other file", async () => {
    using dir = new TemporaryDirectory();
    const earlier = new PartNames(dir.at("a.mcap"), true, new Date(0));
    const names = new PartNames(dir.at("a.mcap"), true, new Date(1e9));
    const paths = [earlier.next(), earlier.next(), names.next(), names.next()];
    for (const path of [...paths, dir.at("a-other.mcap"), dir.at("a.mcap"), dir.at("0-first.mcap")]) {
      writeFileSync(path, new Uint8Array(100));
    }
    const current = new Set([paths[3] as string]);
    expect(await names.removeOldest(400, current, false)).toEqual([]);
    expect(await names.removeOldest(250, current, false)).toEqual(paths.slice(0, 2));
    expect(await names.removeOldest(1e9, current, true)).toEqual([paths[2] as string]);
    // What is being written stays, whatever it takes.
    expect(await names.removeOldest(0, current, true)).toEqual([]);
    expect(readdirSync(dir.path).filter((name) => name.endsWith(".mcap"))).toHaveLength(4);
  });
});

/** A block of one byte, which no reader looks at here. */
function blockOf(frame: Block["frame"]): Block {
  const times = { startHigh: 0, startLow: 0, endHigh: 0, endLow: 0 };
  const sizes = { byteLength: 1, compression: "", compressedSize: 0, uncompressedSize: 0 };
  return {
    channels: [],
    pieces: [Uint8Array.of(Opcode.PADDING)],
    byteLength: 1,
    frame,
    chunk: { ...times, ...sizes, indexOffsets: [], messages: [] },
    frames: [],
    bytes: [],
    isAccount: false,
    isReady: true,
    release: () => undefined,
  };
}

/** Offsets of the chunks that the index of a file names, in its order. */
function namedChunks(path: string): number[] {
  using window = new FileWindow(path);
  const { summaryAt, summaryEnd } = readFooter(window) ?? { summaryAt: 0, summaryEnd: 0 };
  const walk = new RecordWalk(window, summaryAt, summaryEnd);
  const offsets: number[] = [];
  while (walk.next()) {
    if (walk.opcode !== Opcode.CHUNK_INDEX) continue;
    // Behind the times of the first and the last message.
    offsets.push(Number(window.view.getBigUint64(window.load(walk.contentAt + 16, 8), true)));
  }
  return offsets;
}

test("the index of a part names its chunks in the order of the file, whichever is proven first", async () => {
  using dir = new TemporaryDirectory();
  const part = await Part.create(dir.at("a.mcap"), 0);
  const batch = new Batch(part, [], []);
  batch.add(part.head("test", [], []));
  const inSlot = { isIntact: () => true, release: () => undefined };
  // A frame is proven by a write of its own; what is in the recorder's memory is proven at once.
  for (const frame of [inSlot, null, inSlot, inSlot, null]) batch.append(blockOf(frame));
  await new Promise<void>((resolve) => batch.write(() => resolve()));
  const proofs: unknown[] = [];
  for (const [i, block] of batch.blocks.entries()) {
    part.prove(block, batch.offsets[i] as number, (error) => proofs.push(error));
  }
  expect(await part.finish()).toBeNull();
  expect(proofs).toEqual([null, null, null, null, null]);
  expect(namedChunks(part.path)).toEqual(batch.offsets);
});

describe("a pool of buffers", () => {
  test("is bounded, and gives the same buffers again", () => {
    const pool = new BufferPool(100);
    const first = pool.take(60);
    expect(pool.take(60)).toBeNull();
    expect(pool.usedBytes).toBe(60);
    pool.give(first as Uint8Array);
    expect(pool.take(60)).toBe(first as Uint8Array);
  });

  test("buffers of another size make room for new ones", () => {
    const pool = new BufferPool(100);
    for (const buffer of [pool.take(40), pool.take(40)]) pool.give(buffer as Uint8Array);
    expect(pool.take(90)?.length).toBe(90);
    expect(pool.take(20)).toBeNull();
  });
});
