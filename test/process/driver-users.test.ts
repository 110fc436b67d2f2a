import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { userName } from "../../src/core/users.ts";
import { defaultShmDir } from "../../src/shm/default-dir.ts";
import { DriverPlace } from "../support/driver-place.ts";
import { flows } from "../support/flow.ts";
import type { RoleProcess, RoleProcessOptions } from "../support/role-process.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";
import { asUser, canActAsOthers, OpenCheckout, type User } from "../support/users.ts";

/** A group that nobody is in, but those whom a test puts there. */
const GROUP = 61_010;
const OWNER: User = { uid: 61_001, groups: [GROUP] };
const MEMBER: User = { uid: 61_002, groups: [GROUP] };
const STRANGER: User = { uid: 61_003, groups: [] };

const SERVE = ["--stream", "10000", "--slots", "256", "--pool", "4KiB"];
const LIVE = ["--source", "synthetic:dtype=uint8,dims=64x64,rate=500", "--stats-interval", "50ms"];
const WATCH = ["--stats-interval", "50ms"];
const SHARED = { TENSORPOOL_SHM_PERMISSIONS_MODE: "660", TENSORPOOL_SHM_GROUP: `${GROUP}` };
const PRIVATE = { TENSORPOOL_SHM_PERMISSIONS_MODE: "600" };

/** Tools that look at a driver before they do anything. */
const TOOLS = [["ls"], ["info", "10000"], ["top", "--once"], ["hz", "--once"], ["check"], ["doctor"], ["lease", "ls"]];

function as(user: User): RoleProcessOptions {
  return { through: (command) => asUser(user, command) };
}

/** Mode bits of everything below a folder, without type. */
function modesBelow(path: string): Set<number> {
  const names = readdirSync(path, { recursive: true }) as string[];
  return new Set([path, ...names.map((name) => join(path, name))].map((found) => statSync(found).mode & 0o777));
}

/** A driver and a producer of the owner, with frames that its own consumer reads. */
async function serve(place: DriverPlace, env: Readonly<Record<string, string>>) {
  // Folders are made beside these.
  chmodSync(place.path, 0o755);
  chownSync(place.path, OWNER.uid, OWNER.uid);
  const driver = place.driver(SERVE, { ...as(OWNER), env });
  await driver.errorLine(/leases end/);
  const producer = place.producer(LIVE, as(OWNER));
  const consumer = place.consumer(WATCH, as(OWNER));
  await flows(consumer);
  return [consumer, producer, driver] as const;
}

async function end(place: DriverPlace, processes: readonly RoleProcess[]): Promise<void> {
  for (const process of processes) {
    process.signal("SIGTERM");
    expect(await process.exit()).toBe(0);
  }
  await place.isEmpty();
}

function refused(place: DriverPlace, user: User): RoleProcess {
  return place.run([...place.roleArguments("consumer"), "--attach-timeout", "1s"], as(user));
}

/** Every tool says the same: that a driver lives, whose it is, and nothing that would end it. */
async function everyToolIsRefused(place: DriverPlace): Promise<void> {
  const runs = TOOLS.map(async (command) => {
    const tool = place.run([...command, "--aeron-dir", place.aeronDir], as(MEMBER));
    const code = await tool.exit();
    return { command, code, said: `${tool.stdout}\n${tool.stderr}` };
  });
  for (const { command, code, said } of await Promise.all(runs)) {
    // `doctor` wraps its lines.
    const line = said.replace(/\s+/g, " ");
    expect([command, line]).toEqual([
      command,
      expect.stringContaining("user 61002 may not use the media driver's files"),
    ]);
    expect([command, line]).toEqual([
      command,
      expect.stringMatching(/its media driver lives: process \d+ of user 61001/),
    ]);
    expect([command, /no media driver|dead|rm -r/.test(line)]).toEqual([command, false]);
    expect([command, code === 0]).toEqual([command, false]);
  }
}

/** Where this user may not act as others, the kernel's part is taken on trust: it goes by the rights that are looked at here. */
describe("users of one driver", () => {
  test(
    "W-30, D-05: a group shares a driver: who is in it reads and writes frames, who is not is told why not",
    async () => {
      if (!canActAsOthers) {
        await using place = new DriverPlace();
        const driver = place.driver(SERVE, { env: { TENSORPOOL_SHM_PERMISSIONS_MODE: "660" } });
        await driver.errorLine(/leases end/);
        for (const path of [place.aeronDir, place.shmDir]) {
          for (const mode of modesBelow(path)) expect([0o770, 0o660]).toContain(mode);
        }
        await end(place, [driver]);
        return;
      }
      using checkout = new OpenCheckout(STRANGER);
      await using place = new DriverPlace(checkout.command);
      const [consumer, producer, driver] = await serve(place, SHARED);
      const member = place.consumer(WATCH, as(MEMBER));
      await flows(member);
      const stranger = refused(place, STRANGER);
      expect(await stranger.exit()).toBe(3);
      expect(stranger.stderr).toContain(
        `user ${STRANGER.uid} may not use the media driver's files in ${place.aeronDir}: they belong to user ${OWNER.uid} ` +
          `and group ${GROUP}, mode 770`,
      );
      // Another's producer: the regions are written by whoever has the lease.
      producer.signal("SIGTERM");
      expect(await producer.exit()).toBe(0);
      const next = place.producer(LIVE, as(MEMBER));
      await flows(member);
      await end(place, [member, consumer, next, driver]);
    },
    PROCESS_TEST_MS,
  );

  test(
    "W-30: what is private is so: another user in all of the owner's groups gets neither the media driver's files nor regions",
    async () => {
      if (!canActAsOthers) {
        await using place = new DriverPlace();
        const driver = place.driver(SERVE, { env: PRIVATE });
        await driver.errorLine(/leases end/);
        for (const path of [place.aeronDir, place.shmDir]) {
          for (const mode of modesBelow(path)) expect([0o700, 0o600]).toContain(mode);
        }
        await end(place, [driver]);
        return;
      }
      using checkout = new OpenCheckout(STRANGER);
      await using place = new DriverPlace(checkout.command);
      const processes = await serve(place, PRIVATE);
      const member = refused(place, { uid: MEMBER.uid, groups: [GROUP, OWNER.uid] });
      expect(await member.exit()).toBe(3);
      expect(member.stderr).toMatch(/user 61002 may not use the media driver's files in .*, mode 700/);
      await everyToolIsRefused(place);
      // A client writes its commands into the driver's file: that it may be read, as with umask 022, is not enough.
      chmodSync(place.aeronDir, 0o755);
      chmodSync(join(place.aeronDir, "cnc.dat"), 0o644);
      await everyToolIsRefused(place);
      const reader = refused(place, MEMBER);
      expect(await reader.exit()).toBe(3);
      expect(reader.stderr).toMatch(/user 61002 may not use the media driver's files in .*, mode 644/);
      await end(place, processes);
    },
    PROCESS_TEST_MS,
  );

  test(
    "W-26, D-05: regions that a user who may attach cannot open are refused by name, and no other process is disturbed",
    async () => {
      using checkout = canActAsOthers ? new OpenCheckout(STRANGER) : null;
      await using place = new DriverPlace(checkout?.command);
      if (!canActAsOthers) {
        // The nearest to it: regions outside of the folders that this consumer may use.
        const driver = place.driver(SERVE, { env: PRIVATE });
        await driver.errorLine(/leases end/);
        mkdirSync(place.at("elsewhere"));
        const consumer = place.consumer(["--allowed-base-dirs", place.at("elsewhere")]);
        await consumer.errorLine(/region refused: /);
        consumer.signal("SIGTERM");
        expect(await consumer.exit()).toBe(0);
        driver.signal("SIGTERM");
        expect(await driver.exit()).toBe(0);
        return;
      }
      const [consumer, producer, driver] = await serve(place, SHARED);
      const [name = ""] = readdirSync(join(place.shmDir, "default"));
      // The group gets into the media driver's folder, but not to the regions.
      chownSync(join(place.shmDir, "default", name), OWNER.uid, OWNER.uid);
      const member = place.consumer(WATCH, as(MEMBER));
      await member.errorLine(/region refused: .*found EACCES/);
      await flows(consumer);
      await end(place, [member, consumer, producer, driver]);
    },
    PROCESS_TEST_MS,
  );

  test(
    "two users with default folders do not meet: each has a folder of its own name",
    async () => {
      if (!canActAsOthers) {
        expect(defaultShmDir()).toEndWith(`-${userName(process.geteuid?.() ?? 0) ?? process.geteuid?.()}`);
        return;
      }
      using checkout = new OpenCheckout(STRANGER);
      await using place = new DriverPlace(checkout.command);
      chmodSync(place.path, 0o1777);
      const roles = [OWNER, STRANGER].map((user, i) => {
        const env = { TENSORPOOL_SHM_BASE_DIR: "", SHM_BASE_DIR: "", USER: "somebody" };
        const aeron = ["--aeron-dir", place.at(`aeron-${i}`), "--media-driver", "embedded"];
        const args = ["producer", "--standalone", "--stream", "10000", ...aeron, "--source", "synthetic:rate=10"];
        return place.run(args, { ...as(user), env });
      });
      for (const [i, { uid }] of [OWNER, STRANGER].entries()) {
        await roles[i]?.errorLine(new RegExp(`in /dev/shm/tensorpool-${uid}\\)`));
        expect(statSync(`/dev/shm/tensorpool-${uid}`)).toMatchObject({ uid });
      }
      await end(place, roles);
      for (const { uid } of [OWNER, STRANGER]) expect(existsSync(`/dev/shm/tensorpool-${uid}`)).toBe(false);
    },
    PROCESS_TEST_MS,
  );
});
