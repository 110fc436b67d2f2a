import { DatagramSender } from "../../../ffi/datagram.ts";
import type { Agent } from "../../core/agent.ts";
import { messageOf } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import type { Scheduler } from "../../core/scheduler.ts";
import { PeriodicTimer } from "../../core/timers.ts";
import { ANY_WAIT, type WaitPoint } from "../../core/wait-point.ts";

const log = getLogger("service").every(60e9);

/** How often the start-up timeout of the service manager is extended while a role starts. */
const STARTING_PERIOD_NS = 5e9;
const EXTEND_USEC = 30e6;
/** systemd recommends half of the interval. */
const SIGNS_PER_INTERVAL = 2;

/** Variables by which a service manager (systemd) can be reached: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Notifies the service manager that started this process (sd_notify): READY=1 once `isReady`, WATCHDOG=1 as often as required, and
 * STOPPING=1. It sends from the duty cycle, so that a role that hangs is detected. Does nothing without a service manager.
 */
export function notifyServiceManager(
  scheduler: Scheduler,
  isReady: () => boolean,
  environment: Environment = process.env,
): void {
  const { NOTIFY_SOCKET: socket = "" } = environment;
  if (socket === "") return;
  try {
    const intervalNs = watchdogNs(environment);
    scheduler.add(new ServiceNotifier(new DatagramSender(socket), intervalNs, isReady, () => scheduler.isStopping));
  } catch (error) {
    log.warn(`the service manager cannot be notified (NOTIFY_SOCKET): ${messageOf(error)}`);
  }
}

/** The watchdog interval; 0 if it is off or configured for another process. */
function watchdogNs({ WATCHDOG_USEC: usec = "", WATCHDOG_PID: pid = "" }: Environment): number {
  const isMeant = pid === "" || pid === String(process.pid);
  return isMeant && /^\d{1,15}$/.test(usec) ? Number(usec) * 1000 : 0;
}

class ServiceNotifier implements Agent {
  readonly roleName = "service-notifier";
  readonly #sender: DatagramSender;
  readonly #isReady: () => boolean;
  readonly #isStopping: () => boolean;
  readonly #watchdog: PeriodicTimer | null;
  readonly #starting = new PeriodicTimer(STARTING_PERIOD_NS);
  #state: "starting" | "ready" | "stopping" = "starting";

  constructor(sender: DatagramSender, watchdogNs: number, isReady: () => boolean, isStopping: () => boolean) {
    this.#sender = sender;
    this.#isReady = isReady;
    this.#isStopping = isStopping;
    this.#watchdog = watchdogNs === 0 ? null : new PeriodicTimer(watchdogNs / SIGNS_PER_INTERVAL, { immediate: true });
  }

  doWork(nowNs: number): number {
    let work = 0;
    if (this.#state !== "stopping" && this.#isStopping()) work += this.#stopping();
    if (this.#state === "starting") {
      if (this.#isReady()) {
        this.#state = "ready";
        work += this.#send("READY=1\nSTATUS=Serving");
      } else if (this.#starting.isDue(nowNs)) {
        work += this.#send(`EXTEND_TIMEOUT_USEC=${EXTEND_USEC}\nSTATUS=Starting`);
      }
    }
    if (this.#watchdog?.isDue(nowNs) === true) work += this.#send("WATCHDOG=1");
    return work;
  }

  waitPoint(): WaitPoint {
    return ANY_WAIT;
  }

  onClose(): void {
    if (this.#state !== "stopping") this.#stopping();
    this.#sender.close();
  }

  #stopping(): number {
    this.#state = "stopping";
    return this.#send("STOPPING=1");
  }

  #send(text: string): number {
    try {
      this.#sender.send(text);
    } catch (error) {
      log.warn(`the service manager was not notified (${text.split("\n")[0]}): ${messageOf(error)}`);
    }
    return 1;
  }
}
