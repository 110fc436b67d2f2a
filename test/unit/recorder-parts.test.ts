import { describe, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { BufferPool } from "../../src/recorder/buffer-pool.ts";
import { PartNames } from "../../src/recorder/part-names.ts";
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
