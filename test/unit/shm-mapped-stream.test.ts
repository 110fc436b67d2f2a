import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { createServer } from "node:net";
import type { PoolAnnouncement } from "../../src/shm/announcement.ts";
import { AllowedBaseDirs } from "../../src/shm/base-dirs.ts";
import { MappingClosedError } from "../../src/shm/errors.ts";
import { MappedStream } from "../../src/shm/mapped-stream.ts";
import type { RegionSet } from "../../src/shm/region-set.ts";
import { headerRingIdentity, payloadPoolIdentity } from "../../src/shm/superblock.ts";
import { parseRegionUri } from "../../src/shm/uri.ts";
import {
  announceOf,
  createSmallStream,
  heldBelow,
  refusalOf,
  STREAM_ID,
  TemporaryDirectory,
  tamper,
  writeRegion,
} from "../support/shm.ts";

function pathOf(set: RegionSet): string {
  return parseRegionUri((set.pools[0] as RegionSet["pools"][number]).uri).path;
}

/** An announce whose pool lies at another path. */
function withPoolAt(set: RegionSet, path: string): PoolAnnouncement {
  const announce = announceOf(set);
  return { ...announce, pools: announce.pools.map((pool) => ({ ...pool, regionUri: `shm:file?path=${path}` })) };
}

/** Lets the check of the path pass, and then does what an attacker would do before the file is opened. */
function swappingAfterCheck(allowed: AllowedBaseDirs, suffix: string, swap: () => void): AllowedBaseDirs {
  return {
    locate(path: string) {
      const contained = allowed.locate(path);
      if (path.endsWith(suffix)) swap();
      return contained;
    },
  } as AllowedBaseDirs;
}

describe("mapping a stream", () => {
  test("W-22: what the producer writes is what the consumer reads", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir, {
      pools: [
        { poolId: 2, strideBytes: 65_536 },
        { poolId: 1, strideBytes: 4096 },
      ],
    });
    using stream = MappedStream.map(announceOf(set), AllowedBaseDirs.resolve([dir.at("base")]));
    expect(stream.epoch).toBe(BigInt(set.epoch));
    expect(stream.pools.map(({ poolId, strideBytes }) => [poolId, strideBytes])).toEqual([
      [1, 4096],
      [2, 65_536],
    ]);
    for (const [index, pool] of set.pools.entries()) {
      const offset = 64 + 7 * pool.strideBytes;
      new Uint8Array(pool.mapping.window(offset, 4)).set([1, 2, 3, index]);
      const other = stream.pools[index] as (typeof stream.pools)[number];
      expect([...new Uint8Array(other.mapping.window(offset, 4))]).toEqual([1, 2, 3, index]);
    }
    new Uint8Array(set.headerRing.mapping.window(64, 1))[0] = 9;
    expect(new Uint8Array(stream.headerRing.mapping.window(64, 1))[0]).toBe(9);
  });

  test("W-29: consumers map read-only and need no right to write", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    chmodSync(pathOf(set), 0o400);
    using stream = MappedStream.map(announceOf(set), AllowedBaseDirs.resolve([dir.at("base")]));
    const { address, readOnly } = stream.headerRing.mapping;
    expect(readOnly).toBe(true);
    const maps = readFileSync("/proc/self/maps", "utf8").split("\n");
    const line = maps.find((entry) => entry.startsWith(address.toString(16)));
    expect(line).toContain(" r--s ");
  });

  test("W-08: the owner's activity is seen", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    using stream = MappedStream.map(announceOf(set), AllowedBaseDirs.resolve([dir.at("base")]));
    expect(stream.activity()).toBe(123_456_789n);
    set.refreshActivity(5, 6);
    expect(stream.activity()).toBe((5n << 32n) | 6n);
    expect(stream.pid).toBe(BigInt(process.pid));
  });

  const superblockFields: [name: string, offset: number][] = [
    ["magic", 0],
    ["layoutVersion", 8],
    ["epoch", 12],
    ["streamId", 20],
    ["regionType", 24],
    ["poolId", 26],
    ["nslots", 28],
    ["slotBytes", 32],
    ["strideBytes", 36],
  ];
  for (const [name, offset] of superblockFields) {
    test(`W-07: a wrong ${name} is refused when mapping and at the next announce`, () => {
      using dir = new TemporaryDirectory();
      using set = createSmallStream(dir);
      const allowed = AllowedBaseDirs.resolve([dir.at("base")]);
      using before = MappedStream.map(announceOf(set), allowed);
      before.recheck();
      tamper(pathOf(set), (view) => view.setUint8(offset, view.getUint8(offset) ^ 0x80));
      const held = heldBelow(dir.path);
      const error = refusalOf(() => MappedStream.map(announceOf(set), allowed));
      expect(error.rule).toBe("W-07");
      expect(error.message).toContain(`: ${name}: expected `);
      expect(error.subject).toBe(pathOf(set));
      expect(heldBelow(dir.path)).toEqual(held);
      expect(refusalOf(() => before.recheck()).message).toBe(error.message);
    });
  }

  test("W-08: another pid under the same epoch is refused at the next announce", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    using stream = MappedStream.map(announceOf(set), AllowedBaseDirs.resolve([dir.at("base")]));
    tamper(pathOf(set), (view) => view.setBigUint64(40, 1n, true));
    const error = refusalOf(() => stream.recheck());
    expect(error.code).toBe("writer-changed");
    expect(error.rule).toBe("W-08");
  });

  test("W-07: an announce of the same epoch that speaks of other regions is refused", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    using stream = MappedStream.map(announceOf(set), AllowedBaseDirs.resolve([dir.at("base")]));
    const announce = announceOf(set);
    const [pool] = announce.pools as [PoolAnnouncement["pools"][number]];
    const others: Partial<PoolAnnouncement>[] = [
      { epoch: announce.epoch + 1n },
      { streamId: STREAM_ID + 1 },
      { headerRegionUri: `${announce.headerRegionUri}x` },
      { pools: [{ ...pool, strideBytes: 8192 }] },
      { pools: [{ ...pool, poolId: 5 }] },
      { pools: [pool, { ...pool, poolId: 5 }] },
      { headerNslots: 16, pools: [{ ...pool, poolNslots: 16 }] },
    ];
    for (const other of others) expect(() => stream.requireSame({ ...announce, ...other })).toThrow("region refused");
    stream.requireSame(announce);
  });

  test("W-07: a region that was removed or recreated under the same name is noticed", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    using stream = MappedStream.map(announceOf(set), AllowedBaseDirs.resolve([dir.at("base")]));
    const path = pathOf(set);
    copyFileSync(path, `${path}.new`);
    renameSync(`${path}.new`, path);
    const error = refusalOf(() => stream.recheck());
    expect(error.code).toBe("region-gone");
    expect(error.retryable).toBe(true);
  });

  test("W-27: a file that became too short is noticed before it is read", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    using stream = MappedStream.map(announceOf(set), AllowedBaseDirs.resolve([dir.at("base")]));
    truncateSync(pathOf(set), 4096);
    expect(refusalOf(() => stream.recheck()).code).toBe("file-too-short");
  });

  test("W-31: one refused region refuses the stream, and nothing stays open or mapped", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir, {
      pools: [
        { poolId: 1, strideBytes: 4096 },
        { poolId: 2, strideBytes: 8192 },
        { poolId: 3, strideBytes: 16_384 },
      ],
    });
    const last = parseRegionUri((set.pools[2] as RegionSet["pools"][number]).uri).path;
    tamper(last, (view) => view.setUint32(20, 1, true));
    const held = heldBelow(dir.path);
    const error = refusalOf(() => MappedStream.map(announceOf(set), AllowedBaseDirs.resolve([dir.at("base")])));
    expect(error.message).toBe(`region refused: ${last}: streamId: expected ${STREAM_ID}, found 1`);
    expect(heldBelow(dir.path)).toEqual(held);
  });

  test("W-26: regions outside the allowed directories are refused", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    mkdirSync(dir.at("elsewhere"));
    const error = refusalOf(() => MappedStream.map(announceOf(set), AllowedBaseDirs.resolve([dir.at("elsewhere")])));
    expect(error.code).toBe("path-not-allowed");
    expect(error.message).toContain(dir.at("elsewhere"));
  });

  test("W-26: a directory, a FIFO, a socket and devices are refused, without waiting for a writer", async () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    mkdirSync(dir.at("base/folder"));
    expect(Bun.spawnSync(["mkfifo", dir.at("base/fifo")]).exitCode).toBe(0);
    const server = createServer().listen(dir.at("base/socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      const allowed = AllowedBaseDirs.resolve([dir.at("base"), "/dev"]);
      const cases: [path: string, found: string][] = [
        [dir.at("base/folder"), "a directory"],
        [dir.at("base/fifo"), "a FIFO"],
        [dir.at("base/socket"), "a socket"],
        ["/dev/null", "a device"],
        ["/dev/zero", "a device"],
      ];
      for (const [path, found] of cases) {
        const error = refusalOf(() => MappedStream.map(withPoolAt(set, path), allowed));
        expect(error.rule).toBe("W-26");
        expect(error.found).toBe(found);
      }
    } finally {
      server.close();
    }
  });

  test("W-27: a file that is one byte too short is refused", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    const identity = payloadPoolIdentity(STREAM_ID, BigInt(set.epoch), 8, 1, 4096);
    const allowed = AllowedBaseDirs.resolve([dir.at("base")]);
    writeRegion(dir.at("base/short"), identity, 64 + 8 * 4096 - 1);
    const error = refusalOf(() => MappedStream.map(withPoolAt(set, dir.at("base/short")), allowed));
    expect(error.code).toBe("file-too-short");
    expect(error.expected).toContain(String(64 + 8 * 4096));
    writeRegion(dir.at("base/exact"), identity, 64 + 8 * 4096);
    using stream = MappedStream.map(withPoolAt(set, dir.at("base/exact")), allowed);
    expect(stream.nslots).toBe(8);
    writeRegion(dir.at("base/empty"), identity, 0);
    expect(refusalOf(() => MappedStream.map(withPoolAt(set, dir.at("base/empty")), allowed)).rule).toBe("W-27");
  });

  test("W-27: a file swapped for a link after the check is refused", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    const path = pathOf(set);
    mkdirSync(dir.at("outside"));
    copyFileSync(path, dir.at("outside/region"));
    const allowed = swappingAfterCheck(AllowedBaseDirs.resolve([dir.at("base")]), ".pool", () => {
      unlinkSync(path);
      symlinkSync(dir.at("outside/region"), path);
    });
    expect(refusalOf(() => MappedStream.map(announceOf(set), allowed)).found).toBe("a symbolic link");
  });

  test("W-27: a directory on the way swapped for a link after the check leads nowhere", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    const epochPath = pathOf(set).slice(0, -"/payload-1.pool".length);
    cpSync(epochPath, dir.at("outside"), { recursive: true });
    const allowed = swappingAfterCheck(AllowedBaseDirs.resolve([dir.at("base")]), ".pool", () => {
      renameSync(epochPath, `${epochPath}-moved`);
      symlinkSync(dir.at("outside"), epochPath);
    });
    const error = refusalOf(() => MappedStream.map(announceOf(set), allowed));
    expect(error.code).toBe("path-changed");
    expect(error.rule).toBe("W-27");
    rmSync(epochPath);
    renameSync(`${epochPath}-moved`, epochPath);
  });

  test("W-27: a FIFO swapped in after the check neither blocks nor is read", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    const path = pathOf(set);
    const allowed = swappingAfterCheck(AllowedBaseDirs.resolve([dir.at("base")]), ".pool", () => {
      unlinkSync(path);
      Bun.spawnSync(["mkfifo", path]);
    });
    expect(refusalOf(() => MappedStream.map(announceOf(set), allowed)).found).toBe("a FIFO");
  });

  test("D-19: a file removed between announce and mapping is worth waiting for the next announce", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    const path = pathOf(set);
    const allowed = AllowedBaseDirs.resolve([dir.at("base")]);
    const removing = swappingAfterCheck(allowed, ".pool", () => unlinkSync(path));
    expect(refusalOf(() => MappedStream.map(announceOf(set), removing)).code).toBe("region-gone");
    expect(refusalOf(() => MappedStream.map(announceOf(set), allowed)).retryable).toBe(true);
  });

  test("W-28: hugepages that are required and missing are refused, not replaced", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    const announce = announceOf(set);
    const error = refusalOf(() =>
      MappedStream.map(
        { ...announce, headerRegionUri: `${announce.headerRegionUri}|require_hugepages=true` },
        AllowedBaseDirs.resolve([dir.at("base")]),
      ),
    );
    expect(error.code).toBe("not-hugepages");
    expect(error.rule).toBe("W-28");
  });

  test("W-04: a stride below the backing page is refused, even when announce and superblock agree", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    writeRegion(dir.at("base/small"), payloadPoolIdentity(STREAM_ID, BigInt(set.epoch), 8, 1, 2048));
    const announce = withPoolAt(set, dir.at("base/small"));
    const pools = announce.pools.map((pool) => ({ ...pool, strideBytes: 2048 }));
    const error = refusalOf(() => MappedStream.map({ ...announce, pools }, AllowedBaseDirs.resolve([dir.at("base")])));
    expect(error.rule).toBe("W-04");
    expect(error.found).toBe("2048");
  });

  test("W-07: a pool that is announced as the header ring is refused", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    const announce = announceOf(set, { headerRegionUri: (set.pools[0] as RegionSet["pools"][number]).uri });
    expect(refusalOf(() => MappedStream.map(announce, AllowedBaseDirs.resolve([dir.at("base")]))).message).toContain(
      "regionType",
    );
  });

  test("W-02: a region of more than 4 GiB is mapped, and its last slot is read", () => {
    using dir = new TemporaryDirectory();
    const strideBytes = 2 ** 30;
    const nslots = 8;
    const epoch = 2n ** 60n;
    writeRegion(dir.at("header"), headerRingIdentity(STREAM_ID, epoch, nslots));
    writeRegion(dir.at("pool"), payloadPoolIdentity(STREAM_ID, epoch, nslots, 1, strideBytes));
    expect(statSync(dir.at("pool")).blocks).toBeLessThan(100);
    const last = 64 + 8 * strideBytes - 4;
    const fd = openSync(dir.at("pool"), "r+");
    writeSync(fd, new Uint8Array([0xde, 0xad, 0xbe, 0xef]), 0, 4, last);
    closeSync(fd);
    using stream = MappedStream.map(
      {
        streamId: STREAM_ID,
        producerId: 1,
        epoch,
        layoutVersion: 1,
        headerNslots: nslots,
        headerSlotBytes: 256,
        maxDims: 8,
        pools: [{ poolId: 1, poolNslots: nslots, strideBytes, regionUri: `shm:file?path=${dir.at("pool")}` }],
        headerRegionUri: `shm:file?path=${dir.at("header")}`,
      },
      AllowedBaseDirs.resolve([dir.path]),
    );
    const { mapping } = stream.pools[0] as (typeof stream.pools)[number];
    const slices = mapping.sliceWindows(64, strideBytes, nslots);
    expect(slices.buffers.length).toBe(8);
    const slot = slices.buffers[7 >>> slices.windowShift] as ArrayBuffer;
    expect([...new Uint8Array(slot, strideBytes - 4, 4)]).toEqual([0xde, 0xad, 0xbe, 0xef]);
    expect([...new Uint8Array(mapping.window(last, 4))]).toEqual([0xde, 0xad, 0xbe, 0xef]);
    expect(mapping.sliceWindows(64, strideBytes, nslots)).toBe(slices);
  });

  test("W-29: after close nothing new can be had from a mapping, and closing again does nothing", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    const stream = MappedStream.map(announceOf(set), AllowedBaseDirs.resolve([dir.at("base")]));
    const { mapping } = stream.headerRing;
    stream.close();
    stream.close();
    expect(mapping.closed).toBe(true);
    expect(() => mapping.window(0, 64)).toThrow(MappingClosedError);
    expect(() => mapping.sliceWindows(64, 256, 8)).toThrow(MappingClosedError);
    expect(() => mapping.prefault()).toThrow(MappingClosedError);
  });

  test("a window outside the mapping is refused", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    const { mapping } = set.headerRing;
    for (const [offset, byteLength] of [
      [-1, 4],
      [0, mapping.byteLength + 1],
      [mapping.byteLength, 1],
      [Number.NaN, 1],
      [0, -1],
    ] as const) {
      expect(() => mapping.window(offset, byteLength)).toThrow(RangeError);
    }
  });
});
