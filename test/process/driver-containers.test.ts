import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DriverPlace } from "../support/driver-place.ts";
import { flows } from "../support/flow.ts";
import type { RoleProcess, RoleProcessOptions } from "../support/role-process.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const SERVE = ["--stream", "10000", "--slots", "256", "--pool", "4KiB"];
const LIVE = ["--source", "synthetic:dtype=uint8,dims=64x64,rate=500", "--stats-interval", "50ms"];
const WATCH = ["--stats-interval", "50ms"];

/** A pid namespace needs rights over one of users, which is made as well where this user has none. */
const NAMESPACE = [
  "unshare",
  ...(process.geteuid?.() === 0 ? [] : ["--user", "--map-current-user"]),
  ...["--pid", "--fork", "--mount-proc", "--kill-child"],
];

/** As in a container of its own that shares /dev/shm: it is process 1, and sees no other process. */
const APART: RoleProcessOptions = { through: (command) => [...NAMESPACE, ...command] };

/** Signals end with `unshare`, which ignores them: they go to its child. */
async function end(roles: readonly RoleProcess[]): Promise<void> {
  for (const role of roles) {
    const child = Number(readFileSync(`/proc/${role.pid}/task/${role.pid}/children`, "ascii").trim());
    process.kill(child, "SIGTERM");
    expect(await role.exit()).toBe(0);
  }
}

describe("driver and clients in pid namespaces of their own, with one /dev/shm", () => {
  test(
    "D-19: they attach and exchange frames; one that is killed is swept by its locks, though all of them are process 1",
    async () => {
      await using place = new DriverPlace();
      const driver = place.driver(SERVE, APART);
      await driver.errorLine(/\(pid 1\) serves/);
      const producer = place.producer(LIVE, APART);
      const consumer = place.consumer(WATCH, APART);
      await flows(consumer);
      const epochs = (): string[] => {
        const instances = join(place.shmDir, "default");
        return readdirSync(instances).flatMap((name) => readdirSync(join(instances, name)));
      };
      const before = epochs().length;

      // --kill-child: the process in the namespace goes with this one.
      producer.signal("SIGKILL");
      await driver.errorLine(/producer \d+ of stream 10000: lease \d+ has expired/);
      const next = place.producer(LIVE, APART);
      await flows(consumer);
      consumer.signal("SIGKILL");
      await driver.errorLine(/consumer \d+ of stream 10000: lease \d+ has expired/);
      const reader = place.consumer(WATCH, APART);
      await flows(reader);
      // Two ended epochs are kept, and nobody holds on to the others.
      await until(
        () => epochs().length <= Math.max(3, before),
        () => `three epochs, found ${epochs()}`,
      );
      for (const role of [driver, next, reader]) expect(role.stderr).not.toMatch(/media driver (died|has ended)/);

      // The driver is killed: its successor, process 1 as well, starts over what it left; the clients follow.
      driver.signal("SIGKILL");
      const heir = place.driver(SERVE, APART);
      await heir.errorLine(/\(pid 1\) serves/);
      await next.errorLine(/attached to stream 10000 again/);
      await reader.errorLine(/attached to stream 10000 again/);
      await flows(reader);
      await end([reader, next, heir]);
      await place.isEmpty();
    },
    PROCESS_TEST_MS * 2,
  );
});
