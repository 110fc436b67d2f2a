import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { withUmask } from "../../ffi/libc.ts";
import { AllowedBaseDirs } from "../../src/shm/base-dirs.ts";
import { Directory } from "../../src/shm/directory.ts";
import { InstanceDirectory } from "../../src/shm/instance-directory.ts";
import { MappedStream } from "../../src/shm/mapped-stream.ts";
import { RegionFile, RegionReservation } from "../../src/shm/region-file.ts";
import type { RegionSetOptions } from "../../src/shm/region-plan.ts";
import { RegionSet } from "../../src/shm/region-set.ts";
import { regionRights } from "../../src/shm/rights.ts";
import { payloadPoolIdentity } from "../../src/shm/superblock.ts";
import { parseRegionUri } from "../../src/shm/uri.ts";
import {
  announceOf,
  createSmallStream,
  creationErrorOf,
  heldBelow,
  STREAM_ID,
  smallStream,
  TemporaryDirectory,
} from "../support/shm.ts";

function modeOf(path: string): string {
  return (statSync(path).mode & 0o7777).toString(8);
}

describe("creating the regions of a stream", () => {
  test("W-30: the files lie where the default layout has them", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    const epochPath = dir.at("base/test/camera-10000", `epoch-${set.epoch}`);
    expect(readdirSync(epochPath).sort()).toEqual(["header.ring", "payload-1.pool"]);
    expect(set.headerRing.uri).toBe(`shm:file?path=${epochPath}/header.ring`);
    expect(set.pools[0]?.uri).toBe(`shm:file?path=${epochPath}/payload-1.pool`);
    expect(statSync(`${epochPath}/header.ring`).size).toBe(4096);
    expect(statSync(`${epochPath}/payload-1.pool`).size).toBe(9 * 4096);
  });

  test("W-06: superblocks are complete when the regions are handed over", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir, { pid: 4242 });
    const view = new DataView(readFileSync(parseRegionUri(set.headerRing.uri).path).buffer);
    expect(view.getBigUint64(0, true)).toBe(0x544f504c53484d31n);
    expect(view.getBigUint64(12, true)).toBe(BigInt(set.epoch));
    expect(view.getUint32(20, true)).toBe(STREAM_ID);
    expect(view.getBigUint64(40, true)).toBe(4242n);
    expect(view.getBigUint64(48, true)).toBe(123_456_789n);
  });

  test("memory is reserved, not merely promised", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir, { pools: [{ poolId: 1, strideBytes: 2 ** 20 }] });
    const stat = statSync(parseRegionUri(set.pools[0]?.uri ?? "").path);
    expect(stat.blocks * 512).toBeGreaterThanOrEqual(8 * 2 ** 20);
  });

  for (const umask of [0, 0o077, 0o777]) {
    test(`W-30: rights are exact under the umask ${umask.toString(8)}`, () => {
      using dir = new TemporaryDirectory();
      const gid = process.getgid?.() ?? 0;
      for (const [mode, directory, file] of [
        ["private", "700", "600"],
        ["group", "2770", "660"],
      ] as const) {
        const baseDir = dir.at(mode, "deep", "base");
        const options = { baseDir, mode, ...(mode === "group" ? { gid } : {}) };
        using set = withUmask(umask, () => createSmallStream(dir, options));
        const ring = parseRegionUri(set.headerRing.uri).path;
        expect(modeOf(ring)).toBe(file);
        expect(statSync(ring).gid).toBe(gid);
        for (let path = dirname(ring); path !== dir.path; path = dirname(path)) expect(modeOf(path)).toBe(directory);
      }
    });
  }

  test("a region is never created over anything that exists, a dangling link included", () => {
    using dir = new TemporaryDirectory();
    const directory = Directory.open(dir.path);
    const create = (name: string): RegionFile =>
      RegionFile.create(
        {
          directory,
          name,
          identity: payloadPoolIdentity(STREAM_ID, 1n, 8, 1, 4096),
          rights: regionRights("private"),
          requireHugepages: false,
        },
        { pid: 1, startTimestampNs: 1n },
      );
    try {
      writeFileSync(dir.at("file"), "precious");
      mkdirSync(dir.at("folder"));
      symlinkSync(dir.at("elsewhere"), dir.at("link"));
      for (const name of ["file", "folder", "link"]) {
        const error = creationErrorOf(() => create(name));
        expect(error.code).toBe("exists");
        expect(error.message).toContain(dir.at(name));
      }
      expect(readFileSync(dir.at("file"), "utf8")).toBe("precious");
      expect(existsSync(dir.at("elsewhere"))).toBe(false);
      const first = create("region");
      expect(creationErrorOf(() => create("region")).code).toBe("exists");
      first.close({ unlink: true });
      expect(existsSync(dir.at("region"))).toBe(false);
    } finally {
      directory.close();
    }
  });

  test("reserving continues in bounded steps, and giving up leaves nothing", () => {
    using dir = new TemporaryDirectory();
    const pools = [
      { poolId: 1, strideBytes: 2 ** 16 },
      { poolId: 2, strideBytes: 2 ** 18 },
    ];
    const creation = RegionSet.begin(smallStream(dir, { pools, prefault: true }));
    let steps = 0;
    let before = 0;
    while (!creation.step(2 ** 18)) {
      steps += 1;
      expect(creation.doneBytes - before).toBeLessThanOrEqual(2 ** 18);
      before = creation.doneBytes;
      expect(steps).toBeLessThan(100);
    }
    expect(creation.doneBytes).toBe(creation.totalBytes);
    expect(steps).toBeGreaterThan(15);
    using set = creation.finish();
    expect(set.pools.length).toBe(2);

    const other = RegionSet.begin(smallStream(dir, { instanceId: `other-${STREAM_ID}`, pools }));
    other.step(4096);
    other.abort();
    other.abort();
    expect(readdirSync(dir.at("base/test"))).toEqual([`camera-${STREAM_ID}`]);
  });

  test("ENOSPC while reserving is an error with both numbers, and the half-made file is removed", () => {
    using dir = new TemporaryDirectory();
    const directory = Directory.open(dir.path);
    try {
      // Larger than the whole file system, so that it is refused at once and no memory is spent on it.
      const reservation = RegionReservation.begin({
        directory,
        name: "region",
        identity: payloadPoolIdentity(STREAM_ID, 1n, 2 ** 16, 1, 2 ** 28),
        rights: regionRights("private"),
        requireHugepages: false,
      });
      const error = creationErrorOf(() => reservation.step(reservation.totalBytes));
      expect(error.code).toBe("no-space");
      expect(error.message).toMatch(/needs 16 TiB, .* has .* free/);
      expect(readdirSync(dir.path)).toEqual([]);
      expect(creationErrorOf(() => reservation.step(4096)).code).toBe("failed");
    } finally {
      directory.close();
    }
  });

  test("all regions or none: one that fails takes the others with it", () => {
    using dir = new TemporaryDirectory();
    const rights = regionRights("private");
    using directory = InstanceDirectory.open({
      baseDir: dir.at("base"),
      namespace: "test",
      instanceId: `camera-${STREAM_ID}`,
      rights,
    });
    const options = smallStream(dir, { requireHugepages: true });
    const error = creationErrorOf(() => RegionSet.createIn(directory, options));
    expect(error.code).toBe("not-hugepages");
    expect(error.rule).toBe("W-28");
    expect(readdirSync(directory.path)).toEqual([]);
  });

  test("closing removes files and empty directories, and leaves what others put there", () => {
    using dir = new TemporaryDirectory();
    const held = heldBelow(dir.path);
    const set = createSmallStream(dir);
    set.close();
    set.close();
    expect(readdirSync(dir.path)).toEqual([]);
    expect(heldBelow(dir.path)).toEqual(held);

    const other = createSmallStream(dir);
    writeFileSync(dir.at("base/test/notes"), "mine");
    other.close();
    expect(readdirSync(dir.at("base/test"))).toEqual(["notes"]);
  });

  test("a base directory that was set up otherwise is not removed", () => {
    using dir = new TemporaryDirectory();
    mkdirSync(dir.at("base"));
    chmodSync(dir.at("base"), 0o755);
    createSmallStream(dir).close();
    expect(readdirSync(dir.path)).toEqual(["base"]);
    expect(modeOf(dir.at("base"))).toBe("755");
  });

  test("closing without unlinking leaves the regions readable", () => {
    using dir = new TemporaryDirectory();
    const set = createSmallStream(dir);
    const announce = announceOf(set);
    set.close({ unlink: false });
    using stream = MappedStream.map(announce, AllowedBaseDirs.resolve([dir.at("base")]));
    expect(stream.epoch).toBe(announce.epoch);
  });

  test("D-13: each creation has a higher epoch, and several epochs of one directory live side by side", () => {
    using dir = new TemporaryDirectory();
    using directory = InstanceDirectory.open({
      baseDir: dir.at("base"),
      namespace: "test",
      instanceId: `camera-${STREAM_ID}`,
      rights: regionRights("private"),
    });
    using first = RegionSet.createIn(directory, smallStream(dir));
    using second = RegionSet.createIn(directory, smallStream(dir));
    expect(second.epoch).toBeGreaterThan(first.epoch);
    expect(readdirSync(directory.path).length).toBe(2);
    const epoch = second.epoch;
    second.close();
    using third = RegionSet.createIn(directory, smallStream(dir));
    expect(third.epoch).toBeGreaterThan(epoch);
  });

  const invalid: [name: string, change: Partial<RegionSetOptions>, rule: string][] = [
    ["W-03: no slots", { nslots: 0 }, "W-03"],
    ["W-03: a number of slots that is no power of two", { nslots: 1000 }, "W-03"],
    ["W-03: too many slots", { nslots: 2 ** 23 }, "W-03"],
    ["W-05: no pools", { pools: [] }, "W-05"],
    [
      "W-05: a pool id twice",
      {
        pools: [
          { poolId: 1, strideBytes: 4096 },
          { poolId: 1, strideBytes: 8192 },
        ],
      },
      "W-05",
    ],
    ["W-07: a pool id beyond 16 bits", { pools: [{ poolId: 65_536, strideBytes: 4096 }] }, "W-07"],
    ["W-04: a stride that is no power of two", { pools: [{ poolId: 1, strideBytes: 12_288 }] }, "W-04"],
    ["W-04: a stride below a page", { pools: [{ poolId: 1, strideBytes: 2048 }] }, "W-04"],
    ["W-04: a stride beyond 32 bits", { pools: [{ poolId: 1, strideBytes: 2 ** 32 }] }, "W-04"],
    ["W-07: a stream id beyond 32 bits", { streamId: 2 ** 32, instanceId: "a-4294967296" }, "W-07"],
    ["W-30: an instance id without the stream id", { instanceId: "camera-100001" }, "W-30"],
    ["W-30: a namespace that climbs", { namespace: ".." }, "W-30"],
    ["W-30: a namespace with a slash", { namespace: "a/b" }, "W-30"],
    ["W-30: an empty namespace", { namespace: "" }, "W-30"],
    ["W-30: an instance id with a space", { instanceId: "camera 10000" }, "W-30"],
    ["W-30: an instance id with a separator of URIs", { instanceId: "camera|10000" }, "W-30"],
    ["W-30: a relative base directory", { baseDir: "base" }, "W-30"],
    ["W-30: a base directory that climbs", { baseDir: "/dev/shm/../shm/x" }, "W-30"],
    ["W-30: a group id that is none", { gid: -1 }, "W-30"],
    ["W-25: a base directory that no URI can express", { baseDir: "/dev/shm/tensorpool test" }, "W-25"],
  ];
  for (const [name, change, rule] of invalid) {
    test(`${name} is refused, and nothing is made`, () => {
      using dir = new TemporaryDirectory();
      const error = creationErrorOf(() => createSmallStream(dir, change));
      expect(error.code).toBe("invalid-options");
      expect(error.rule).toBe(rule);
      expect(readdirSync(dir.path)).toEqual([]);
      expect(existsSync("/dev/shm/tensorpool test")).toBe(false);
    });
  }
});
