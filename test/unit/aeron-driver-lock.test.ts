import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCncFile } from "../../src/aeron/aeron-dir.ts";
import { DriverLock } from "../../src/aeron/driver-lock.ts";
import { findLivingDriver, isStillAlive, lookForDriver, lookForForeignDriver } from "../../src/aeron/driver-watch.ts";
import { findAeronLeftovers } from "../../src/aeron/leftovers.ts";
import { MediaDriver } from "../../src/aeron/media-driver.ts";
import { openDescriptorLimit } from "../support/descriptors.ts";
import { writeCncOfAnotherAeron } from "../support/foreign-cnc.ts";
import { TemporaryDirectory } from "../support/shm.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const LOCK_MODULE = join(import.meta.dir, "../../src/aeron/driver-lock.ts");

/** A process that takes the lock, says how that went, and holds it until it is killed. */
async function holder(aeronDir: string): Promise<AsyncDisposable & { answer: string; kill(): Promise<void> }> {
  const code = `import { DriverLock } from ${JSON.stringify(LOCK_MODULE)};
    const lock = DriverLock.tryAcquire(${JSON.stringify(aeronDir)});
    console.log(lock === null ? "refused" : "held");
    setInterval(() => lock, 1000);`;
  const child = Bun.spawn([process.execPath, "-e", code], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const kill = async () => {
    child.kill("SIGKILL");
    await child.exited;
  };
  return { answer: new TextDecoder().decode(value).trim(), kill, [Symbol.asyncDispose]: kill };
}

describe("DriverLock", () => {
  test(
    "held by one process it is refused to others; killed with -9, its holder gives it back at once",
    async () => {
      using directory = new TemporaryDirectory();
      const aeronDir = directory.at("aeron");
      expect(DriverLock.state(aeronDir)).toBe("absent");
      await using first = await holder(aeronDir);
      expect(first.answer).toBe("held");
      expect(DriverLock.state(aeronDir)).toBe("held");
      expect(DriverLock.tryAcquire(aeronDir)).toBeNull();
      await using second = await holder(aeronDir);
      expect(second.answer).toBe("refused");
      await first.kill();
      expect(DriverLock.state(aeronDir)).toBe("free");
      const lock = DriverLock.tryAcquire(aeronDir);
      expect(lock).not.toBeNull();
      expect(DriverLock.state(aeronDir)).toBe("held");
      lock?.release();
      lock?.release();
      expect(DriverLock.state(aeronDir)).toBe("absent");
      expect(existsSync(`${aeronDir}.lock`)).toBe(false);
    },
    PROCESS_TEST_MS,
  );

  test(
    "many processes that take and release it over and over never hold it together",
    async () => {
      using directory = new TemporaryDirectory();
      const aeronDir = directory.at("aeron");
      // Each holder makes a file that must not be there yet: two at once would meet.
      const code = `import { DriverLock } from ${JSON.stringify(LOCK_MODULE)};
        import { openSync, closeSync, rmSync } from "node:fs";
        const mark = ${JSON.stringify(directory.at("mark"))};
        for (let taken = 0; taken < 150; ) {
          const lock = DriverLock.tryAcquire(${JSON.stringify(aeronDir)});
          DriverLock.state(${JSON.stringify(aeronDir)});
          if (lock === null) continue;
          closeSync(openSync(mark, "wx"));
          rmSync(mark);
          lock.release();
          taken++;
        }`;
      const children = Array.from({ length: 4 }, () =>
        Bun.spawn([process.execPath, "-e", code], { stdin: "ignore", stdout: "ignore", stderr: "pipe" }),
      );
      for (const child of children) {
        const stderr = await child.stderr.text();
        expect(stderr).toBe("");
        expect(await child.exited).toBe(0);
      }
      expect(DriverLock.state(aeronDir)).toBe("absent");
    },
    PROCESS_TEST_MS,
  );
});

describe("finding a living driver", () => {
  test("there is none in a folder that is not there, is empty, or holds something else", () => {
    using directory = new TemporaryDirectory();
    const aeronDir = directory.at("aeron");
    expect(findLivingDriver(aeronDir)).toBeNull();
    mkdirSync(aeronDir);
    expect(findLivingDriver(aeronDir)).toBeNull();
    for (const content of [Buffer.alloc(0), Buffer.alloc(10, 1), Buffer.alloc(4096), Buffer.alloc(4096, 0xff)]) {
      writeFileSync(join(aeronDir, "cnc.dat"), content);
      expect(findLivingDriver(aeronDir)).toBeNull();
      expect(lookForForeignDriver(aeronDir)).toEqual({ state: "none" });
    }
  });

  test("one of ours is found by its lock, and is not the same as one that came after it", () => {
    using directory = new TemporaryDirectory();
    const aeronDir = directory.at("aeron");
    const first = MediaDriver.start({ aeronDir, threading: "invoker" });
    const found = findLivingDriver(aeronDir);
    expect(found).toMatchObject({ evidence: "lock", pid: process.pid });
    if (found === null) return;
    expect(isStillAlive(aeronDir, found)).toBe(true);
    expect(readCncFile(aeronDir)?.identity).toBe(found.identity);
    first.onClose();
    expect(isStillAlive(aeronDir, found)).toBe(false);
    // A file held open keeps its inode from being given out again.
    const second = MediaDriver.start({ aeronDir, threading: "invoker" });
    expect(findLivingDriver(aeronDir)?.evidence).toBe("lock");
    second.onClose();
    expect(findLivingDriver(aeronDir)).toBeNull();
  });

  test("the files of another Aeron's driver, which may live, are neither used nor replaced", () => {
    using directory = new TemporaryDirectory();
    const aeronDir = directory.at("aeron");
    mkdirSync(aeronDir);
    writeCncOfAnotherAeron(aeronDir);
    const before = readFileSync(join(aeronDir, "cnc.dat"));
    expect(lookForDriver(aeronDir)).toMatchObject({ state: "incompatible", why: expect.stringContaining("CnC 1.2.3") });
    expect(() => MediaDriver.start({ aeronDir, threading: "invoker" })).toThrow(
      /another Aeron version \(CnC 1\.2\.3, process 4194000\), and nothing proves that it is dead/,
    );
    expect(readFileSync(join(aeronDir, "cnc.dat"))).toEqual(before);
    expect(
      findAeronLeftovers(aeronDir, { isAlone: false, isDryRun: false }).find(({ path }) => path === aeronDir)?.state,
    ).toBe("kept");
    expect(readFileSync(join(aeronDir, "cnc.dat"))).toEqual(before);
  });

  test("a driver lives on while it cannot be looked at", async () => {
    using directory = new TemporaryDirectory();
    const aeronDir = directory.at("aeron");
    const driver = MediaDriver.start({ aeronDir, threading: "invoker" });
    const found = findLivingDriver(aeronDir);
    expect(found).not.toBeNull();
    if (found === null) return;
    // Every descriptor that this process may have, so that nothing more can be opened.
    const limit = openDescriptorLimit(64);
    try {
      const isUnknown = (): boolean => {
        limit.takeAll();
        return lookForDriver(aeronDir).state === "unknown";
      };
      await until(isUnknown, () => "that nothing can be opened");
      expect(isStillAlive(aeronDir, found)).toBe(true);
    } finally {
      limit.lift();
    }
    expect(lookForDriver(aeronDir).state).toBe("alive");
    driver.onClose();
    expect(isStillAlive(aeronDir, found)).toBe(false);
  });

  test(
    "what one that was killed left behind is not taken for alive, and a new one starts over it at once",
    async () => {
      using directory = new TemporaryDirectory();
      const aeronDir = directory.at("aeron");
      const main = join(import.meta.dir, "../../src/cli/main.ts");
      const child = Bun.spawn([process.execPath, main, "media-driver", "--aeron-dir", aeronDir, "--linger", "0"], {
        stdin: "ignore",
        stdout: "ignore",
        stderr: "ignore",
      });
      while (findLivingDriver(aeronDir) === null) await Bun.sleep(5);
      expect(findLivingDriver(aeronDir)?.pid).toBe(child.pid);
      child.kill("SIGKILL");
      await child.exited;
      expect(existsSync(join(aeronDir, "cnc.dat"))).toBe(true);
      expect(findLivingDriver(aeronDir)).toBeNull();
      const next = MediaDriver.start({ aeronDir, threading: "invoker" });
      expect(findLivingDriver(aeronDir)?.pid).toBe(process.pid);
      next.onClose();
      expect(existsSync(aeronDir)).toBe(false);
    },
    PROCESS_TEST_MS,
  );
});
