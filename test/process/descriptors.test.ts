import { expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { DriverPlace } from "../support/driver-place.ts";
import { flows } from "../support/flow.ts";
import type { RoleProcessOptions } from "../support/role-process.ts";
import { SupervisorProcess } from "../support/supervisor-process.ts";
import { elapse, PROCESS_TEST_MS, until } from "../support/until.ts";

const LIVE = ["--stream", "1", "--source", "synthetic:dtype=uint8,dims=64x64,rate=200", "--stats-interval", "50ms"];
const ON_DEMAND = `
[policies]
allow_dynamic_streams = true
[driver]
stream_id_range = [1, 1000]
[profiles.small]
header_nslots = 64
payload_pools = [{ pool_id = 1, stride_bytes = "4KiB" }]
`;

function limited(descriptors: number): RoleProcessOptions {
  return { through: (command) => ["prlimit", `--nofile=${descriptors}:${descriptors}`, ...command] };
}

test(
  "a client that asks for more streams than a driver has descriptors for is refused with the reason; the others stay",
  async () => {
    await using place = new DriverPlace();
    writeFileSync(place.at("driver.toml"), ON_DEMAND);
    const driver = place.driver(["--config", place.at("driver.toml")], limited(64));
    await driver.errorLine(/leases end/);
    const producer = place.producer(LIVE);
    const consumer = place.consumer(["--stream", "1", "--stats-interval", "50ms"]);
    await flows(consumer);
    // Each asks once; a stream that was made for it stays for a while.
    const asks = Array.from({ length: 8 }, (_, i) =>
      place.run(["attach", `${100 + i}`, "--role", "producer", "--once", "--aeron-dir", place.aeronDir]),
    );
    const codes = await Promise.all(asks.map((role) => role.exit()));
    expect(codes).toContain(0);
    expect(codes).not.toEqual(codes.map(() => 0));
    for (const [i, { stderr }] of asks.entries()) {
      if (codes[i] === 0) continue;
      expect(stderr).toMatch(/needs \d+ file descriptors, and \d+ of 64 are in use .*ulimit -n/);
    }
    await flows(consumer);
    for (const role of [consumer, producer, driver]) role.signal("SIGTERM");
    for (const role of [consumer, producer, driver]) expect(await role.exit()).toBe(0);
  },
  PROCESS_TEST_MS,
);

test(
  "idle connections that take every descriptor of a supervisor end nothing: it answers again when they have gone",
  async () => {
    await using place = new DriverPlace();
    const driver = await place.readyDriver(["--stream", "1", "--slots", "64", "--pool", "4KiB"]);
    const producer = place.producer(LIVE);
    const supervisor = await SupervisorProcess.start(place, [], limited(80));
    await supervisor.event("stream-appeared");
    const { port, hostname } = new URL(supervisor.url);
    const sockets: Socket[] = Array.from({ length: 150 }, () =>
      connect(Number(port), hostname).on("error", () => undefined),
    );
    try {
      const descriptors = (): number => readdirSync(`/proc/${supervisor.process.pid}/fd`).length;
      await until(
        () => descriptors() >= 79,
        () => `every descriptor taken, found ${descriptors()}`,
      );
      // Several looks at the media driver, and its counters.
      await elapse(1500);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    await supervisor.until(
      () =>
        fetch(`${supervisor.url}/readyz`).then(
          ({ ok }) => (ok ? true : undefined),
          () => undefined,
        ),
      "200 of /readyz",
    );
    expect(supervisor.process.stderr).not.toMatch(/media driver (died|has ended)/);
    for (const role of [supervisor.process, producer, driver]) role.signal("SIGTERM");
    for (const role of [supervisor.process, producer, driver]) expect(await role.exit()).toBe(0);
  },
  PROCESS_TEST_MS,
);
