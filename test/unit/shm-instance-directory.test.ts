import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { AllowedBaseDirs } from "../../src/shm/base-dirs.ts";
import { RegionCreateError } from "../../src/shm/errors.ts";
import { InstanceDirectory } from "../../src/shm/instance-directory.ts";
import { epochOfDirectoryName, instanceIdFor, isRegionFileName } from "../../src/shm/layout.ts";
import { MappedStream } from "../../src/shm/mapped-stream.ts";
import { RegionSet } from "../../src/shm/region-set.ts";
import { regionRights, type Sharing } from "../../src/shm/rights.ts";
import {
  announceOf,
  createSmallStream,
  creationErrorOf,
  heldBelow,
  smallStream,
  TemporaryDirectory,
} from "../support/shm.ts";
import { canActAsOthers } from "../support/users.ts";

const INSTANCE = "camera-10000";

function open(dir: TemporaryDirectory, instanceId = INSTANCE, sharing: Sharing = "private"): InstanceDirectory {
  return InstanceDirectory.open({
    baseDir: dir.at("base"),
    namespace: "test",
    instanceId,
    rights: regionRights(sharing),
  });
}

/** An epoch as a dead process leaves it: files, and no locks. */
function deadEpoch(dir: TemporaryDirectory, epoch: number | string, instanceId = INSTANCE): string {
  const path = dir.at("base/test", instanceId, `epoch-${epoch}`);
  mkdirSync(path, { recursive: true });
  for (const name of ["header.ring", "payload-1.pool"]) writeFileSync(`${path}/${name}`, new Uint8Array(8192));
  return path;
}

describe("instance directories", () => {
  test("W-30: one owner at a time; the second is told the directory and the process", () => {
    using dir = new TemporaryDirectory();
    const first = open(dir);
    const error = creationErrorOf(() => open(dir));
    expect(error.code).toBe("in-use");
    expect(error.message).toContain(dir.at("base/test", INSTANCE));
    expect(error.message).toContain(`process ${process.pid} (`);
    first.close();
    open(dir).close();
    expect(existsSync(dir.at("base"))).toBe(false);
  });

  test("W-30: instances of one namespace do not meet", () => {
    using dir = new TemporaryDirectory();
    const first = open(dir);
    const second = open(dir, "camera-10001");
    first.close();
    expect(readdirSync(dir.at("base/test"))).toEqual(["camera-10001"]);
    second.close();
    expect(readdirSync(dir.path)).toEqual([]);
  });

  test("W-30: a link in the place of a directory is refused", () => {
    using dir = new TemporaryDirectory();
    mkdirSync(dir.at("base"));
    mkdirSync(dir.at("elsewhere"));
    symlinkSync(dir.at("elsewhere"), dir.at("base/test"));
    const held = heldBelow(dir.path);
    expect(creationErrorOf(() => open(dir)).code).toBe("unsafe-directory");
    expect(heldBelow(dir.path)).toEqual(held);
    expect(readdirSync(dir.at("elsewhere"))).toEqual([]);
  });

  test("W-30: a file in the place of a directory is refused", () => {
    using dir = new TemporaryDirectory();
    mkdirSync(dir.at("base"));
    writeFileSync(dir.at("base/test"), "");
    expect(creationErrorOf(() => open(dir)).code).toBe("unsafe-directory");
  });

  test("W-30: a base directory that all may change without the sticky bit is refused, with its owner, for any sharing", () => {
    for (const mode of ["private", "group"] as const) {
      using dir = new TemporaryDirectory();
      mkdirSync(dir.at("base"));
      chmodSync(dir.at("base"), 0o777);
      const error = creationErrorOf(() => open(dir, INSTANCE, mode));
      expect(error.code).toBe("unsafe-directory");
      expect(error.message).toMatch(/base belongs to user \d+.* and may be changed by all users \(mode 777\)/);
      expect([error.message, error.options]).toEqual([expect.stringContaining("another folder"), ["shmDir"]]);
      expect(readdirSync(dir.at("base"))).toEqual([]);
      // As /tmp and /dev/shm are: everybody may make folders there, and rename only their own.
      chmodSync(dir.at("base"), 0o1777);
      open(dir, INSTANCE, mode).close();
    }
  });

  test("W-30: a base directory of another user is refused, and the error says whose it is", () => {
    if (!canActAsOthers) return;
    using dir = new TemporaryDirectory();
    mkdirSync(dir.at("base"));
    chownSync(dir.at("base"), 65_534, 65_534);
    for (const mode of ["private", "group"] as const) {
      const error = creationErrorOf(() => open(dir, INSTANCE, mode));
      expect(error.code).toBe("unsafe-directory");
      expect(error.message).toContain("base belongs to user 65534");
    }
  });

  test.skipIf(!canActAsOthers)(
    "W-30: a base directory of another user is shared only by a group that it belongs to, and that its owner is a member of",
    () => {
      using dir = new TemporaryDirectory();
      mkdirSync(dir.at("base"));
      const open = (gid: number | null, sharing: Sharing = "group"): string => {
        try {
          InstanceDirectory.open({
            baseDir: dir.at("base"),
            namespace: "test",
            instanceId: INSTANCE,
            rights: regionRights(sharing, gid ?? undefined),
          }).close();
          return "opened";
        } catch (error) {
          return error instanceof RegionCreateError ? `${error.code}: ${error.message}` : String(error);
        }
      };
      // Its own group, which is in no way the group of its owner: a folder takes the group of a set-group-id folder around it.
      chownSync(dir.at("base"), 61_001, process.getegid?.() ?? 0);
      expect(open(null)).toContain("unsafe-directory");
      expect(open(0)).toContain("who is not listed as a member of group 0");
      chownSync(dir.at("base"), 61_001, 65_534);
      expect(open(65_534)).toContain("unsafe-directory");
      // nobody:nogroup, as every system has them.
      chownSync(dir.at("base"), 65_534, 65_534);
      expect(open(65_534)).toBe("opened");
      expect(open(61_001)).toContain("unsafe-directory");
      expect(open(65_534, "private")).toContain("unsafe-directory");
      expect(open(null)).toContain("unsafe-directory");
      chownSync(dir.at("base"), 0, 61_001);
      expect(open(null)).toBe("opened");
    },
  );

  test("W-30: links in the path of the base directory are the user's own and followed", () => {
    using dir = new TemporaryDirectory();
    mkdirSync(dir.at("real"));
    symlinkSync(dir.at("real"), dir.at("base"));
    using instance = open(dir);
    expect(instance.path).toBe(dir.at("real/test", INSTANCE));
  });

  test("D-13: an epoch is the wall clock in milliseconds, or one more than the highest on disk", () => {
    using dir = new TemporaryDirectory();
    deadEpoch(dir, 500);
    deadEpoch(dir, 70);
    mkdirSync(dir.at("base/test", INSTANCE, "epoch-0900"));
    mkdirSync(dir.at("base/test", INSTANCE, "other"));
    using instance = open(dir);
    expect(instance.nextEpoch(400)).toBe(501);
    expect(instance.nextEpoch(501.9)).toBe(501);
    expect(instance.nextEpoch(1000)).toBe(1000);
    expect(instance.nextEpoch()).toBeGreaterThan(1_600_000_000_000);
  });

  test("D-13: a directory that was removed while it is open has no epochs, and the next one is found all the same", () => {
    using dir = new TemporaryDirectory();
    using instance = open(dir);
    rmSync(instance.path, { recursive: true });
    expect(instance.epochs()).toEqual([]);
    expect(instance.nextEpoch(5000)).toBe(5000);
    expect(instance.sweep()).toMatchObject({ removed: [], kept: [] });
  });

  test("D-13: epochs grow within one process when the clock is paused and the directories were emptied", () => {
    using dir = new TemporaryDirectory();
    using instance = open(dir);
    const epoch = instance.nextEpoch(1000);
    instance.createEpoch(epoch).close();
    instance.removeEpoch(epoch);
    expect(instance.nextEpoch(900)).toBe(1001);
    expect(
      creationErrorOf(() => {
        instance.createEpoch(1001).close();
        instance.createEpoch(1001);
      }).code,
    ).toBe("exists");
    instance.removeEpoch(1001);
  });

  test("D-13: a foreign epoch that leaves no exact number above it is refused by name", () => {
    using dir = new TemporaryDirectory();
    for (const epoch of ["9007199254740991", "18446744073709551615", "99999999999999999999"]) {
      deadEpoch(dir, epoch);
      using instance = open(dir);
      const error = creationErrorOf(() => instance.nextEpoch());
      expect(error.code).toBe("epoch-exhausted");
      expect(error.message).toContain(`epoch-${epoch}`);
    }
    using instance = open(dir);
    const options = smallStream(dir);
    expect(creationErrorOf(() => RegionSet.createIn(instance, options)).code).toBe("epoch-exhausted");
  });

  test("W-30: names of epochs and regions are recognised exactly", () => {
    expect(epochOfDirectoryName("epoch-0")).toBe(0n);
    expect(epochOfDirectoryName("epoch-18446744073709551615")).toBe(2n ** 64n - 1n);
    for (const name of ["epoch-", "epoch-01", "epoch--1", "epoch-1 ", "xepoch-1", "epoch-1e3", "epoch-1\n"]) {
      expect(epochOfDirectoryName(name)).toBeNull();
    }
    expect(isRegionFileName("header.ring")).toBe(true);
    expect(isRegionFileName("payload-65535.pool")).toBe(true);
    for (const name of ["payload-.pool", "payload-01.pool", "payload-1.pool~", "header.ring.bak", "payload-1.pool\n"]) {
      expect(isRegionFileName(name)).toBe(false);
    }
    expect(instanceIdFor(10_000, "camera")).toBe("camera-10000");
  });
});

describe("sweeping", () => {
  test("D-19: what a dead owner left and no process maps is removed when its successor starts", () => {
    using dir = new TemporaryDirectory();
    const paths = [deadEpoch(dir, 5), deadEpoch(dir, 6)];
    mkdirSync(dir.at("base/test", INSTANCE, "epoch-7"));
    using set = createSmallStream(dir);
    expect(paths.some(existsSync)).toBe(false);
    expect(readdirSync(set.directory.path)).toEqual([`epoch-${set.epoch}`]);
  });

  test("D-19: what a process still maps stays, in full, until it is unmapped", () => {
    using dir = new TemporaryDirectory();
    const dead = createSmallStream(dir);
    const announce = announceOf(dead);
    dead.close({ unlink: false });
    const stream = MappedStream.map(announce, AllowedBaseDirs.resolve([dir.at("base")]));
    using instance = open(dir);
    const path = `${instance.path}/epoch-${dead.epoch}`;
    expect(instance.sweep()).toEqual({ removed: [], kept: [path], freedBytes: 0 });
    expect(readdirSync(path).sort()).toEqual(["header.ring", "payload-1.pool"]);
    stream.recheck();
    stream.close();
    expect(instance.sweep()).toEqual({ removed: [path], kept: [], freedBytes: 10 * 4096 });
    expect(existsSync(path)).toBe(false);
  });

  test("D-19: a live owner's own epoch is not swept, whether it is spared or not", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    expect(set.directory.sweep().kept.length).toBe(1);
    using stream = MappedStream.map(announceOf(set), AllowedBaseDirs.resolve([dir.at("base")]));
    stream.recheck();
  });

  test("D-19: epochs may be spared although no process uses them", () => {
    using dir = new TemporaryDirectory();
    deadEpoch(dir, 5);
    deadEpoch(dir, 6);
    using instance = open(dir);
    expect(instance.sweep((epoch) => epoch === 6n).removed).toEqual([`${instance.path}/epoch-5`]);
    expect(readdirSync(instance.path)).toEqual(["epoch-6"]);
    instance.sweep();
  });

  test("D-19: nothing but regular files with the names of regions is removed, and no link is followed", () => {
    using dir = new TemporaryDirectory();
    const path = deadEpoch(dir, 5);
    writeFileSync(`${path}/notes.txt`, "mine");
    mkdirSync(dir.at("precious"));
    writeFileSync(dir.at("precious/header.ring"), "mine");
    symlinkSync(dir.at("precious"), dir.at("base/test", INSTANCE, "epoch-6"));
    const linked = deadEpoch(dir, 7);
    symlinkSync(dir.at("precious/header.ring"), `${linked}/payload-2.pool`);
    const nested = deadEpoch(dir, 8);
    mkdirSync(`${nested}/payload-3.pool`);
    writeFileSync(dir.at("base/test", INSTANCE, "epoch-9"), "a file");
    using instance = open(dir);
    const { removed, kept } = instance.sweep();
    expect(removed).toEqual([path]);
    expect(kept.length).toBe(4);
    expect(readdirSync(path)).toEqual(["notes.txt"]);
    expect(readdirSync(dir.at("precious"))).toEqual(["header.ring"]);
    expect(readdirSync(linked).sort()).toEqual(["header.ring", "payload-1.pool", "payload-2.pool"]);
    expect(readdirSync(nested).length).toBe(3);
  });

  test("D-19: when room is short, what dead instances of the namespace left is swept, and what live ones use stays", () => {
    using dir = new TemporaryDirectory();
    deadEpoch(dir, 5, "dead-1");
    using live = createSmallStream(dir, { instanceId: "live-10000" });
    using instance = open(dir);
    const report = instance.sweepNamespace();
    expect(report.removed).toEqual([dir.at("base/test/dead-1/epoch-5")]);
    expect(report.freedBytes).toBe(16_384);
    expect(readdirSync(dir.at("base/test")).sort()).toEqual([INSTANCE, "live-10000"]);
    using stream = MappedStream.map(announceOf(live), AllowedBaseDirs.resolve([dir.at("base")]));
    stream.recheck();
  });

  test("D-19: a consumer that comes while the sweeper holds a region waits for the next announce", async () => {
    using dir = new TemporaryDirectory();
    const dead = createSmallStream(dir);
    const announce = announceOf(dead);
    dead.close({ unlink: false });
    const { O, closeFile, openFile, tryLock } = await import("../../ffi/libc.ts");
    const fd = openFile(dir.at("base/test", INSTANCE, `epoch-${dead.epoch}`, "payload-1.pool"), O.RDONLY);
    expect(tryLock(fd, "exclusive")).toBe(true);
    try {
      const held = heldBelow(dir.path);
      expect(() => MappedStream.map(announce, AllowedBaseDirs.resolve([dir.at("base")]))).toThrow("being removed");
      expect(heldBelow(dir.path)).toEqual(held);
    } finally {
      closeFile(fd);
    }
  });
});
