import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Leftover } from "../../src/shm/leftovers.ts";
import { ToolPlace } from "../support/tool-place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

setDefaultTimeout(PROCESS_TEST_MS);

async function gc(place: ToolPlace, args: readonly string[] = []): Promise<Leftover[]> {
  const { code, rows } = await place.tool<Leftover>(["gc", "--shm-dir", place.shmDir, ...args]);
  expect(code).toBe(0);
  return rows;
}

test("D-19: gc takes nothing from a driver and its clients, while frames flow", async () => {
  await using place = new ToolPlace();
  await place.servingDriver();
  await place.attachedProducer();
  const consumer = await place.attachedConsumer(["--stats-interval", "0.1"]);
  await consumer.row((row) => (row.counters.accepted ?? 0) > 10, "frames");
  const before = place.regionFiles();
  const rows = await gc(place);
  expect(rows.map(({ state }) => state)).toEqual(rows.map(() => "kept"));
  expect(place.regionFiles()).toEqual(before);
  const accepted = consumer.lastRow.counters.accepted ?? 0;
  await consumer.row((row) => (row.counters.accepted ?? 0) > accepted + 10, "further frames");
  expect(consumer.lastRow.counters.maps).toBe(1);
});

test("gc --aeron-dir looks at that folder alone, not at the folders beside it", async () => {
  await using place = new ToolPlace();
  const beside = `${place.aeronDir}-beside`;
  mkdirSync(beside);
  writeFileSync(join(beside, "cnc.dat"), new Uint8Array(4096));
  writeFileSync(`${beside}.lock`, "");
  expect(await gc(place)).toEqual([]);
  expect(existsSync(join(beside, "cnc.dat"))).toBe(true);
});

test("D-19: what a killed driver left goes, but not what a process has mapped who is paused; then nothing is left", async () => {
  await using place = new ToolPlace();
  const media = await place.mediaDriver();
  const driver = await place.servingDriver();
  const consumer = await place.attachedConsumer();
  await consumer.errorLine(/mapped stream 10000/);
  await consumer.stop();
  await driver.destroy();
  const looked = await gc(place, ["--dry-run"]);
  const rows = await gc(place);
  const regions = rows.filter(({ kind }) => kind === "epoch");
  expect(regions.map(({ streamId, state }) => [streamId, state]).sort()).toEqual([
    [10_000, "kept"],
    [10_001, "removed"],
  ]);
  expect(looked.map(({ state }) => state)).toEqual(
    rows.map(({ state }) => (state === "removed" ? "removable" : state)),
  );
  expect(regions.find(({ state }) => state === "kept")).toMatchObject({
    why: expect.stringContaining(`process ${consumer.pid}`),
  });
  await consumer.destroy();
  await media.destroy();
  for (const { state } of await gc(place)) expect(state).toBe("removed");
  expect(place.regionFiles()).toEqual([]);
  expect(await gc(place)).toEqual([]);
});
