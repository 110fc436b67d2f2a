import { DriverUsage } from "../../aeron/driver-usage.ts";
import { MediaDriver, MediaDriverError } from "../../aeron/media-driver.ts";
import { nativeParker } from "../../aeron/native-parker.ts";
import type { Agent } from "../../core/agent.ts";
import { logAgentErrorsButTheEnd } from "../../core/agent-errors.ts";
import { createIdleStrategy } from "../../core/idle/index.ts";
import { getLogger } from "../../core/logger.ts";
import { Scheduler } from "../../core/scheduler.ts";
import { PeriodicTimer } from "../../core/timers.ts";
import type { MediaDriverValues } from "../commands.ts";
import { aeronDirOf } from "../config/aeron-dir.ts";
import { ExitCode } from "../exit.ts";
import { reportBusErrors } from "../lifetime/bus-errors.ts";
import { endWithParent } from "../lifetime/end-with-parent.ts";
import { StopSignals } from "../lifetime/signals.ts";
import type { CommandContext } from "../specs/command.ts";

const log = getLogger("media-driver");
const USAGE_CHECK_PERIOD_NS = 250e6;

/** Ends the process after a period without clients. */
class UnusedWatch implements Agent {
  readonly roleName = "unused-watch";
  readonly #usage: DriverUsage;
  readonly #lingerNs: number;
  readonly #onUnused: () => void;
  readonly #timer = new PeriodicTimer(USAGE_CHECK_PERIOD_NS);
  #unusedSinceNs = -1;

  constructor(aeronDir: string, lingerNs: number, onUnused: () => void) {
    this.#usage = new DriverUsage(aeronDir);
    this.#lingerNs = lingerNs;
    this.#onUnused = onUnused;
  }

  doWork(nowNs: number): number {
    if (!this.#timer.isDue(nowNs)) return 0;
    if (this.#usage.clientCount() > 0) this.#unusedSinceNs = -1;
    else if (this.#unusedSinceNs === -1) this.#unusedSinceNs = nowNs;
    else if (nowNs - this.#unusedSinceNs >= this.#lingerNs) this.#onUnused();
    return 0;
  }

  onClose(): void {
    this.#usage.close();
  }
}

/** `media-driver`: runs libaeron's C media driver in its own process. */
export async function run({ values }: CommandContext<MediaDriverValues>): Promise<number> {
  const aeronDir = aeronDirOf(values);
  const { threading } = values;
  const lingerNs = values.linger;
  const idle = threading === "invoker" ? "backoff" : "sleep";
  const scheduler = new Scheduler({
    idle: createIdleStrategy(idle, nativeParker),
    onAgentError: logAgentErrorsButTheEnd(),
  });
  // Installed before any file is created that an orderly shutdown removes.
  using signals = new StopSignals({ onStop: (signal) => scheduler.stop(signal) });
  endWithParent();
  reportBusErrors();
  let driver: MediaDriver;
  try {
    driver = MediaDriver.start({ aeronDir, threading });
  } catch (error) {
    if (!(error instanceof MediaDriverError) || error.code !== "already-running") throw error;
    // If several processes start one at once, one wins and all of them can use it.
    log.info(error.message);
    return ExitCode.DONE;
  }
  scheduler.add(driver, { vital: true });
  if (lingerNs > 0) {
    scheduler.add(
      new UnusedWatch(aeronDir, lingerNs, () => {
        log.info(`unused for ${lingerNs / 1e9} s: ending`);
        scheduler.stop("unused");
      }),
    );
  }
  log.info(`media driver (pid ${process.pid}, ${threading}) serves ${aeronDir}`);
  await scheduler.run();
  return signals.exitCode(ExitCode.DONE);
}
