import { findLivingDriver } from "../../aeron/driver-watch.ts";
import { giveToGroup } from "../../aeron/group-rights.ts";
import { MediaDriver, MediaDriverError } from "../../aeron/media-driver.ts";
import { GeneralSettings } from "../../config/index.ts";
import type { IdleChoice } from "../../core/idle/index.ts";
import { getLogger } from "../../core/logger.ts";
import { formatBytes, formatDuration } from "../../core/units.ts";
import { Driver } from "../../roles/driver/driver.ts";
import { type DriverOptions, epochBytes } from "../../roles/driver/driver-options.ts";
import { freeSpaceIn } from "../../shm/index.ts";
import { aeronDirOf, shmDirOf } from "../config/aeron-dir.ts";
import { describePlan, driverSettings } from "../driver/driver-settings.ts";
import { ExitCode } from "../exit.ts";
import { notifyServiceManager } from "../lifetime/service-manager.ts";
import { printError } from "../output/console.ts";
import { ProcessRuntime } from "../role/role-runtime.ts";
import { type RunningRole, runAlone } from "../role/running-role.ts";
import { summaryLines } from "../role/summary.ts";
import type { CommandContext } from "../specs/command.ts";
import type { DriverValues } from "../specs/driver.ts";

const log = getLogger("driver");
/** Rights of what Aeron makes: for this user alone, or for the group as well. */
const UMASK = { private: 0o077, group: 0o007 } as const;
const MANY_STREAMS = 16;
/**
 * A driver answers requests and counts keepalives, a message at a time: to spin and yield after each of them costs a hundred times
 * what it takes. Where the duty cycle moves the publishers' limits as well, it has to be awake.
 */
const DEFAULT_IDLE = { shared: "sleep", dedicated: "sleep", invoker: "backoff" } as const;

/** What the driver serves, checked as far as that goes without taking or making anything. */
export class DriverPlan {
  readonly values: DriverValues;
  readonly aeronDir: string;
  readonly settings: Omit<DriverOptions, "onShutdownRequested">;
  readonly idle: IdleChoice;

  /** @throws UsageError */
  constructor({ values, settings }: Pick<CommandContext<DriverValues>, "values" | "settings">) {
    const general = settings?.general ?? new GeneralSettings(null, {});
    this.values = values;
    this.aeronDir = aeronDirOf(values);
    this.settings = driverSettings(values, general, shmDirOf(values));
    this.idle = values.idle ?? DEFAULT_IDLE[values.threading];
  }
}

/** `driver`: the one owner of all regions. */
export async function run(context: CommandContext<DriverValues>): Promise<number> {
  const plan = new DriverPlan(context);
  const { aeronDir, idle } = plan;
  const mediaDriver = { start: () => startMediaDriver(plan) };
  using runtime = new ProcessRuntime({ aeronDir, clientName: "tensorpool driver", idle, mediaDriver });
  // Awaited here: the runtime is disposed of when this function is left.
  return await runAlone(runtime, () => {
    const role = startDriver(runtime, plan);
    notifyServiceManager(runtime.scheduler, () => role.isReady?.() === true);
    return role;
  });
}

/** Takes the locks of the streams, and adds the driver. @throws DriverError, RegionCreateError */
export function startDriver(
  { scheduler, connection, aeronDir, ownDriver }: ProcessRuntime,
  { settings, values }: DriverPlan,
): RunningRole {
  const driver = new Driver(connection, scheduler.clock, {
    ...settings,
    onShutdownRequested: () => scheduler.stop("asked to"),
  });
  scheduler.add(driver, { vital: true });
  logServices(settings, aeronDir, ownDriver);
  return {
    name: driver.roleName,
    agents: [driver],
    isReady: () => driver.isReady,
    finish: async () => {
      if (!values.quiet) {
        for (const line of summaryLines(`driver ${settings.instanceId} has ended`, driver.counters, ["heartbeatNs"])) {
          printError(line);
        }
      }
      return ExitCode.DONE;
    },
  };
}

/** The media driver in this process; null when another lives already, or none is to be started. */
export function startMediaDriver({
  values: { mediaDriver, threading },
  aeronDir,
  settings: { storage },
}: DriverPlan): MediaDriver | null {
  if (mediaDriver === "external" || findLivingDriver(aeronDir) !== null) return null;
  process.umask(UMASK[storage.sharing]);
  let driver: MediaDriver | null = null;
  try {
    driver = MediaDriver.start({ aeronDir, threading });
    if (storage.sharing === "group" && storage.gid !== undefined) giveToGroup(aeronDir, storage.gid);
    return driver;
  } catch (error) {
    driver?.onClose();
    // Of several that start at once one wins, and all can use that one.
    if (error instanceof MediaDriverError && error.code === "already-running") return null;
    throw error;
  }
}

/** What is served, where, and by which times. */
function logServices(
  settings: Omit<DriverOptions, "onShutdownRequested">,
  aeronDir: string,
  own: MediaDriver | null,
): void {
  const { instanceId, channels, storage, streams, dynamic } = settings;
  const media = own === null ? "another process's media driver" : `media driver in this process (${own.threading})`;
  log.info(
    `driver ${instanceId} (pid ${process.pid}) serves ${aeronDir}, control stream ${channels.controlStreamId}; ${media}`,
  );
  const bytes = streams.reduce((sum, plan) => sum + epochBytes(plan), 0);
  log.info(
    `regions in ${storage.baseDir}/${storage.namespace}, ${formatBytes(freeSpaceIn(storage.baseDir))} free; ` +
      `${streams.length} stream(s) of ${formatBytes(bytes)} in all, mode ${storage.sharing === "group" ? "660" : "600"}`,
  );
  for (const plan of streams.slice(0, MANY_STREAMS))
    log.info(`${describePlan(plan)}, ${formatBytes(epochBytes(plan))}`);
  if (streams.length > MANY_STREAMS) log.info(`... and ${streams.length - MANY_STREAMS} more streams`);
  for (const { first, last } of dynamic?.ranges ?? []) log.info(`streams ${first} to ${last} are created on request`);
  const leaseNs = settings.keepaliveIntervalNs * settings.graceIntervals;
  log.info(
    `announces every ${formatDuration(settings.announcePeriodNs)}; leases end ${formatDuration(leaseNs)} after the last keepalive ` +
      `(interval ${formatDuration(settings.keepaliveIntervalNs)} x ${settings.graceIntervals})`,
  );
}
