import { describe, expect, test } from "bun:test";
import { runChild } from "../support/shm.ts";

const PRELUDE = `
import { readFileSync } from "node:fs";
import { AllowedBaseDirs } from "./src/shm/base-dirs.ts";
import { MappedStream } from "./src/shm/mapped-stream.ts";
import { announceOf, createSmallStream, TemporaryDirectory } from "./test/support/shm.ts";
using dir = new TemporaryDirectory();
const set = createSmallStream(dir, { pools: [{ poolId: 1, strideBytes: 65536 }] });
const stream = MappedStream.map(announceOf(set), AllowedBaseDirs.resolve([dir.at("base")]));
const { mapping } = stream.pools[0];
const { mapping: own } = set.pools[0];
const linesAt = (address) => readFileSync("/proc/self/maps", "utf8").split("\\n")
  .filter((line) => { const [from, to] = line.split(" ")[0].split("-").map((hex) => parseInt(hex, 16)); return from <= address && address < to; });
const collect = async () => { for (let round = 0; round < 10; round += 1) { Bun.gc(true); await Bun.sleep(1); } };
`;

describe("views after unmapping", () => {
  test("W-22: views of a closed mapping read zeros, and what is written to them goes nowhere", async () => {
    const child = await runChild(`${PRELUDE}
      const stale = new Uint8Array(mapping.window(64, 65536));
      const staleOwn = new Uint8Array(own.window(64, 65536));
      const last = new Uint32Array(mapping.window(64 + 7 * 65536, 65536));
      const slot = own.sliceWindows(64, 65536, 8).buffers[0];
      staleOwn.fill(7);
      if (stale[65535] !== 7) throw new Error("the mapping is not shared");
      stream.close();
      const readsZeros = stale.every((byte) => byte === 0) && last.every((word) => word === 0);
      stale.fill(9);
      if (staleOwn[0] !== 7) throw new Error("a stale write reached the region");
      set.close();
      const ownReadsZeros = staleOwn.every((byte) => byte === 0);
      new Uint8Array(slot).fill(1);
      console.log(JSON.stringify({ readsZeros, ownReadsZeros, file: linesAt(own.address).some((line) => line.includes("payload")) }));
    `);
    expect(child.stderr).toBe("");
    expect(child.signal).toBeNull();
    expect(JSON.parse(child.stdout)).toEqual({ readsZeros: true, ownReadsZeros: true, file: false });
  });

  test("W-22: the address range is given back once the mapping and all views are collected, not before", async () => {
    const child = await runChild(`${PRELUDE}
      const { address } = mapping;
      const holder = { view: null };
      (() => { holder.view = new Uint8Array(mapping.window(64, 65536)).subarray(5, 10); })();
      stream.close();
      set.close();
      const closedRef = new WeakRef(stream);
      await collect();
      const whileHeld = linesAt(address).length;
      const value = holder.view[0];
      console.log(JSON.stringify({ whileHeld, value }));
    `);
    expect(child.stderr).toBe("");
    expect(JSON.parse(child.stdout)).toEqual({ whileHeld: 1, value: 0 });

    const other = await runChild(`
      import { readFileSync } from "node:fs";
      import { AllowedBaseDirs } from "./src/shm/base-dirs.ts";
      import { MappedStream } from "./src/shm/mapped-stream.ts";
      import { announceOf, createSmallStream, TemporaryDirectory } from "./test/support/shm.ts";
      using dir = new TemporaryDirectory();
      using set = createSmallStream(dir, { pools: [{ poolId: 1, strideBytes: 2 ** 24 }] });
      const allowed = AllowedBaseDirs.resolve([dir.at("base")]);
      const spaceKib = () => Number(/VmSize:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
      function once() {
        const stream = MappedStream.map(announceOf(set), allowed);
        const { buffers } = stream.pools[0].mapping.sliceWindows(64, 2 ** 24, 8);
        const view = new Uint8Array(buffers[0]);
        stream.close();
        return view[0];
      }
      const before = spaceKib();
      for (let round = 0; round < 200; round += 1) {
        once();
        if (round % 20 === 19) { for (let turn = 0; turn < 5; turn += 1) { Bun.gc(true); await Bun.sleep(1); } }
      }
      console.log(spaceKib() - before);
    `);
    expect(other.stderr).toBe("");
    // 200 mappings of 128 MiB would be 25 GiB of address space.
    expect(Number(other.stdout)).toBeLessThan(4 * 1024 * 1024);
  });

  test("an open mapping is never collected, even when only its address is known", async () => {
    const child = await runChild(`
      import { AllowedBaseDirs } from "./src/shm/base-dirs.ts";
      import { MappedStream } from "./src/shm/mapped-stream.ts";
      import { overlay } from "./ffi/memory.ts";
      import { announceOf, createSmallStream, TemporaryDirectory } from "./test/support/shm.ts";
      using dir = new TemporaryDirectory();
      using set = createSmallStream(dir);
      new Uint8Array(set.pools[0].mapping.window(64, 1))[0] = 42;
      const address = (() => MappedStream.map(announceOf(set), AllowedBaseDirs.resolve([dir.at("base")])).pools[0].mapping.address)();
      for (let round = 0; round < 10; round += 1) { Bun.gc(true); await Bun.sleep(1); }
      console.log(new Uint8Array(overlay(address + 64, 1))[0]);
    `);
    expect(child.stderr).toBe("");
    expect(child.stdout.trim()).toBe("42");
  });

  test("frames stay out of core dumps", async () => {
    const child = await runChild(`${PRELUDE}
      const smaps = readFileSync("/proc/self/smaps", "utf8");
      const flagsAt = (address) => smaps.slice(smaps.indexOf(address.toString(16) + "-")).match(/VmFlags: (.*)/)[1].split(" ");
      console.log(JSON.stringify([mapping, own].map(({ address }) => flagsAt(address).includes("dd"))));
      stream.close();
      set.close();
    `);
    expect(child.stderr).toBe("");
    expect(JSON.parse(child.stdout)).toEqual([true, true]);
  });
});
