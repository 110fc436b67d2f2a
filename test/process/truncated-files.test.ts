import { expect, test } from "bun:test";
import { readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { flows } from "../support/flow.ts";
import { Place } from "../support/place.ts";
import type { RoleProcess } from "../support/role-process.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

/** Ended by SIGBUS, with the cause and the rights that prevent it, and no crash report. */
async function endedByTruncation(role: RoleProcess): Promise<void> {
  await expect(role.exit()).rejects.toThrow("expected an exit code, ended by SIGBUS");
  expect(role.stderr).toContain("tensorpool: ended by SIGBUS: a file of shared memory");
  expect(role.stderr).toContain("permissions_mode at 600");
  expect(role.stderr).not.toMatch(/bug in Bun|panic|has crashed/i);
}

test(
  "a role whose regions were truncated ends with the cause, and not with a crash report",
  async () => {
    await using place = new Place();
    const live = ["--source", "synthetic:dtype=uint8,dims=64x64,rate=500", "--stats-interval", "50ms"];
    const producer = place.producer(live);
    const consumer = place.consumer(["--stats-interval", "50ms"]);
    await flows(consumer);
    const pool = place.regionFiles().find((name) => name.endsWith(".pool"));
    truncateSync(join(place.shmDir, pool ?? ""), 4096);
    await endedByTruncation(producer);
  },
  PROCESS_TEST_MS,
);

test(
  "a role whose log of Aeron was truncated ends with the cause, and not with a crash report",
  async () => {
    await using place = new Place();
    await place.mediaDriver();
    const external = ["--media-driver", "external", "--stats-interval", "50ms"];
    const producer = place.producer(["--source", "synthetic:dtype=uint8,dims=64x64,rate=500", ...external]);
    const consumer = place.consumer(external);
    await flows(consumer);
    const logs = join(place.aeronDir, "publications");
    for (const name of readdirSync(logs)) truncateSync(join(logs, name), 4096);
    await endedByTruncation(producer);
  },
  PROCESS_TEST_MS,
);
