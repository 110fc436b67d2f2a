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
/** Umask for the files that Aeron creates: access for this user only, or for the group too. */
const UMASK = { private: 0o077, group: 0o007 } as const;
const MANY_STREAMS = 16;
/**
 * A driver handles requests and keepalives one message at a time: spinning and yielding after each one would cost a hundred times
 * the work itself. In invoker mode its duty cycle also advances the publishers' limits, so it must not sleep.
 */
const DEFAULT_IDLE = { shared: "sleep", dedicated: "sleep", invoker: "backoff" } as const;

/** The driver's settings, validated as far as possible without taking locks or creating files. */
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

/** `driver`: runs the driver, which owns all regions. */
export async function run(context: CommandContext<DriverValues>): Promise<number> {
  const plan = new DriverPlan(context);
  const { aeronDir, idle } = plan;
  const mediaDriver = { start: () => startMediaDriver(plan) };
  using runtime = new ProcessRuntime({ aeronDir, clientName: "tensorpool driver", idle, mediaDriver });
  // Awaited here because the runtime is disposed of when this function returns.
  return await runAlone(runtime, () => {
    const role = startDriver(runtime, plan);
    notifyServiceManager(runtime.scheduler, () => role.isReady?.() === true);
    return role;
  });
}

/** Takes the stream locks and adds the driver. @throws DriverError, RegionCreateError */
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

/** Starts the media driver in this process; null if one is already running, or none is wanted. */
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
    // If several processes start one at once, one wins and all of them can use it.
    if (error instanceof MediaDriverError && error.code === "already-running") return null;
    throw error;
  }
}

/** Logs the Aeron folder, the streams and the timings of the driver. */
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
