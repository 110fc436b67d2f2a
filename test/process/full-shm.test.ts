import { expect, test } from "bun:test";
import { closeSync, existsSync, openSync, readdirSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DriverPlace } from "../support/driver-place.ts";
import { flows } from "../support/flow.ts";
import { mountAt } from "../support/shm.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const SERVE = ["--stream", "10000", "--slots", "16", "--pool", "64KiB"];
const LIVE = ["--source", "synthetic:dtype=uint8,dims=100x100,rate=500", "--stats-interval", "50ms"];
const WATCH = ["--stats-interval", "50ms"];
const PAGE_BYTES = 4096;

/** A place whose Aeron and regions are on a file system of their own, which can be filled. */
class SmallPlace extends DriverPlace {
  readonly mount = this.at("small");
  override readonly aeronDir = join(this.mount, "aeron");
  override readonly shmDir = join(this.mount, "regions");
  readonly #mounted: Disposable | null;

  constructor(sizeMib: number) {
    super();
    this.#mounted = mountAt(this.mount, "tmpfs", `size=${sizeMib}m,mode=755`);
  }

  /** False where this user may not mount. */
  get isMounted(): boolean {
    return this.#mounted !== null;
  }

  override async endProcesses(): Promise<void> {
    await super.endProcesses();
    this.#mounted?.[Symbol.dispose]();
  }
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
    await using place = new SmallPlace(60);
    if (!place.isMounted) {
      // This user may not mount, and must not fill up the machine's own /dev/shm: that nothing is sparse has to do.
      const driver = await place.readyDriver(SERVE);
      const consumer = place.consumer(WATCH);
      const producer = place.producer(LIVE);
      await flows(consumer);
      expect(sparseFiles(place.mount)).toEqual([]);
      for (const role of [consumer, producer, driver]) role.signal("SIGTERM");
      for (const role of [consumer, producer, driver]) expect(await role.exit()).toBe(0);
      return;
    }
    const driver = await place.readyDriver(SERVE);
    const consumer = place.consumer(WATCH);
    const producer = place.producer(LIVE);
    await flows(consumer);
    expect(sparseFiles(place.mount)).toEqual([]);
    fill(join(place.mount, "filler"));
    expect(statfsSync(place.mount).bavail).toBe(0);
    // Over all slots, and further through the logs than their pages were touched before.
    await flows(consumer, 800);

    const stranger = place.run(["producer", "--standalone", ...LIVE, "--stream", "5", ...dirs(place)]);
    expect(await stranger.exit()).not.toBe(0);
    expect(stranger.stderr).toMatch(/needs .* has 0 B free|insufficient usable storage/);
    const media = place.run(["media-driver", "--aeron-dir", join(place.mount, "other")]);
    expect(await media.exit()).not.toBe(0);
    expect(media.stderr).toContain(`no media driver started in ${join(place.mount, "other")}`);
    expect(media.stderr).toContain("tensorpool gc");
    expect(readdirSync(place.mount).filter((name) => name.startsWith("other"))).toEqual([]);
    // What comes to the streams that run waits for room.
    const next = place.consumer(WATCH);
    await next.errorLine(/the media driver cannot make/);
    await next.errorLine(/stream \d+: waiting for room: .*`tensorpool gc` removes leftovers/);
    expect(next.stderr).not.toContain("--standalone");
    await flows(consumer);

    rmSync(join(place.mount, "filler"));
    await flows(next);
    await flows(consumer);
    for (const role of [next, consumer, producer, driver]) role.signal("SIGTERM");
    for (const role of [next, consumer, producer, driver]) expect(await role.exit()).toBe(0);
    await until(
      () => readdirSync(place.mount).length === 0,
      () => `nothing left: ${readdirSync(place.mount)}`,
    );
    expect(existsSync(place.aeronDir)).toBe(false);
  },
  PROCESS_TEST_MS,
);

function dirs(place: SmallPlace): string[] {
  return ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
}
