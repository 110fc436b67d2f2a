import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { McapIndexedReader } from "@mcap/core";
import { closeFile, O, openFile, tryLock } from "../../ffi/libc.ts";
import { FileWindow } from "../../src/recording/byte-window.ts";
import { Recording } from "../../src/recording/recording.ts";
import { repairRecording } from "../../src/recording/repair.ts";
import { verifyRecording } from "../../src/recording/verify.ts";
import { type FileOptions, writeFrames } from "../support/mcap-file.ts";
import { TestFolder } from "../support/test-folder.ts";

const folder = new TestFolder();
afterAll(() => folder.remove());
const newPath = (): string => join(folder.path, `${crypto.randomUUID()}.mcap`);

/** Frames that another reader finds by the index. */
async function framesByIndex(path: string): Promise<number> {
  const bytes = readFileSync(path);
  const readable = {
    size: async () => BigInt(bytes.length),
    read: async (offset: bigint, length: bigint) =>
      new Uint8Array(bytes.subarray(Number(offset), Number(offset + length))),
  };
  const decompressHandlers = { zstd: (packed: Uint8Array) => new Uint8Array(Bun.zstdDecompressSync(packed)) };
  const reader = await McapIndexedReader.Initialize({ readable, decompressHandlers });
  let count = 0;
  for await (const _ of reader.readMessages()) count++;
  return count;
}

const PACKED: readonly [string, FileOptions][] = [
  ["chunks", { library: "tensorpool 0.1.0" }],
  ["chunks packed by zstd", { chunks: "zstd", library: "tensorpool 0.1.0" }],
];

describe.each(PACKED)("a file of %s that was cut", (_name, options) => {
  test("has an index after repair, and the data as it was, wherever it was cut", async () => {
    const whole = newPath();
    await writeFrames(whole, 30, options);
    const bytes = readFileSync(whole);
    for (let length = bytes.length - 1; length > 400; length -= 211) {
      const path = newPath();
      writeFileSync(path, bytes.subarray(0, length));
      let before = 0;
      {
        using recording = Recording.open(path);
        before = recording.streams.length === 0 ? 0 : [...recording.frames(7)].length;
      }
      const result = repairRecording(path);
      expect(result).toMatchObject({ path, isRepaired: true, messages: before });
      const behind = bytes.subarray(result.keptBytes, length);
      expect(result.lostBytes).toBe(behind.findLastIndex((byte) => byte !== 0) + 1);
      expect(readFileSync(path).subarray(0, result.keptBytes)).toEqual(bytes.subarray(0, result.keptBytes));
      expect(await framesByIndex(path)).toBe(before);
      expect(verifyRecording(path)).toMatchObject({ problems: [], frames: before });
      using recording = Recording.open(path);
      expect([recording.cut, recording.index.isFromSummary]).toEqual([null, true]);
    }
  });
});

describe("repair", () => {
  test("drops a last chunk whose index was not written, and counts no zeros as lost", async () => {
    const path = newPath();
    await writeFrames(path, 30, { library: "tensorpool 0.1.0" });
    const bytes = readFileSync(path);
    const { chunks } = Recording.open(path).index;
    const last = chunks.length - 1;
    writeFileSync(path, Buffer.concat([bytes.subarray(0, chunks.indexAt(last)), Buffer.alloc(100_000)]));
    const lostBytes = chunks.indexAt(last) - chunks.offset(last);
    expect(repairRecording(path)).toMatchObject({
      chunks: last,
      lostBytes,
      because: "the last chunk was not finished",
    });
    expect(verifyRecording(path).problems).toEqual([]);
  });

  test("leaves a file as it is that has an index", async () => {
    const path = newPath();
    await writeFrames(path, 30);
    const bytes = readFileSync(path);
    expect(repairRecording(path)).toMatchObject({ isRepaired: false, lostBytes: 0, because: null });
    expect(readFileSync(path)).toEqual(bytes);
  });

  test("refuses a file with messages outside of chunks, by name and with the next step, and leaves it as it is", async () => {
    for (const cutBytes of [0, 1, 500]) {
      const path = newPath();
      await writeFrames(path, 30, { chunks: "none" });
      const bytes = readFileSync(path).subarray(0, -cutBytes || undefined);
      writeFileSync(path, bytes);
      expect(() => repairRecording(path)).toThrow(
        /messages outside of chunks, .*: it can be read and replayed as it is; `mcap recover` makes another file of it/,
      );
      expect(readFileSync(path)).toEqual(bytes);
      using recording = Recording.open(path);
      expect([...recording.frames(7)].length).toBeGreaterThan(20);
    }
  });

  test("refuses a file that is being written", async () => {
    const path = newPath();
    await writeFrames(path, 3, { hasSummary: false });
    const fd = openFile(path, O.RDWR);
    try {
      expect(tryLock(fd, "exclusive")).toBe(true);
      expect(() => repairRecording(path)).toThrow("is being recorded: end `tensorpool record` first");
    } finally {
      closeFile(fd);
    }
  });
});

describe("verify", () => {
  test("finds nothing in files that are whole", async () => {
    for (const options of [{}, { chunks: "zstd" }, { chunks: "none" }, { hasSummary: false }] as const) {
      const path = newPath();
      await writeFrames(path, 30, options);
      expect(verifyRecording(path)).toMatchObject({ problems: [], frames: 30, messages: 30 });
    }
  });

  test("finds every byte that was changed in the data", async () => {
    const whole = newPath();
    await writeFrames(whole, 20);
    const bytes = readFileSync(whole);
    using window = new FileWindow(whole);
    const path = newPath();
    for (let at = 30; at < window.byteLength - 100; at += 37) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 0x55;
      writeFileSync(path, changed);
      const { problems } = verifyRecording(path);
      expect(`${at}: ${problems.length > 0}`).toBe(`${at}: true`);
    }
  });

  test("says that an index is missing, and what makes one", async () => {
    const path = newPath();
    await writeFrames(path, 20);
    writeFileSync(path, readFileSync(path).subarray(0, 3000));
    expect(verifyRecording(path).problems.map(({ message }) => message)).toEqual([
      "the file has no index: the last record is not complete; `tensorpool record repair` makes one",
    ]);
  });
});
