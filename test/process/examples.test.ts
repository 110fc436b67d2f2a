import { expect, test } from "bun:test";
import { join } from "node:path";
import { Place } from "../support/place.ts";
import { RoleProcess } from "../support/role-process.ts";

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
