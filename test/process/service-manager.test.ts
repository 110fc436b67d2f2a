import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Place } from "../support/place.ts";
import { RoleProcess } from "../support/role-process.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

setDefaultTimeout(PROCESS_TEST_MS);

const PYTHON = Bun.which("python3");
const SMALL = ["--stream", "10000", "--slots", "8", "--pool", "64KiB"];

/** A service manager of a test: what is sent to its socket. */
class NotifySocket implements AsyncDisposable {
  readonly #receiver: RoleProcess;

  private constructor(receiver: RoleProcess) {
    this.#receiver = receiver;
  }

  static async bind(python: string, name: string): Promise<NotifySocket> {
    const script = join(import.meta.dir, "../support/notify-socket.py");
    const receiver = new RoleProcess([python, script, name]);
    await until(
      () => receiver.stdoutLines.includes("bound"),
      () => "the socket to be bound",
    );
    return new NotifySocket(receiver);
  }

  /** The assignments of all datagrams so far, one after the other. */
  get told(): string[] {
    return this.#receiver.stdoutLines.slice(1).flatMap((line) => (JSON.parse(line) as string).split("\n"));
  }

  count(assignment: string): number {
    return this.told.filter((told) => told === assignment).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#receiver.signal("SIGKILL");
    await until(
      () => this.#receiver.hasEnded,
      () => "the receiver to end",
    );
  }
}

if (PYTHON === null) console.error("not checked here: sd_notify, as there is no python3");
else {
  const python = PYTHON;

  test("a driver reports that it is ready, lives and stops, to a path", async () => {
    await using place = new Place();
    const socket = place.at("notify");
    await using manager = await NotifySocket.bind(python, socket);
    const places = ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
    const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "100000" };
    const driver = place.run(["driver", ...places, ...SMALL], { env });
    await until(
      () => manager.count("READY=1") > 0,
      () => "READY=1",
    );
    // What READY=1 says is so: the stream's regions are there.
    const ls = place.run(["ls", "--aeron-dir", place.aeronDir, "-o", "jsonl"]);
    expect(await ls.exit()).toBe(0);
    expect(ls.stdout).toContain('"streamId":10000');
    await until(
      () => manager.count("WATCHDOG=1") > 5,
      () => "signs of life",
    );
    await driver.stop();
    const signs = manager.count("WATCHDOG=1");
    expect(manager.count("STOPPING=1")).toBe(0);
    driver.signal("SIGCONT");
    await until(
      () => manager.count("WATCHDOG=1") > signs,
      () => "signs of life after a pause",
    );
    driver.signal("SIGTERM");
    expect(await driver.exit()).toBe(0);
    await until(
      () => manager.count("STOPPING=1") > 0,
      () => "STOPPING=1",
    );
    expect([manager.count("READY=1"), manager.count("STOPPING=1")]).toEqual([1, 1]);
    expect(manager.told.indexOf("STOPPING=1")).toBeGreaterThan(manager.told.indexOf("READY=1"));
  });

  test("a supervisor and run report to an abstract name; a watchdog of another process is not theirs", async () => {
    await using place = new Place();
    const name = `@tensorpool-test-${process.pid}-${performance.now()}`;
    await using manager = await NotifySocket.bind(python, name);
    const env = { NOTIFY_SOCKET: name, WATCHDOG_USEC: "50000", WATCHDOG_PID: "1" };
    const supervisor = place.run(["supervisor", "--aeron-dir", place.aeronDir, "--http", "0"], { env });
    await until(
      () => manager.count("READY=1") === 1,
      () => "the supervisor's READY=1, without a media driver",
    );
    supervisor.signal("SIGTERM");
    await supervisor.exit();
    await until(
      () => manager.count("STOPPING=1") === 1,
      () => "the supervisor's STOPPING=1",
    );
    const settings = place.at("run.toml");
    const profile = '[profiles.small]\nheader_nslots = 8\npayload_pools = [{ pool_id = 1, stride_bytes = "64KiB" }]\n';
    const folders = `[driver]\naeron_dir = "${place.aeronDir}"\n[shm]\nbase_dir = "${place.shmDir}"\n`;
    writeFileSync(settings, `${folders}${profile}[streams.left]\nstream_id = 10000\n`);
    const run = place.run(["run", "--config", settings], { env });
    await until(
      () => manager.count("READY=1") === 2,
      () => "READY=1 of run",
    );
    run.signal("SIGTERM");
    await run.exit();
    await until(
      () => manager.count("STOPPING=1") === 2,
      () => "STOPPING=1 of run",
    );
    expect(manager.count("WATCHDOG=1")).toBe(0);
  });

  test("a socket without a reader, or that is no address, costs a log line only", async () => {
    await using place = new Place();
    const places = ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir, "--http", "0"];
    for (const [socket, reason] of [
      [place.at("absent"), "ENOENT"],
      ["relative", "expected an absolute path"],
      [`/${"x".repeat(200)}`, "at most 107 bytes"],
    ] as const) {
      const supervisor = place.run(["supervisor", ...places], { env: { NOTIFY_SOCKET: socket } });
      expect(await supervisor.errorLine(/service: the service manager/)).toContain(reason);
      await supervisor.errorLine(/served on/);
      supervisor.signal("SIGTERM");
      expect(await supervisor.exit()).toBe(0);
    }
  });
}
