import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { withUmask } from "../../ffi/libc.ts";
import { DriverLock, lockPath } from "../../src/aeron/driver-lock.ts";
import { findLivingDriver } from "../../src/aeron/driver-watch.ts";
import { LockFileError } from "../../src/aeron/lock-file.ts";
import { MediaDriver } from "../../src/aeron/media-driver.ts";
import { probeLockOr, ServiceLocks, serviceLockPath } from "../../src/aeron/service-locks.ts";
import { TemporaryDirectory } from "../support/shm.ts";
import { canActAsOthers } from "../support/users.ts";

const NOBODY = 65_534;

/** Everything that opens a lock file, to hold it or to look at it. */
const TAKERS: Readonly<Record<string, (aeronDir: string) => unknown>> = {
  "the media driver's": (aeronDir) => DriverLock.tryAcquire(aeronDir),
  "the drivers'": (aeronDir) => ServiceLocks.open(aeronDir),
  "the drivers', looked at": (aeronDir) => ServiceLocks.isServed(aeronDir, 1000),
};

function pathsOf(aeronDir: string): string[] {
  return [lockPath(aeronDir), serviceLockPath(aeronDir)];
}

function errorOf(action: () => unknown): LockFileError {
  try {
    action();
  } catch (error) {
    if (error instanceof LockFileError) return error;
    throw error;
  }
  throw new Error("expected a LockFileError, and nothing was thrown");
}

describe("lock files", () => {
  test("a link in a lock file's place is not followed: what it leads to stays as it was", () => {
    using directory = new TemporaryDirectory();
    const aeronDir = directory.at("aeron");
    writeFileSync(directory.at("victim"), "precious");
    for (const path of pathsOf(aeronDir)) symlinkSync(directory.at("victim"), path);
    for (const [name, take] of Object.entries(TAKERS)) {
      const error = errorOf(() => take(aeronDir));
      expect([name, error.code, error.message]).toEqual([
        name,
        "not-a-file",
        expect.stringContaining("a link or special"),
      ]);
    }
    expect(() => MediaDriver.start({ aeronDir, threading: "invoker" })).toThrow(/made by user \d+/);
    expect(DriverLock.state(aeronDir)).toBe("unknown");
    expect(findLivingDriver(aeronDir)).toBeNull();
    expect(readFileSync(directory.at("victim"), "utf8")).toBe("precious");
  });

  test("a FIFO or a folder in a lock file's place is refused at once, and blocks nothing", () => {
    for (const make of ["mkfifo", "mkdir"]) {
      using directory = new TemporaryDirectory();
      const aeronDir = directory.at("aeron");
      for (const path of pathsOf(aeronDir)) Bun.spawnSync([make, path]);
      for (const take of Object.values(TAKERS)) expect(errorOf(() => take(aeronDir)).code).toBe("not-a-file");
      expect(probeLockOr(true, () => ServiceLocks.isServed(aeronDir, 1000))).toBe(true);
      expect(DriverLock.state(aeronDir)).toBe("unknown");
    }
  });

  test("their rights depend on no umask: the owner's alone, and the group's where the folder is the group's", () => {
    for (const umask of [0o000, 0o022, 0o077, 0o777]) {
      using directory = new TemporaryDirectory();
      const aeronDir = directory.at("aeron");
      withUmask(umask, () => {
        const lock = DriverLock.tryAcquire(aeronDir);
        const services = ServiceLocks.open(aeronDir);
        for (const path of pathsOf(aeronDir)) expect(statSync(path).mode & 0o7777).toBe(0o600);
        services.close();
        lock?.release();
      });
      for (const path of pathsOf(aeronDir)) expect(existsSync(path)).toBe(false);
    }
    using directory = new TemporaryDirectory();
    const aeronDir = directory.at("aeron");
    mkdirSync(aeronDir);
    chmodSync(aeronDir, 0o770);
    const lock = DriverLock.tryAcquire(aeronDir);
    lock?.serve(aeronDir, "1:2");
    const services = ServiceLocks.open(aeronDir);
    for (const path of pathsOf(aeronDir)) expect(statSync(path).mode & 0o7777).toBe(0o660);
    services.close();
    lock?.release();
  });

  test("one that another user made is refused, and the error says whose it is", () => {
    if (!canActAsOthers) return;
    using directory = new TemporaryDirectory();
    const aeronDir = directory.at("aeron");
    for (const path of pathsOf(aeronDir)) {
      writeFileSync(path, "starting \n", { mode: 0o666 });
      chownSync(path, NOBODY, NOBODY);
    }
    for (const take of Object.values(TAKERS)) {
      const error = errorOf(() => take(aeronDir));
      expect(error.code).toBe("not-ours");
      expect(error.message).toContain("belongs to user 65534");
      expect([error.message, error.options]).toEqual([expect.stringContaining("another Aeron folder"), ["aeronDir"]]);
    }
    expect(() => MediaDriver.start({ aeronDir, threading: "invoker" })).toThrow(/belongs to user 65534/);
    expect(probeLockOr(false, () => ServiceLocks.isServed(aeronDir, 1000))).toBe(false);
  });

  test("a media driver's folder that another user made is refused, left as it is, and the error says whose it is", () => {
    if (!canActAsOthers) return;
    using directory = new TemporaryDirectory();
    const aeronDir = directory.at("aeron");
    mkdirSync(aeronDir);
    writeFileSync(`${aeronDir}/cnc.dat`, "");
    chownSync(aeronDir, NOBODY, NOBODY);
    expect(() => MediaDriver.start({ aeronDir, threading: "invoker" })).toThrow(/aeron belongs to user 65534/);
    expect(existsSync(`${aeronDir}/cnc.dat`)).toBe(true);
    expect(existsSync(lockPath(aeronDir))).toBe(false);
  });

  test.skipIf(!canActAsOthers)(
    "no media driver is started below a folder of another user, who could put another folder in its place",
    () => {
      using directory = new TemporaryDirectory();
      mkdirSync(directory.at("theirs"));
      const aeronDir = directory.at("theirs/aeron");
      for (const gid of [process.getegid?.() ?? 0, NOBODY]) {
        chownSync(directory.at("theirs"), NOBODY, gid);
        expect(() => MediaDriver.start({ aeronDir, threading: "invoker" })).toThrow(
          `theirs belongs to user ${NOBODY} (nobody), who could exchange the media driver's files of user 0 (root) in it: ` +
            "name another Aeron folder",
        );
      }
      chmodSync(directory.at("theirs"), 0o777);
      expect(() => MediaDriver.start({ aeronDir, threading: "invoker" })).toThrow("theirs belongs to user");
      chownSync(directory.at("theirs"), 0, 0);
      // The volume of a Kubernetes pod is root's, and all may change it.
      for (const mode of [0o777, 0o1777]) {
        chmodSync(directory.at("theirs"), mode);
        const driver = MediaDriver.start({ aeronDir, threading: "invoker" });
        driver.onClose();
        expect(existsSync(aeronDir)).toBe(false);
      }
    },
  );
});
