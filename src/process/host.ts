import { AeronConnection } from "../aeron/connection.ts";
import { DriverLauncher } from "../aeron/driver-launcher.ts";
import { MediaDriver } from "../aeron/media-driver.ts";
import { nativeParker } from "../aeron/native-parker.ts";
import { selfCommand } from "../aeron/self-command.ts";
import { createIdleStrategy, type IdleChoice, type IdleStrategy } from "../core/idle/index.ts";
import { Scheduler, type SchedulerOptions } from "../core/scheduler.ts";

/**
 * How a process gets a media driver. auto: starts one as a separate process if none is alive; embedded: runs one in this process; external:
 * waits for one. A function starts one in this process, unless one is already alive.
 */
export type MediaDriverChoice = "auto" | "embedded" | "external" | { start(): MediaDriver | null };

export interface HostOptions extends Pick<SchedulerOptions, "drive" | "onAgentError"> {
  readonly aeronDir: string;
  /** Name of this client for tools; the process id is added. */
  readonly clientName: string;
  readonly idle: IdleChoice | IdleStrategy;
  readonly mediaDriver: MediaDriverChoice;
  /** Called for each unsuccessful search for an external media driver. */
  readonly onMissing?: () => void;
}

/** The scheduler of a process, with its Aeron client and its media driver, if it has its own. All agents of the process run on it. */
export class Host {
  readonly scheduler: Scheduler;
  readonly connection: AeronConnection;
  readonly aeronDir: string;
  /** The media driver of this process. */
  readonly ownDriver: MediaDriver | null;

  /** @throws MediaDriverError */
  constructor({ aeronDir, clientName, idle, mediaDriver, onMissing, ...options }: HostOptions) {
    this.aeronDir = aeronDir;
    this.scheduler = new Scheduler({
      ...options,
      idle: typeof idle === "string" ? createIdleStrategy(idle, nativeParker) : idle,
    });
    this.ownDriver = ownDriverOf(mediaDriver, aeronDir);
    if (this.ownDriver !== null) this.scheduler.add(this.ownDriver, { vital: true });
    const launcher = mediaDriver === "auto" ? new DriverLauncher(selfCommand(), aeronDir) : null;
    const supply = launcher ?? (onMissing === undefined ? null : { ensure: onMissing });
    this.connection = new AeronConnection({ aeronDir, clientName, ...(supply === null ? {} : { supply }) });
    this.scheduler.add(this.connection, { vital: true });
  }
}

function ownDriverOf(choice: MediaDriverChoice, aeronDir: string): MediaDriver | null {
  if (typeof choice === "object") return choice.start();
  return choice === "embedded" ? MediaDriver.start({ aeronDir, threading: "invoker" }) : null;
}
