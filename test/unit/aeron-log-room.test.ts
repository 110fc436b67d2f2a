import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { logShortage } from "../../src/aeron/log-room.ts";
import { SYSTEM_FILES } from "../../src/shm/system-files.ts";
import { TemporaryDirectory } from "../support/shm.ts";

const MIB = 1024 ** 2;

test.each([
  ["2", "0::/unit\n", "unit", "memory.max", "memory.current"],
  ["1", "7:memory:/unit\n", "memory/unit", "memory.limit_in_bytes", "memory.usage_in_bytes"],
])(
  "a log that would take a memory cgroup of version %s beyond its limit is not asked for",
  (_, self, folder, max, now) => {
    using directory = new TemporaryDirectory();
    mkdirSync(directory.at(folder), { recursive: true });
    writeFileSync(directory.at("self"), self);
    writeFileSync(directory.at(folder, max), `${100 * MIB}\n`);
    const files = { ...SYSTEM_FILES, selfCgroup: directory.at("self"), cgroupRoot: directory.path };
    const shortageAt = (usedMib: number, channel = "aeron:ipc?term-length=64k|mtu=96"): string | null => {
      writeFileSync(directory.at(folder, now), `${usedMib * MIB}\n`);
      return logShortage(channel, files);
    };
    expect(shortageAt(90)).toBeNull();
    expect(shortageAt(99)).toMatch(/its log needs 196 KiB, and memory cgroup \/unit has 1 MiB left \(MemoryMax=/);
    expect(shortageAt(100, "aeron:ipc")).toContain("has 0 B left");
    expect(shortageAt(50, "aeron:ipc?mtu=96|term-length=16777216")).toBeNull();
    expect(shortageAt(51, "aeron:ipc?mtu=96|term-length=16M")).toContain("its log needs 48 MiB");
  },
);
