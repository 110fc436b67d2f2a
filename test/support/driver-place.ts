import { Place } from "./place.ts";
import type { RoleProcess, RoleProcessOptions } from "./role-process.ts";

/** A place whose roles have leases of a driver, which is started by hand. */
export class DriverPlace extends Place {
  /** Starts a driver, without waiting for it. `args`: at least the streams that it serves. */
  driver(args: readonly string[], options: RoleProcessOptions = {}): RoleProcess {
    return this.run(["driver", "--aeron-dir", this.aeronDir, "--shm-dir", this.shmDir, ...args], options);
  }

  /** Starts a driver, and waits until it has said what it serves. */
  async readyDriver(args: readonly string[]): Promise<RoleProcess> {
    const driver = this.driver(args);
    await driver.errorLine(/leases end/);
    return driver;
  }

  /** A role with these arguments, and no others but where things are. */
  role(command: "producer" | "consumer", args: readonly string[] = [], options: RoleProcessOptions = {}): RoleProcess {
    return this.run([command, "--aeron-dir", this.aeronDir, "--shm-dir", this.shmDir, ...args], options);
  }

  /** Roles wait for a driver for as long as any test lasts. */
  override roleArguments(command: "producer" | "consumer"): string[] {
    const place = ["--aeron-dir", this.aeronDir, "--shm-dir", this.shmDir, "-o", "jsonl"];
    return [command, "--attach-timeout", "10m", ...place];
  }
}
