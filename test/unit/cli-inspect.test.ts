import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { closeFile, O, openFile, tryLock } from "../../ffi/libc.ts";
import { locate } from "../../src/cli/inspect/locate.ts";
import { printReports } from "../../src/cli/inspect/print.ts";
import { Output } from "../../src/cli/output/output.ts";
import { NotFoundError } from "../../src/core/errors.ts";
import { type RegionReport, reportOf } from "../../src/observe/region-report.ts";
import { FrameHeader } from "../../src/protocol/frame-header.ts";
import { HeaderRing } from "../../src/shm/header-ring.ts";
import type { RegionSet } from "../../src/shm/index.ts";
import { RegionInspection } from "../../src/shm/inspection.ts";
import { headerRingIdentity, payloadPoolIdentity } from "../../src/shm/superblock.ts";
import { parseRegionUri } from "../../src/shm/uri.ts";
import { createSmallStream, STREAM_ID, TemporaryDirectory, tamper, writeRegion } from "../support/shm.ts";

const NOW_NS = 200_000_000n;
const SLOT = (index: number): number => 64 + index * 256;

function report(path: string, slots = 10, nowNs = NOW_NS): RegionReport {
  return reportOf(path, slots, () => nowNs);
}

/** The findings as "rule what: expected, found". */
function findings(path: string): string[] {
  return report(path).findings.map(
    ({ rule, subject, what, expected, found }) => `${rule} ${subject} ${what}: ${expected} / ${found}`,
  );
}

function ringPath(set: RegionSet): string {
  return parseRegionUri(set.headerRing.uri).path;
}

function header(seq: number, overrides: Partial<FrameHeader> = {}): FrameHeader {
  const made = Object.assign(new FrameHeader(), {
    frameId: seq,
    timestampLow: 150_000_000,
    metaVersion: 1,
    valuesLenBytes: 16,
    payloadSlot: seq % 8,
    poolId: 1,
    dtype: 1,
    majorOrder: 1,
    ndims: 2,
    ...overrides,
  });
  made.dims.set([2, 8]);
  return made;
}

function write(set: RegionSet, seq: number, overrides: Partial<FrameHeader> = {}): void {
  const ring = new HeaderRing(set.headerRing.mapping, set.nslots);
  ring.markWriting(seq % 8, seq);
  ring.writeHeader(seq % 8, header(seq, overrides));
  ring.commit(seq % 8, seq);
}

/** The table as people see it. */
function printed(reports: readonly RegionReport[], width: number): string[] {
  const lines: string[] = [];
  const writer = {
    isClosed: false,
    error: null,
    queuedBytes: 0,
    write: (text: string) => lines.push(text.slice(0, -1)) > 0,
    flush: async () => {},
  };
  printReports(new Output({ format: "table", writer, width, coloured: false }), reports);
  return lines;
}

describe("inspect of slots", () => {
  test("zero-filled slots are empty and not frame 0", () => {
    using dir = new TemporaryDirectory();
    const set = createSmallStream(dir);
    const { slots, valid } = report(ringPath(set));
    expect(valid).toBe(true);
    expect(slots).toMatchObject({ readable: 8, committed: 0, writing: 0, empty: 8, torn: 0, invalid: 0, newest: [] });
    set.close({ unlink: true });
  });

  test("frame 0 is a frame once it is committed", () => {
    using dir = new TemporaryDirectory();
    const set = createSmallStream(dir);
    write(set, 0);
    const { slots } = report(ringPath(set));
    expect(slots).toMatchObject({ committed: 1, empty: 7 });
    expect(slots?.newest).toMatchObject([
      { index: 0, seq: "0", state: "committed", dtype: "uint8", dims: [2, 8], byteLength: 16, ageNs: 50_000_000 },
    ]);
    set.close({ unlink: true });
  });

  test("lists the newest first, as many as are asked for, over the end of the ring", () => {
    using dir = new TemporaryDirectory();
    const set = createSmallStream(dir);
    for (let seq = 0; seq < 13; seq++) write(set, seq);
    expect(report(ringPath(set), 3).slots?.newest.map(({ seq }) => seq)).toEqual(["12", "11", "10"]);
    expect(report(ringPath(set), 0).slots?.newest).toEqual([]);
    expect(report(ringPath(set), Number.POSITIVE_INFINITY).slots?.newest).toHaveLength(8);
    set.close({ unlink: true });
  });

  test("W-15: a slot that is being written is not judged by fields of the frame before", () => {
    using dir = new TemporaryDirectory();
    const set = createSmallStream(dir);
    write(set, 3, { dtype: 12 });
    new HeaderRing(set.headerRing.mapping, 8).markWriting(3, 11);
    const { slots, valid } = report(ringPath(set));
    expect(valid).toBe(true);
    expect(slots?.newest).toMatchObject([{ index: 3, seq: "11", state: "writing", dtype: null, dims: null }]);
    set.close({ unlink: true });
  });

  const FAULTS: readonly [string, Partial<FrameHeader>, string][] = [
    ["W-09", { ndims: 9 }, "ndims: 0 to 8 / 9"],
    ["W-11", { payloadOffset: 64 }, "payloadOffset: 0 / 64"],
    ["W-11", { valuesLenBytes: 5000 }, "valuesLenBytes: at most the stride of 4096 / 5000"],
    ["W-11", { payloadSlot: 4 }, "payloadSlot: 2, the header's index / 4"],
    ["W-11", { poolId: 9 }, "poolId: one of the pools 1 / 9"],
    ["W-11", { dtype: 12 }, "dtype: 1 to 11, 13 or 14 / 12"],
    ["W-11", { majorOrder: 0 }, "majorOrder: 1 (row) or 2 (column) / 0"],
    ["W-11", { valuesLenBytes: 15 }, "valuesLenBytes: at least the bytes that dims [2, 8] of uint8 reach / 15"],
    ["W-16", { frameId: 18 }, "frameId: 10, as the commit word says / 18"],
  ];
  for (const [rule, change, text] of FAULTS) {
    test(`${rule}: names the fault of a frame: ${text}`, () => {
      using dir = new TemporaryDirectory();
      const set = createSmallStream(dir);
      write(set, 10, change);
      expect(findings(ringPath(set))).toEqual([`${rule} slot 2 ${text}`]);
      expect(report(ringPath(set)).slots).toMatchObject({
        invalid: 1,
        newest: [{ index: 2, fault: expect.any(String) }],
      });
      set.close({ unlink: true });
    });
  }

  test("W-11: a negative dim, and W-10: a negative stride", () => {
    using dir = new TemporaryDirectory();
    const set = createSmallStream(dir);
    write(set, 2);
    tamper(ringPath(set), (view) => view.setInt32(SLOT(2) + 48, -2, true));
    expect(findings(ringPath(set))).toEqual(["W-11 slot 2 dims: no negative one / [-2, 8]"]);
    write(set, 2);
    tamper(ringPath(set), (view) => view.setInt32(SLOT(2) + 84, -1, true));
    expect(findings(ringPath(set))[0]).toStartWith("W-10 slot 2 strides: ");
    set.close({ unlink: true });
  });

  test("W-15: a frame in a slot where it does not belong", () => {
    using dir = new TemporaryDirectory();
    const set = createSmallStream(dir);
    tamper(ringPath(set), (view) => view.setBigUint64(SLOT(5), 2n * 9n, true));
    expect(findings(ringPath(set))).toEqual([
      "W-15 slot 5 commitWord: a frame that belongs here, 9 does to slot 1 / 9",
    ]);
    set.close({ unlink: true });
  });

  test("frame numbers beyond 2^53 are exact", () => {
    using dir = new TemporaryDirectory();
    const set = createSmallStream(dir);
    tamper(ringPath(set), (view) => view.setBigUint64(SLOT(1), 2n ** 63n + 3n, true));
    expect(report(ringPath(set)).slots?.newest).toMatchObject([{ seq: String(2n ** 62n + 1n), state: "writing" }]);
    set.close({ unlink: true });
  });
});

describe("inspect of files", () => {
  const identity = headerRingIdentity(7, 5n, 8);
  const pool = payloadPoolIdentity(7, 5n, 8, 1, 4096);

  test("a region as it should be has no findings", () => {
    using dir = new TemporaryDirectory();
    const set = createSmallStream(dir);
    for (const path of [ringPath(set), parseRegionUri(set.pools[0]?.uri ?? "").path]) {
      expect(report(path)).toMatchObject({ valid: true, findings: [] });
    }
    set.close({ unlink: true });
  });

  const BROKEN: readonly [string, (path: string) => void][] = [
    ["W-01 header.ring length: at least the 64 bytes of a superblock / 3 bytes", (path) => writeFileSync(path, "abc")],
    ["W-01 header.ring length: at least the 64 bytes of a superblock / 0 bytes", (path) => writeFileSync(path, "")],
    [
      "W-07 header.ring magic: 0x544f504c53484d31 / zeros (not written yet, or never finished)",
      (path) => writeFileSync(path, Buffer.alloc(4096)),
    ],
    [
      "W-07 header.ring magic: 0x544f504c53484d31 / 0x314d48534c504f54 (the same bytes the other way round)",
      (path) => writeFileSync(path, Buffer.from("TOPLSHM1".padEnd(64, "\0"))),
    ],
    [
      "W-07 header.ring magic: 0x544f504c53484d31 / 0x314d48534c4f5054 (its name, as text)",
      (path) => writeFileSync(path, Buffer.from("TPOLSHM1".padEnd(64, "\0"))),
    ],
    ["W-24 header.ring layoutVersion: 1 / 2", (path) => writeRegion(path, { ...identity, layoutVersion: 2 })],
    ["W-15 header.ring nslots: a power of two / 6", (path) => writeRegion(path, { ...identity, nslots: 6 })],
    ["W-07 header.ring poolId: 0 in a header ring / 3", (path) => writeRegion(path, { ...identity, poolId: 3 })],
    ["W-02 header.ring slotBytes: 256 / 128", (path) => writeRegion(path, { ...identity, slotBytes: 128 })],
    [
      "W-07 header.ring regionType: 1 (header ring) or 2 (payload pool) / 3",
      (path) => writeRegion(path, { ...identity, regionType: 3 as never }),
    ],
    ["W-02 header.ring length: at least 2112 bytes (64 + 8 x 256) / 2000", (path) => writeRegion(path, identity, 2000)],
    ["W-26 header.ring file type: a regular file / a directory", (path) => mkdirSync(path)],
  ];
  for (const [text, make] of BROKEN) {
    test(`says what is wrong: ${text}`, () => {
      using dir = new TemporaryDirectory();
      const path = dir.at("header.ring");
      make(path);
      expect(findings(path).filter((finding) => !finding.startsWith("W-30"))).toEqual([text]);
      expect(report(path).valid).toBe(false);
    });
  }

  test("W-04: a stride that is no power of two, or no multiple of the page", () => {
    using dir = new TemporaryDirectory();
    const path = dir.at("payload-1.pool");
    writeRegion(path, { ...pool, strideBytes: 5000, slotBytes: 5000 });
    expect(findings(path)).toContain("W-04 payload-1.pool strideBytes: a power of two / 5000");
    writeRegion(path, { ...pool, strideBytes: 64, slotBytes: 64 });
    expect(findings(path)[0]).toMatch(
      /^W-04 payload-1.pool strideBytes: a multiple of the backing page of \d+ bytes \/ 64$/,
    );
  });

  test("W-03, W-07, W-08: pools beside the ring that do not go with it", () => {
    using dir = new TemporaryDirectory();
    writeRegion(dir.at("header.ring"), identity);
    writeRegion(dir.at("payload-1.pool"), { ...pool, nslots: 16, epoch: 6n, streamId: 8 });
    tamper(dir.at("payload-1.pool"), (view) => view.setBigUint64(40, 1n, true));
    expect(findings(dir.at("header.ring")).filter((finding) => !finding.startsWith("W-30"))).toEqual([
      "W-03 header.ring nslots of payload-1.pool: 8, as in header.ring / 16",
      "W-07 header.ring epoch of payload-1.pool: 5, as in header.ring / 6",
      "W-07 header.ring streamId of payload-1.pool: 7, as in header.ring / 8",
      `W-08 header.ring pid of payload-1.pool: ${process.pid}, as in header.ring / 1`,
    ]);
  });

  test("W-30: an unusual name or mode is noted, and no fault", () => {
    using dir = new TemporaryDirectory();
    writeRegion(dir.at("payload-2.pool"), pool);
    chmodSync(dir.at("payload-2.pool"), 0o644);
    const { valid, findings: found } = report(dir.at("payload-2.pool"));
    expect(valid).toBe(true);
    expect(found.map(({ rule, severity, what }) => `${rule} ${severity} ${what}`)).toEqual([
      "W-30 note name",
      "W-30 note mode",
    ]);
  });

  test("the slots of a truncated ring are those that are left", () => {
    using dir = new TemporaryDirectory();
    const set = createSmallStream(dir);
    const path = ringPath(set);
    write(set, 1);
    set.close({ unlink: false });
    truncateSync(path, SLOT(3) + 100);
    const { slots, valid } = report(path);
    expect(valid).toBe(false);
    expect(slots).toMatchObject({ readable: 3, committed: 1, empty: 2 });
  });

  test("leaves bytes, times and locks as they are", () => {
    using dir = new TemporaryDirectory();
    writeRegion(dir.at("header.ring"), identity);
    const before = [readFileSync(dir.at("header.ring")).toHex(), statSync(dir.at("header.ring")).mtimeMs];
    using region = RegionInspection.open(dir.at("header.ring"));
    const fd = openFile(dir.at("header.ring"), O.RDONLY);
    expect(tryLock(fd, "exclusive")).toBe(true);
    closeFile(fd);
    expect(region.isBroken).toBe(false);
    expect([readFileSync(dir.at("header.ring")).toHex(), statSync(dir.at("header.ring")).mtimeMs]).toEqual(before);
  });
});

describe("inspect of the owner", () => {
  const owner = (set: RegionSet, nowNs: bigint) => report(ringPath(set), 0, nowNs).owner;

  test("W-08: alive while it holds its lock, however old its sign of life", () => {
    using dir = new TemporaryDirectory();
    const set = createSmallStream(dir);
    expect(owner(set, NOW_NS)).toMatchObject({ pid: String(process.pid), state: "alive", activityAgeNs: 76_543_211 });
    if (owner(set, NOW_NS)?.holdsLock !== null) {
      expect(owner(set, 60_000_000_000n)).toMatchObject({ state: "alive", holdsLock: true, mappers: [] });
    }
    set.close({ unlink: true });
  });

  test("W-08: dead when it is silent and without a lock: noted, and no fault of the file", () => {
    using dir = new TemporaryDirectory();
    writeRegion(dir.at("header.ring"), headerRingIdentity(7, 5n, 8));
    const dead = report(dir.at("header.ring"), 0, 10_000_000_000n);
    expect(dead).toMatchObject({ valid: true, owner: { state: "dead" } });
    expect(dead.findings.map(({ rule, severity }) => `${rule} ${severity}`)).toContain("W-08 note");
  });

  test("ended when it said so, unknown when its time is of the future", () => {
    using dir = new TemporaryDirectory();
    const path = dir.at("header.ring");
    writeRegion(path, headerRingIdentity(7, 5n, 8));
    tamper(path, (view) => view.setBigUint64(56, 0n, true));
    expect(report(path).owner?.state).toBe("ended");
    tamper(path, (view) => view.setBigUint64(56, 2n ** 60n, true));
    expect(report(path).owner).toMatchObject({ state: "unknown", activityAgeNs: null });
  });
});

describe("what inspect looks at", () => {
  test("a file, a folder with all below it, a stream by its id or the name of its instance", () => {
    using dir = new TemporaryDirectory();
    const set = createSmallStream(dir);
    const ring = ringPath(set);
    const both = [ring, parseRegionUri(set.pools[0]?.uri ?? "").path];
    expect(locate(ring, "/nowhere").paths).toEqual([ring]);
    for (const folder of [dirname(ring), dir.at("base"), dir.at("base", "test")]) {
      expect(locate(folder, "/nowhere").paths).toEqual(both);
    }
    expect(locate(String(STREAM_ID), dir.at("base")).paths).toEqual(both);
    expect(locate(`camera-${STREAM_ID}`, dir.at("base")).paths).toEqual(both);
    set.close({ unlink: true });
  });

  test("a stream that is not there: those that are, and the nearest", () => {
    using dir = new TemporaryDirectory();
    const set = createSmallStream(dir);
    expect(() => locate("1000", dir.at("base"))).toThrow(NotFoundError);
    expect(() => locate("1000", dir.at("base"))).toThrow(`there are ${STREAM_ID}; did you mean "${STREAM_ID}"?`);
    expect(() => locate("3", dir.at("base"))).toThrow(`the nearest is ${STREAM_ID}`);
    expect(() => locate("camera-1000", dir.at("base"))).toThrow(`did you mean "camera-${STREAM_ID}"?`);
    expect(() => locate("7", dir.at("none"))).toThrow("none does not exist");
    set.close({ unlink: true });
    mkdirSync(dir.at("empty"));
    expect(() => locate("7", dir.at("empty"))).toThrow("there are no regions at all");
    expect(() => locate(dir.at("empty"), "/")).toThrow("there are no regions");
    expect(() => locate(dir.at("emtpy"), "/")).toThrow('did you mean "empty"?');
  });

  test("links below a folder are not followed, one that is named is", () => {
    using dir = new TemporaryDirectory();
    mkdirSync(dir.at("a"));
    mkdirSync(dir.at("b"));
    writeRegion(dir.at("b", "header.ring"), headerRingIdentity(7, 5n, 8));
    symlinkSync(dir.at("b"), dir.at("a", "link"));
    expect(() => locate(dir.at("a"), "/")).toThrow(NotFoundError);
    expect(locate(dir.at("a", "link"), "/").paths).toEqual([dir.at("b", "header.ring")]);
  });
});

describe("the table of inspect", () => {
  for (const width of [80, 120]) {
    test(`fits ${width} columns, but for paths and findings`, () => {
      using dir = new TemporaryDirectory();
      const set = createSmallStream(dir);
      for (let seq = 1_000_000; seq < 1_000_008; seq++) write(set, seq);
      write(set, 1_000_009, { poolId: 4 });
      const paths = locate(String(STREAM_ID), dir.at("base")).paths;
      const lines = printed(
        paths.map((path) => report(path)),
        width,
      );
      expect(lines.filter((line) => line.length > width && !/^ +(\/|W-)/.test(line))).toEqual([]);
      expect(lines.join("\n")).toContain("8 committed, 0 writing, 0 unused, 1 invalid:");
      expect(lines.find((line) => line.includes("slot "))).toBeDefined();
      expect(lines.at(-1)).toContain("poolId: expected one of the pools 1, found 4");
      expect(lines[1]).toBe(`  ${dirname(paths[0] ?? "")}`);
      set.close({ unlink: true });
    });
  }

  test("names with control characters cannot forge lines", () => {
    using dir = new TemporaryDirectory();
    const path = join(dir.path, "a\nb.ring");
    writeFileSync(path, "x");
    expect(printed([report(path)], 80).every((line) => !line.includes("\n"))).toBe(true);
  });
});
