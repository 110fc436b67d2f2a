import { expect, test } from "bun:test";
import { DriverPlace } from "../../support/driver-place.ts";
import { flows } from "../../support/flow.ts";
import { until } from "../../support/until.ts";
import { figures } from "../support/figures.ts";
import { attachLatency, countsSince, driverCounts, expectedCounts, flood } from "./driver-flood.ts";

const MESSAGES = 100_000;
const PROBES = 300;
const STREAM_ID = 10_000;
const LIMIT_MS = 5 * 60_000;
/** The same work a moment later, on a machine that others use too. */
const SAME = 5;
const SLACK_MS = 5;

test(
  "D-09, D-11, D-16, D-20, W-36: of 100,000 messages that a driver must not accept, it accepts none and counts each",
  async () => {
    await using place = new DriverPlace();
    const token = { TENSORPOOL_POLICIES_SHUTDOWN_TOKEN: "a token that nobody guesses" };
    const serve = ["--stream", `${STREAM_ID}`, "--slots", "256", "--pool", "4KiB"];
    const driver = place.driver(serve, { env: token });
    const source = "synthetic:dtype=uint8,dims=64x64,rate=500";
    const producer = place.producer(["--source", source, "--stats-interval", "50ms"]);
    const consumer = place.consumer(["--stats-interval", "50ms"]);
    await flows(consumer);
    const probe = { aeronDir: place.aeronDir, streamId: STREAM_ID, count: PROBES };
    const latencyBefore = await attachLatency(probe);

    // Counters are shown ten times a second.
    await until(
      () => driverCounts(place.aeronDir).detaches === PROBES,
      () => "the driver to show what it counted",
    );
    const before = driverCounts(place.aeronDir);
    const startNs = Bun.nanoseconds();
    const seed = Number(process.env.TENSORPOOL_SEED ?? 1);
    const [sent, duringFlood] = await Promise.all([
      flood({ aeronDir: place.aeronDir, count: MESSAGES, seed }),
      attachLatency({ ...probe, count: 10 }),
      flows(consumer, 200),
    ]);
    const seconds = (Bun.nanoseconds() - startNs) / 1e9;
    const expected = Object.entries(expectedCounts(sent));
    await until(
      () => expected.every(([cause, count]) => (countsSince(before, place.aeronDir)[cause] ?? 0) >= count),
      () => `the driver to count ${JSON.stringify(sent)}`,
    );
    const counted = countsSince(before, place.aeronDir);
    const latencyAfter = await attachLatency(probe);
    console.log(
      figures(`${MESSAGES} messages, seed ${seed}, in ${seconds.toFixed(1)} s`, [
        ...expected.map(([cause, count]) => ({ cause, expected: count, counted: counted[cause] ?? 0 })),
      ]),
    );
    console.log(
      figures("attach latency", [
        { when: "before", ...latencyBefore },
        { when: "during", ...duringFlood },
        { when: "after", ...latencyAfter },
      ]),
    );

    expect(Object.values(sent).reduce((sum, count) => sum + count, 0)).toBe(MESSAGES);
    for (const [cause, count] of expected) expect({ cause, count: counted[cause] }).toEqual({ cause, count });
    // Those of the prober, and no other process's.
    expect({ attaches: counted.attaches, detaches: counted.detaches }).toEqual({ attaches: 10, detaches: 10 });
    expect({ expired: counted.leasesExpired, revoked: counted.leasesRevoked }).toEqual({ expired: 0, revoked: 0 });
    for (const role of [producer, consumer]) expect(role.rows.at(-1)?.counters.leasesLost).toBe(0);
    expect(latencyAfter.medianMs).toBeLessThan(latencyBefore.medianMs * SAME + SLACK_MS);
    // Nothing is said once per message.
    expect(driver.stderrLines.length).toBeLessThan(2 * (2 * PROBES + 10) + 50);
    for (const role of [producer, consumer, driver]) {
      role.signal("SIGTERM");
      expect(await role.exit()).toBe(0);
    }
    await place.isEmpty();
  },
  LIMIT_MS,
);
