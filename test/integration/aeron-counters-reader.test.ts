import { describe, expect, test } from "bun:test";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AeronClients } from "../../src/aeron/clients.ts";
import { CountersError, CountersReader } from "../../src/aeron/counters-reader.ts";
import { Rig } from "../support/rig.ts";
import { TemporaryDirectory } from "../support/shm.ts";

const TYPE_ID = 10_999;

function failureOf(action: () => unknown): CountersError {
  try {
    action();
  } catch (error) {
    if (error instanceof CountersError) return error;
    throw error;
  }
  throw new Error("expected a CountersError, and nothing was thrown");
}

describe("the media driver's counters, read from outside", () => {
  test("a counter is seen with its key, label, value and owner, and no longer after it was given back", async () => {
    await using rig = new Rig();
    const key = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    const counter = rig.connection.addCounter(TYPE_ID, key, "a counter of this test");
    rig.until(() => rig.connection.isReady, "the counter to be made");
    counter.set(42);
    using reader = CountersReader.open(rig.aeronDir);
    const [record, ...others] = reader.snapshot((typeId) => typeId === TYPE_ID);
    expect(others).toEqual([]);
    if (record === undefined) throw new Error("expected the counter, found none");
    expect(record.label).toBe("a counter of this test");
    expect(record.value).toBe(42n);
    expect(record.key.getUint32(4, true)).toBe(0x08070605);
    counter.set(43);
    expect(reader.valueOf(record)).toBe(43n);
    rig.connection.remove(counter);
    rig.until(() => reader.snapshot((typeId) => typeId === TYPE_ID).length === 0, "the counter to be gone");
    expect(reader.valueOf(record)).toBeNull();
  });

  test("clients are known by name and process, and so is who publishes", async () => {
    await using rig = new Rig();
    const publication = rig.connection.addPublication("aeron:ipc", 4711);
    rig.until(() => rig.connection.isReady && publication.sessionId !== null, "the publication to be made");
    using reader = CountersReader.open(rig.aeronDir);
    const read = () => new AeronClients(reader.snapshot(AeronClients.isWanted));
    const ownerNow = () => read().ofSession(publication.sessionId ?? 0, 4711);
    // A client says its name with its first sign of life.
    rig.until(() => ownerNow()?.name !== "", "the client to say its name");
    const owner = ownerNow();
    const clients = read();
    expect(owner?.name).toBe(`test ${process.pid}`);
    expect(owner?.pid).toBeNull();
    expect(Math.abs(Date.now() - (owner?.aliveMs ?? 0))).toBeLessThan(60_000);
    expect(clients.ofSession(publication.sessionId ?? 0, 4712)).toBeNull();
    expect(reader.driverPid).toBe(process.pid);
  });

  test("a folder without a driver, and files that are none of a driver's, are distinguished", () => {
    using directory = new TemporaryDirectory();
    expect(failureOf(() => CountersReader.open(directory.at("absent"))).code).toBe("not-found");
    const folder = directory.at("odd");
    mkdirSync(folder);
    const file = join(folder, "cnc.dat");
    writeFileSync(file, new Uint8Array(16));
    expect(failureOf(() => CountersReader.open(folder)).code).toBe("not-found");
    writeFileSync(file, new Uint8Array(4096).fill(0x7f));
    expect(failureOf(() => CountersReader.open(folder)).code).toBe("incompatible");
    const header = new Uint8Array(4096);
    new DataView(header.buffer).setInt32(0, 512, true);
    writeFileSync(file, header);
    expect(failureOf(() => CountersReader.open(folder)).code).toBe("incompatible");
  });

  test("a file that is cut off while it is open ends nothing: what is not there is not shown", async () => {
    using directory = new TemporaryDirectory();
    await using rig = new Rig();
    rig.until(() => rig.connection.isReady, "the client to be there");
    const folder = directory.at("copy");
    mkdirSync(folder);
    const bytes = await Bun.file(join(rig.aeronDir, "cnc.dat")).arrayBuffer();
    writeFileSync(join(folder, "cnc.dat"), new Uint8Array(bytes));
    using reader = CountersReader.open(folder);
    expect(reader.snapshot().length).toBeGreaterThan(0);
    truncateSync(join(folder, "cnc.dat"), 4096);
    expect(reader.snapshot()).toEqual([]);
  });
});
