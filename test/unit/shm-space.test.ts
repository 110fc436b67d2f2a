import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Backing } from "../../src/shm/backing.ts";
import { memoryCgroupHeadrooms } from "../../src/shm/cgroup.ts";
import { requireSpace } from "../../src/shm/space.ts";
import type { SystemFiles } from "../../src/shm/system-files.ts";
import { createSmallStream, creationErrorOf, TemporaryDirectory } from "../support/shm.ts";

const MIB = 2 ** 20;

/** A kernel that says what the test wants. */
function systemFiles(dir: TemporaryDirectory, contents: Record<string, string>): SystemFiles {
  const all = { "self-cgroup": "", meminfo: "MemAvailable:  1048576 kB\nSwapFree: 0 kB\n", locks: "", ...contents };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(dir.at("system", name)), { recursive: true });
    writeFileSync(dir.at("system", name), text);
  }
  return {
    selfCgroup: dir.at("system/self-cgroup"),
    cgroupRoot: dir.at("system/cgroup"),
    meminfo: dir.at("system/meminfo"),
    hugepages: dir.at("system/hugepages"),
    locks: dir.at("system/locks"),
  };
}

const memory: Backing = { pageBytes: 4096, hugepages: false, inMemory: true, freeBytes: 1000 * MIB };

describe("room for regions", () => {
  test("the file system's free space is compared, with both numbers in the message", () => {
    using dir = new TemporaryDirectory();
    const files = systemFiles(dir, {});
    const backing = { ...memory, freeBytes: 12.3 * MIB };
    requireSpace("/dev/shm", backing, 12 * MIB, files);
    const error = creationErrorOf(() => requireSpace("/dev/shm", backing, 64 * MIB, files));
    expect(error.code).toBe("no-space");
    expect(error.retryable).toBe(true);
    expect(error.message).toBe(
      "region not created: needs 64 MiB, /dev/shm has 12.3 MiB free: ask for fewer or smaller slots, or make room (`tensorpool doctor`)",
    );
  });

  test("numbers that would look alike are given to the byte", () => {
    using dir = new TemporaryDirectory();
    const backing = { ...memory, freeBytes: 64 * MIB - 1 };
    expect(creationErrorOf(() => requireSpace("/dev/shm", backing, 64 * MIB, systemFiles(dir, {}))).message).toContain(
      "needs 67108864 B, /dev/shm has 67108863 B free",
    );
  });

  test("a file system without a limit of its own is bounded by the machine's memory, swap included", () => {
    using dir = new TemporaryDirectory();
    const files = systemFiles(dir, { meminfo: "MemTotal: 9 kB\nMemAvailable:  65536 kB\nSwapFree:  1024 kB\n" });
    const backing = { ...memory, freeBytes: Number.POSITIVE_INFINITY };
    requireSpace("/dev/shm", backing, 65 * MIB, files);
    const error = creationErrorOf(() => requireSpace("/dev/shm", backing, 66 * MIB, files));
    expect(error.code).toBe("no-memory");
    expect(error.message).toContain("needs 66 MiB, the machine's memory has 65 MiB free");
  });

  test("a file system on a disk takes no memory for good: cgroups do not count", () => {
    using dir = new TemporaryDirectory();
    const files = systemFiles(dir, {
      "self-cgroup": "0::/a\n",
      "cgroup/a/memory.max": "1000\n",
      "cgroup/a/memory.current": "0\n",
    });
    requireSpace("/data", { ...memory, inMemory: false }, 64 * MIB, files);
  });

  test("cgroup v2: the group and every ancestor count, and the tightest is named", () => {
    using dir = new TemporaryDirectory();
    const files = systemFiles(dir, {
      "self-cgroup": "0::/system.slice/camera:1.service\n",
      "cgroup/system.slice/camera:1.service/memory.max": "max\n",
      "cgroup/system.slice/camera:1.service/memory.current": "5\n",
      "cgroup/system.slice/memory.max": `${100 * MIB}\n`,
      "cgroup/system.slice/memory.current": `${60 * MIB}\n`,
      "cgroup/system.slice/memory.stat": `anon 5\ninactive_file ${3 * MIB}\nactive_file ${2 * MIB}\nshmem 7\n`,
    });
    expect(memoryCgroupHeadrooms(files)).toEqual([{ where: "memory cgroup /system.slice", bytes: 45 * MIB }]);
    requireSpace("/dev/shm", memory, 45 * MIB, files);
    const error = creationErrorOf(() => requireSpace("/dev/shm", memory, 46 * MIB, files));
    expect(error.code).toBe("no-memory");
    expect(error.message).toBe(
      "region not created: needs 46 MiB, memory cgroup /system.slice has 45 MiB free: ask for fewer or smaller slots, or make room (`tensorpool doctor`)",
    );
  });

  test("cgroup v1: the memory controller's totals count, shared with other controllers or not", () => {
    using dir = new TemporaryDirectory();
    const files = systemFiles(dir, {
      "self-cgroup": "12:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/\n",
      "cgroup/memory/docker/abc/memory.limit_in_bytes": `${64 * MIB}\n`,
      "cgroup/memory/docker/abc/memory.usage_in_bytes": `${60 * MIB}\n`,
      "cgroup/memory/docker/abc/memory.stat": `inactive_file 1\nactive_file 1\ntotal_inactive_file ${MIB}\ntotal_active_file 0\n`,
      "cgroup/memory/docker/memory.limit_in_bytes": "9223372036854771712\n",
      "cgroup/memory/docker/memory.usage_in_bytes": `${60 * MIB}\n`,
    });
    const headrooms = memoryCgroupHeadrooms(files);
    expect(headrooms[0]).toEqual({ where: "memory cgroup /docker/abc", bytes: 5 * MIB });
    expect(headrooms[1]?.bytes).toBeGreaterThan(2 ** 60);
    expect(creationErrorOf(() => requireSpace("/dev/shm", memory, 6 * MIB, files)).message).toContain("5 MiB free");
  });

  test("in a container whose outer groups are not shown, the root that is shown counts", () => {
    using dir = new TemporaryDirectory();
    const files = systemFiles(dir, {
      "self-cgroup": "4:memory:/docker/abc\n0::/../..\n",
      "cgroup/memory/memory.limit_in_bytes": `${64 * MIB}\n`,
      "cgroup/memory/memory.usage_in_bytes": `${60 * MIB}\n`,
      "cgroup/unified/memory.max": `${8 * MIB}\n`,
      "cgroup/unified/memory.current": `${9 * MIB}\n`,
    });
    expect(memoryCgroupHeadrooms(files).map(({ bytes }) => bytes)).toEqual([4 * MIB, -MIB]);
    expect(creationErrorOf(() => requireSpace("/dev/shm", memory, 5 * MIB, files)).message).toContain("4 MiB free");
    expect(creationErrorOf(() => requireSpace("/dev/shm", memory, MIB, files)).message).toContain("0 B free");
  });

  test("a kernel that shows nothing refuses nothing", () => {
    const nowhere = "/nonexistent";
    const files = { selfCgroup: nowhere, cgroupRoot: nowhere, meminfo: nowhere, hugepages: nowhere, locks: nowhere };
    requireSpace("/dev/shm", memory, 64 * MIB, files);
  });

  test("hugepages: those that are free and not promised count, and those that may be made on demand", () => {
    using dir = new TemporaryDirectory();
    const folder = "hugepages/hugepages-2048kB";
    const files = systemFiles(dir, {
      [`${folder}/free_hugepages`]: "5\n",
      [`${folder}/resv_hugepages`]: "2\n",
      [`${folder}/nr_overcommit_hugepages`]: "3\n",
      [`${folder}/surplus_hugepages`]: "2\n",
    });
    const backing = { pageBytes: 2 * MIB, hugepages: true, inMemory: false, freeBytes: Number.POSITIVE_INFINITY };
    requireSpace("/huge", backing, 8 * MIB, files);
    const error = creationErrorOf(() => requireSpace("/huge", backing, 10 * MIB, files));
    expect(error.code).toBe("no-memory");
    expect(error.message).toContain("needs 10 MiB, the pool of 2 MiB hugepages has 8 MiB free");
  });

  test("regions that do not fit together are refused before anything is reserved, and nothing is left", () => {
    using dir = new TemporaryDirectory();
    const systemFile = systemFiles(dir, { meminfo: "MemAvailable: 64 kB\n" });
    const pools = [
      { poolId: 1, strideBytes: 4096 },
      { poolId: 2, strideBytes: 4096 },
    ];
    const error = creationErrorOf(() => createSmallStream(dir, { pools, systemFiles: systemFile }));
    // 64 + 8 x 256 and twice 64 + 8 x 4096, each rounded up to pages.
    expect(error.message).toContain(`needs ${4 + 36 + 36} KiB, the machine's memory has 64 KiB free`);
    expect(existsSync(dir.at("base"))).toBe(false);
  });
});
