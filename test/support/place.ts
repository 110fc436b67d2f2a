import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RoleProcess, type RoleProcessOptions } from "./role-process.ts";
import { endProcess, TestFolder } from "./test-folder.ts";
import { until } from "./until.ts";

/** How the command line is called in a checkout. */
export const SELF: readonly string[] = [process.execPath, join(import.meta.dir, "../../src/cli/main.ts")];

/**
 * A place of one test's own under /dev/shm, with a folder for Aeron and one for regions. When the test is over, whether it
 * passed or not, the processes that were started for it are ended by their ids and the folders are removed.
 */
export class Place implements AsyncDisposable {
  readonly #folder = new TestFolder();
  readonly path = this.#folder.path;
  readonly aeronDir = join(this.path, "aeron");
  readonly shmDir = join(this.path, "regions");
  readonly #self: readonly string[];
  readonly #roles: RoleProcess[] = [];
  readonly #shells: Bun.Subprocess[] = [];

  /** @param self how the command line is called */
  constructor(self: readonly string[] = SELF) {
    this.#self = self;
  }

  /** A path of the test's own in the place. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Starts the command line with these arguments as they are. */
  run(args: readonly string[], options: RoleProcessOptions = {}): RoleProcess {
    const surroundings = () => {
      const others = this.#roles.filter((other) => other !== role);
      return others.map((other) => `--- beside it: ${other.describe()}`).join("\n");
    };
    const role: RoleProcess = new RoleProcess([...this.#self, ...args], { surroundings, ...options });
    this.#roles.push(role);
    return role;
  }

  /** The arguments that a role of this place needs. */
  roleArguments(command: "producer" | "consumer"): string[] {
    return [command, "--standalone", "--aeron-dir", this.aeronDir, "--shm-dir", this.shmDir, "-o", "jsonl"];
  }

  producer(args: readonly string[] = [], options: RoleProcessOptions = {}): RoleProcess {
    return this.run([...this.roleArguments("producer"), ...args], options);
  }

  consumer(args: readonly string[] = [], options: RoleProcessOptions = {}): RoleProcess {
    return this.run([...this.roleArguments("consumer"), ...args], options);
  }

  /** Runs a pipeline of bash with `words` as its arguments ("$@"); whatever it started is ended with the place. */
  async shell(
    script: string,
    words: readonly string[] = [],
  ): Promise<{ stdout: string; stderr: string; code: number }> {
    const child = Bun.spawn(["bash", "-c", `set -o pipefail; ${script}`, "bash", ...words], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      env: { ...process.env, NO_COLOR: "1" },
      // A process group of its own, which has the shell's id.
      detached: true,
    });
    this.#shells.push(child);
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { stdout, stderr, code };
  }

  /** Starts a media driver by hand and waits until it serves. */
  async mediaDriver(
    args: readonly string[] = ["--linger", "0"],
    options: RoleProcessOptions = {},
  ): Promise<RoleProcess> {
    const driver = this.run(["media-driver", "--aeron-dir", this.aeronDir, ...args], options);
    await driver.errorLine(/serves/);
    return driver;
  }

  /** Ids of the media drivers that serve this place, of any process that started them. */
  driverPids(): number[] {
    return processes((args) => args.includes("media-driver") && args.includes(this.aeronDir));
  }

  /** Names that are left of the regions, as paths below the folder; [] when it is gone. */
  regionFiles(): string[] {
    return existsSync(this.shmDir) ? (readdirSync(this.shmDir, { recursive: true }) as string[]) : [];
  }

  /** Waits until no process of the place lives and neither Aeron nor regions have left a file. */
  async isEmpty(): Promise<void> {
    await until(
      () => this.driverPids().length === 0 && this.#roles.every((role) => role.hasEnded) && this.#left().length === 0,
      () => `nothing left: ${this.#left()}, drivers ${this.driverPids()}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endProcesses();
    this.#folder.remove();
  }

  /** Ends what was started in the place. */
  async endProcesses(): Promise<void> {
    await Promise.all(this.#roles.map((role) => role.destroy()));
    for (const shell of this.#shells) if (shell.exitCode === null && shell.signalCode === null) endProcess(-shell.pid);
    // A role may have started one just before it ended.
    for (let round = 0; round < 2; round++) {
      for (const pid of this.driverPids()) endProcess(pid);
      await until(
        () => this.driverPids().length === 0,
        () => "the media drivers of the place to end",
      );
    }
  }

  #left(): string[] {
    return existsSync(this.path) ? readdirSync(this.path) : [];
  }
}

/** Ids of the processes whose arguments satisfy `predicate`. */
function processes(predicate: (args: readonly string[]) => boolean): number[] {
  const pids: number[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    let text: string;
    try {
      text = readFileSync(`/proc/${name}/cmdline`, "utf8");
    } catch {
      // It ended between the listing and now.
      continue;
    }
    if (predicate(text.split("\0"))) pids.push(Number(name));
  }
  return pids;
}
