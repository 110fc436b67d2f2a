import { expect, test } from "bun:test";
import { existsSync, readdirSync, watch } from "node:fs";
import { Place } from "../support/place.ts";
import type { RoleProcess } from "../support/role-process.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

/** Rounds of each command; what is there when the signal comes differs from one to the next. */
const ROUNDS = 5;

/** Resolves when `name` appears in `folder`. */
function appears(folder: string, isIt: (name: string) => boolean): { promise: Promise<void>; close(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watch(folder, (_, name) => {
    if (name !== null && isIt(String(name))) resolve();
  });
  return { promise, close: () => watcher.close() };
}

function left(place: Place): string[] {
  return readdirSync(place.path, { recursive: true }) as string[];
}

/** Starts a command, ends it by SIGTERM as soon as the first of what it makes is there, and looks at what stays. */
async function endAtStart(place: Place, isFirst: (name: string) => boolean, start: () => RoleProcess): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const first = appears(place.path, isFirst);
    const role = start();
    await first.promise;
    // Later by a little each time.
    if (round > 0) await Bun.sleep(round * 4);
    role.signal("SIGTERM");
    expect(await role.exit()).toBe(0);
    first.close();
    await until(
      () => left(place).length === 0,
      () => `nothing left after round ${round}, found ${left(place)}\n${role.describe()}`,
    );
  }
}

test(
  "a media driver that is ended while it starts leaves nothing",
  async () => {
    await using place = new Place();
    await endAtStart(
      place,
      (name) => name === "aeron.lock",
      () => place.run(["media-driver", "--aeron-dir", place.aeronDir]),
    );
  },
  PROCESS_TEST_MS,
);

test(
  "a driver that is ended while it starts leaves neither media driver nor regions",
  async () => {
    await using place = new Place();
    const places = ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
    await endAtStart(
      place,
      (name) => name === "aeron.lock",
      () => place.run(["driver", ...places, "--stream", "1", "--slots", "64", "--pool", "64KiB"]),
    );
  },
  PROCESS_TEST_MS,
);

test(
  "a consumer that is ended while it opens its sink leaves no part of a file",
  async () => {
    await using place = new Place();
    await endAtStart(
      place,
      (name) => name.startsWith("out.raw"),
      () =>
        place.run([
          ...place.roleArguments("consumer").slice(0, 6),
          ...["--media-driver", "external", "--sink", `raw:${place.at("out.raw")}`],
        ]),
    );
    expect(existsSync(place.at("out.raw"))).toBe(false);
  },
  PROCESS_TEST_MS,
);

test(
  "a producer that waits for its first frame, and a consumer that waits for a reader, end at the first signal",
  async () => {
    await using place = new Place();
    for (const name of ["in", "out"]) Bun.spawnSync(["mkfifo", place.at(name)]);
    const [producer, consumer] = [
      place.producer(["--media-driver", "embedded", "--source", `npy:${place.at("in")}`]),
      place.consumer(["--media-driver", "external", "--sink", `raw:${place.at("out")}`]),
    ];
    await producer.errorLine(/waiting for the first frame/);
    await consumer.errorLine(/waiting for a reader/);
    for (const role of [producer, consumer]) role.signal("SIGTERM");
    for (const role of [producer, consumer]) expect(await role.exit()).toBe(0);
    expect(left(place).sort()).toEqual(["in", "out"]);
  },
  PROCESS_TEST_MS,
);
