import { expect, test } from "bun:test";
import { join } from "node:path";
import { Place } from "../support/place.ts";
import { readPng } from "../support/png-reader.ts";
import { RoleProcess } from "../support/role-process.ts";
import { TIMEOUT_MS, until } from "../support/until.ts";

const EXAMPLES = join(import.meta.dir, "../../examples");
const SECONDS = "3";

test("the examples run as they are: the consumer computes what the producer filled in place", async () => {
  await using place = new Place();
  const env = { AERON_DIR: place.aeronDir, TENSORPOOL_SHM_BASE_DIR: place.shmDir };
  const consumer = new RoleProcess([process.execPath, join(EXAMPLES, "consumer.ts"), SECONDS], { env });
  const producer = new RoleProcess([process.execPath, join(EXAMPLES, "producer.ts"), SECONDS], { env });
  try {
    expect(await producer.exit()).toBe(0);
    expect(await consumer.exit()).toBe(0);
  } finally {
    await Promise.all([producer.destroy(), consumer.destroy()]);
  }
  const published = Number(/published (\d+) frames/.exec(producer.stdout)?.[1]);
  const accepted = Number(/accepted (\d+) frames/.exec(consumer.stdout)?.[1]);
  expect(consumer.stdout).toMatch(/480x640 mean \d+/);
  expect(accepted).toBeGreaterThan(0);
  expect(accepted).toBeLessThanOrEqual(published);
});

test("the web server gives the newest frame and what was lost, and ends in order", async () => {
  await using place = new Place();
  const env = { AERON_DIR: place.aeronDir, TENSORPOOL_SHM_BASE_DIR: place.shmDir };
  const producer = new RoleProcess([process.execPath, join(EXAMPLES, "producer.ts"), "60"], { env });
  const server = new RoleProcess([process.execPath, join(EXAMPLES, "server.ts"), "0"], { env });
  try {
    let url = "";
    await until(
      () => {
        url = /serves (\S+)/.exec(server.stdout)?.[1] ?? "";
        return url !== "";
      },
      () => `an address: ${server.describe()}`,
    );
    let response = await fetch(`${url}frame`);
    const endMs = performance.now() + TIMEOUT_MS;
    while (response.status === 503 && performance.now() < endMs) response = await fetch(`${url}frame`);
    expect(response.status).toBe(200);
    expect([response.headers.get("x-dtype"), response.headers.get("x-dims")]).toEqual(["uint16", "480x640"]);
    expect((await response.bytes()).length).toBe(2 * 480 * 640);
    const picture = await fetch(`${url}frame.png`);
    expect(picture.headers.get("content-type")).toBe("image/png");
    expect(readPng(await picture.bytes())).toMatchObject({ width: 640, height: 480, channels: 1, bits: 16 });
    const told = (await (await fetch(url)).json()) as Record<string, unknown>;
    expect(told).toMatchObject({ dtype: "uint16", dims: [480, 640] });
    expect(told.accepted).toBeGreaterThan(0);
    server.signal("SIGINT");
    expect(await server.exit()).toBe(0);
  } finally {
    await Promise.all([producer.destroy(), server.destroy()]);
  }
});

test("the recorder writes the last seconds when it is triggered, and reads them back", async () => {
  await using place = new Place();
  const env = { AERON_DIR: place.aeronDir, TENSORPOOL_SHM_BASE_DIR: place.shmDir };
  const producer = new RoleProcess([process.execPath, join(EXAMPLES, "producer.ts"), "60"], { env });
  const recorder = new RoleProcess([process.execPath, join(EXAMPLES, "recorder.ts"), place.at("flights"), "60"], {
    env,
  });
  try {
    expect([await recorder.exit(), recorder.stderr]).toEqual([0, expect.any(String)]);
  } finally {
    await Promise.all([producer.destroy(), recorder.destroy()]);
  }
  expect(recorder.stdout).toMatch(/\d+\.\d s before the trigger were kept/);
  expect(Number(/has (\d+) frames/.exec(recorder.stdout)?.[1])).toBeGreaterThan(10);
});
