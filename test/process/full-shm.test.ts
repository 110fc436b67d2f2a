import { expect, test } from "bun:test";
import { closeSync, existsSync, openSync, readdirSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DriverPlace } from "../support/driver-place.ts";
import { flows } from "../support/flow.ts";
import { mountAt } from "../support/shm.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const SERVE = ["--stream", "10000", "--slots", "16", "--pool", "64KiB"];
const LIVE = ["--source", "synthetic:dtype=uint8,dims=100x100,rate=200", "--stats-interval", "50ms"];
const WATCH = ["--stats-interval", "50ms"];
const PAGE_BYTES = 4096;

/** A place on a file system of its own, which can be filled; null where this user may not mount one. */
function smallPlace(sizeMib: number): { place: DriverPlace; [Symbol.asyncDispose](): Promise<void> } | null {
  const place = new DriverPlace();
  const mount = mountAt(place.path, "tmpfs", `size=${sizeMib}m,mode=755`);
  return {
    place,
    [Symbol.asyncDispose]: async () => {
      await place[Symbol.asyncDispose]().catch((error) => {
        // A mount point is not removed before it is none any more.
        if (mount === null) throw error;
      });
      mount?.[Symbol.dispose]();
      rmSync(place.path, { recursive: true, force: true });
    },
  };
}

/** Writes until nothing more fits. */
function fill(path: string): void {
  const fd = openSync(path, "w");
  try {
    for (const bytes of [new Uint8Array(64 * 1024), new Uint8Array(PAGE_BYTES)]) {
      for (;;) if (writeSync(fd, bytes) < bytes.length) break;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    closeSync(fd);
  }
}

/** Files whose pages are not all there. */
function sparseFiles(path: string): string[] {
  return (readdirSync(path, { recursive: true }) as string[]).filter((name) => {
    const stat = statSync(join(path, name), { throwIfNoEntry: false });
    return stat?.isFile() === true && stat.blocks * 512 < stat.size;
  });
}

test(
  "a full /dev/shm stops no running stream; new ones are refused with reason and remedy, and it recovers",
  async () => {
    await using small = smallPlace(60);
    if (small === null) return;
    const { place } = small;
    if (statfsSync(place.path).blocks * statfsSync(place.path).bsize > 60 * 1024 * 1024) {
      // This user may not mount, and must not fill up the machine's own /dev/shm: that nothing is sparse has to do.
      const driver = await place.readyDriver(SERVE);
      const consumer = place.consumer(WATCH);
      const producer = place.producer(LIVE);
      await flows(consumer);
      expect(sparseFiles(place.path)).toEqual([]);
      for (const role of [consumer, producer, driver]) role.signal("SIGTERM");
      for (const role of [consumer, producer, driver]) expect(await role.exit()).toBe(0);
      return;
    }
    const driver = await place.readyDriver(SERVE);
    const consumer = place.consumer(WATCH);
    const producer = place.producer(LIVE);
    await flows(consumer);
    expect(sparseFiles(place.path)).toEqual([]);
    fill(place.at("filler"));
    expect(statfsSync(place.path).bavail).toBe(0);
    // Through every term of the logs, and over all slots.
    await flows(consumer, 3000);

    const stranger = place.run(["producer", "--standalone", ...LIVE, "--stream", "5", ...dirs(place)]);
    expect(await stranger.exit()).not.toBe(0);
    expect(stranger.stderr).toMatch(/needs .* has 0 B free|insufficient usable storage/);
    const media = place.run(["media-driver", "--aeron-dir", place.at("other")]);
    expect(await media.exit()).not.toBe(0);
    expect(media.stderr).toContain(`no media driver started in ${place.at("other")}`);
    expect(media.stderr).toContain("tensorpool gc");
    expect(readdirSync(place.path).filter((name) => name.startsWith("other"))).toEqual([]);
    await flows(consumer);

    rmSync(place.at("filler"));
    const next = place.consumer(WATCH);
    await flows(next);
    await flows(consumer);
    for (const role of [next, consumer, producer, driver]) role.signal("SIGTERM");
    for (const role of [next, consumer, producer, driver]) expect(await role.exit()).toBe(0);
    await until(
      () => readdirSync(place.path).length === 0,
      () => `nothing left: ${readdirSync(place.path)}`,
    );
    expect(existsSync(place.aeronDir)).toBe(false);
  },
  PROCESS_TEST_MS,
);

function dirs(place: DriverPlace): string[] {
  return ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
}
