import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { DriverPlace } from "../support/driver-place.ts";
import { flows } from "../support/flow.ts";
import { mayTrace } from "../support/slow-disk.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const LIVE = ["--source", "synthetic:dtype=uint8,dims=100x100,rate=500", "--stats-interval", "50ms"];
const WATCH = ["--stats-interval", "50ms"];
/** What makes, grows, reserves and locks files. */
const FILE_CALLS = "fallocate,ftruncate,flock,mkdir,openat,rename";
/** What every thread of a driver calls all the time. */
const IDLE_CALLS = "clock_nanosleep,sched_yield,epoll_pwait2";

/** While it exists, system calls of a driver, with the media driver in its process, fail with EIO, as on a device that fails. */
class FailingDevice implements AsyncDisposable {
  readonly #tracer: Bun.Subprocess;

  private constructor(tracer: Bun.Subprocess) {
    this.#tracer = tracer;
  }

  /** `tracePath`: a file for what strace records. Null where strace is missing, or this user may not trace. */
  static async under(pid: number, tracePath: string): Promise<FailingDevice | null> {
    if (!mayTrace()) return null;
    const inject = ["-e", `trace=${FILE_CALLS},${IDLE_CALLS}`, "-e", `inject=${FILE_CALLS}:error=EIO`];
    const tracer = Bun.spawn(["strace", "-f", "-qq", "-o", tracePath, ...inject, "-p", String(pid)], {
      stdio: IGNORED,
    });
    const conductor = readdirSync(`/proc/${pid}/task`).find((tid) =>
      readFileSync(`/proc/${pid}/task/${tid}/comm`, "utf8").startsWith("[conductor"),
    );
    // A thread is traced from its next system call on, not from the attachment.
    await until(
      () => existsSync(tracePath) && new RegExp(`^${conductor} `, "m").test(readFileSync(tracePath, "latin1")),
      () => `strace to record the media driver's thread ${conductor}`,
    );
    return new FailingDevice(tracer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tracer.kill("SIGINT");
    await this.#tracer.exited;
  }
}

const IGNORED: ["ignore", "ignore", "ignore"] = ["ignore", "ignore", "ignore"];

test(
  "a device that fails (EIO) stops no running stream; new streams wait with the reason, and get their lease afterwards",
  async () => {
    await using place = new DriverPlace();
    const driver = await place.readyDriver(["--dynamic", "1-9", "--slots", "16", "--pool", "64KiB"]);
    const consumer = place.consumer(["--stream", "1", ...WATCH]);
    const producer = place.producer(["--stream", "1", ...LIVE]);
    await flows(consumer);

    const device = await FailingDevice.under(driver.pid, place.at("trace"));
    if (device === null) return;
    const next = place.producer(["--stream", "2", ...LIVE]);
    await next.errorLine(/the media driver cannot make .*: Input\/output error; asking again/);
    await flows(consumer, 200);
    await device[Symbol.asyncDispose]();

    const reader = place.consumer(["--stream", "2", ...WATCH]);
    await flows(reader);
    await flows(consumer);
    for (const role of [reader, next, consumer, producer, driver]) role.signal("SIGTERM");
    for (const role of [reader, next, consumer, producer, driver]) expect(await role.exit()).toBe(0);
    expect(existsSync(place.shmDir)).toBe(false);
  },
  PROCESS_TEST_MS,
);

test(
  "a region that cannot be made because its device fails is refused with cause and next step",
  async () => {
    if (!mayTrace()) return;
    await using place = new DriverPlace();
    const through = (command: readonly string[]) => [
      ...["strace", "-f", "-o", "/dev/null", "-e", "trace=fallocate", "-e", "inject=fallocate:error=EIO"],
      ...command,
    ];
    const producer = place.run(["producer", "--standalone", ...LIVE, "--shm-dir", place.shmDir], { through });
    expect(await producer.exit()).toBe(1);
    expect(producer.stderr).toMatch(
      /region not created: .*its device fails: look at the kernel's messages \(dmesg\), or/,
    );
    expect(existsSync(place.shmDir)).toBe(false);
  },
  PROCESS_TEST_MS,
);
