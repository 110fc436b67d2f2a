import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { AllowedBaseDirs } from "../../src/shm/base-dirs.ts";
import { MappedStream } from "../../src/shm/mapped-stream.ts";
import { RegionSet } from "../../src/shm/region-set.ts";
import { announceOf, creationErrorOf, mountAt, refusalOf, smallStream, TemporaryDirectory } from "../support/shm.ts";

const MIB = 2 ** 20;
const HUGE = 2 * MIB;

function quarterMebibytes(count: number) {
  return [{ poolId: 1, strideBytes: (count / 8) * (MIB / 4) }];
}

/** Where this user may not mount: a directory on the ordinary file system stands in, and the kernel's numbers are made up. */
describe("file systems that are full", () => {
  test("a stream larger than a small tmpfs is refused before anything is made, with both numbers", () => {
    using dir = new TemporaryDirectory();
    using mount = mountAt(dir.at("base"), "tmpfs", "size=2m,mode=755");
    writeFileSync(dir.at("meminfo"), "MemAvailable: 2048 kB\n");
    const options = smallStream(dir, { pools: quarterMebibytes(16) });
    const systemFiles = { selfCgroup: "", cgroupRoot: "", meminfo: dir.at("meminfo"), hugepages: "", locks: "" };
    const error = creationErrorOf(() => RegionSet.create(mount === null ? { ...options, systemFiles } : options));
    expect(error.code).toBe(mount === null ? "no-memory" : "no-space");
    expect(error.message).toMatch(/needs 4\.01 MiB, .* has 2 MiB free/);
    expect(readdirSync(dir.at()).includes("base") ? readdirSync(dir.at("base")) : []).toEqual([]);
  });

  test("room that was there at the check and is gone at the reservation: an error, and nothing is left", () => {
    using dir = new TemporaryDirectory();
    using mount = mountAt(dir.at("base"), "tmpfs", "size=2m,mode=755");
    const creation = RegionSet.begin(smallStream(dir, { pools: quarterMebibytes(4) }));
    if (mount === null) {
      // Without a file system of our own there is none to fill up: the rest is covered by the unit test that reserves
      // more than the whole file system.
      creation.abort();
      expect(existsSync(dir.at("base/test"))).toBe(false);
      return;
    }
    creation.step(MIB / 4);
    writeFileSync(dir.at("base/filler"), new Uint8Array(1.25 * MIB));
    const error = creationErrorOf(() => {
      for (;;) if (creation.step(MIB / 4)) return;
    });
    expect(error.code).toBe("no-space");
    expect(error.message).toMatch(/needs .*, .*\/epoch-\d+ has .* free/);
    expect(readdirSync(dir.at("base"))).toEqual(["filler"]);
  });

  test("D-19: dead instances are swept when room is short, and then there is enough", () => {
    using dir = new TemporaryDirectory();
    using mount = mountAt(dir.at("base"), "tmpfs", "size=2m,mode=755");
    const dead = dir.at("base/test/dead-1/epoch-5");
    mkdirSync(dead, { recursive: true });
    writeFileSync(`${dead}/header.ring`, new Uint8Array(1.5 * MIB));
    using set = RegionSet.create(smallStream(dir, { pools: quarterMebibytes(4) }));
    expect(set.pools.length).toBe(1);
    // Where there was room anyway, no other process's remains are touched.
    expect(existsSync(dead)).toBe(mount === null);
  });
});

describe("hugetlbfs", () => {
  test("W-28: regions on hugetlbfs are whole huge pages and verified as such; without free pages creation says so", () => {
    using dir = new TemporaryDirectory();
    using mount = mountAt(dir.at("base"), "hugetlbfs", `pagesize=2M,mode=700`);
    const options = smallStream(dir, { nslots: 2, pools: [{ poolId: 1, strideBytes: HUGE }], requireHugepages: true });
    if (mount === null) {
      const error = creationErrorOf(() => RegionSet.create(options));
      expect(error.rule).toBe("W-28");
      return;
    }
    const free = Number(readFileSync("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "ascii"));
    if (free < 4) {
      const error = creationErrorOf(() => RegionSet.create(options));
      expect(error.code).toBe("no-memory");
      expect(error.message).toContain("needs 8 MiB, the pool of 2 MiB hugepages has");
      expect(readdirSync(dir.at("base"))).toEqual([]);
      return;
    }
    using set = RegionSet.create(options);
    expect(set.headerRing.uri).toEndWith("|require_hugepages=true");
    expect(set.headerRing.mapping.byteLength).toBe(HUGE);
    expect(set.pools[0]?.mapping.byteLength).toBe(3 * HUGE);
    const allowed = AllowedBaseDirs.resolve([dir.at("base")]);
    const stream = MappedStream.map(announceOf(set), allowed);
    const last = 64 + 2 * HUGE - 1;
    const view = new Uint8Array(stream.pools[0]?.mapping.window(last, 1) as ArrayBuffer);
    new Uint8Array(set.pools[0]?.mapping.window(last, 1) as ArrayBuffer)[0] = 5;
    expect(view[0]).toBe(5);
    stream.close();
    expect(view[0]).toBe(0);
    const small = smallStream(dir, { instanceId: "small-10000" });
    expect(creationErrorOf(() => RegionSet.create(small)).rule).toBe("W-04");
    const announce = announceOf(set);
    const pools = announce.pools.map((pool) => ({ ...pool, strideBytes: 4096 }));
    expect(refusalOf(() => MappedStream.map({ ...announce, pools }, allowed)).rule).toBe("W-04");
  });
});
