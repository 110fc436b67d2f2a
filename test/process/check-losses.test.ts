import { expect, test } from "bun:test";
import { ToolPlace } from "../support/tool-place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

test(
  "W-19: check reports frames that passed while a consumer had no lease, as any other loss",
  async () => {
    await using place = new ToolPlace();
    const driver = await place.servingDriver();
    const producer = await place.attachedProducer();
    const consumer = await place.attachedConsumer(["--stats-interval", "0.1"]);
    await consumer.row((row) => (row.counters.accepted ?? 0) > 10, "frames");
    const check = place.run(["check", "--for", "12s", "--drops", "1%,2%", "--aeron-dir", place.aeronDir]);
    await consumer.stop();
    await driver.errorLine(/has expired: no keepalive came/);
    consumer.signal("SIGCONT");
    await consumer.row((row) => (row.counters.detached ?? 0) + (row.counters.gap ?? 0) > 100, "lost frames");
    expect([await check.exit(), check.stdout]).toEqual([2, expect.stringMatching(/CRITICAL.*loses \d/)]);
    for (const role of [producer, consumer, driver]) role.signal("SIGTERM");
  },
  PROCESS_TEST_MS,
);
