import { expect, test } from "bun:test";
import type { AeronConnection } from "../../src/aeron/connection.ts";
import type { AeronCounter } from "../../src/aeron/counter.ts";
import { CountersReader } from "../../src/aeron/counters-reader.ts";
import { Rig } from "../support/rig.ts";

/** The media driver has room for 8,192, some of which are its own. */
const MORE_THAN_HALF = 4200;
const TYPE_ID = 20_000;

function addMany(connection: AeronConnection, count: number): AeronCounter[] {
  const key = new Uint8Array(8);
  return Array.from({ length: count }, (_, i) => connection.addCounter(TYPE_ID, key, `counter ${i}`));
}

test("one client does not take all counters of the media driver: those beyond half of them are shown to nobody", async () => {
  await using rig = new Rig();
  const counters = addMany(rig.connection, MORE_THAN_HALF);
  const publication = rig.connection.addPublication("aeron:ipc", 1001);
  rig.until(() => rig.connection.isReady, "an answer to everything that was asked for");
  expect(publication.isReady).toBe(true);
  for (const counter of counters) counter.set(7);
  using reader = CountersReader.open(rig.aeronDir);
  const made = reader.snapshot((typeId) => typeId === TYPE_ID);
  expect(made.length).toBe(4096);
  expect(made.every(({ value }) => value === 7n)).toBe(true);
  for (const counter of counters) rig.connection.remove(counter);
});

test("a media driver without a counter left ends no role: publications wait until others give theirs back", async () => {
  await using rig = new Rig({ counterReuseNs: 100e6 });
  const hogs = [rig.connect(), rig.connect()];
  const taken = hogs.map((hog) => addMany(hog, MORE_THAN_HALF));
  rig.until(() => hogs.every(({ isReady }) => isReady), "every counter to be taken");
  const publication = rig.connection.addPublication("aeron:ipc", 1001);
  rig.settle();
  expect(publication.isReady).toBe(false);
  for (const counter of taken[0] ?? []) hogs[0]?.remove(counter);
  rig.until(() => rig.connection.isReady, "the publication, once there is room");
  expect(publication.isReady).toBe(true);
});
