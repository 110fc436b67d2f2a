import type { Agent } from "../core/agent.ts";
import { messageOf } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { ANY_WAIT, type WaitPoint } from "../core/wait-point.ts";
import { type BlockMessageHandler, BlockSubscription } from "./block-subscription.ts";
import { AeronCounter } from "./counter.ts";
import { DriverLock } from "./driver-lock.ts";
import { silenceMs, silentDriver } from "./driver-silence.ts";
import { isStillAlive, type LivingDriver, lookForDriver } from "./driver-watch.ts";
import { type FragmentReader, FragmentSubscription } from "./fragment-subscription.ts";
import type { LogImage } from "./log-image.ts";
import { NativeClient } from "./native-client.ts";
import type { Messaging, MessagingResource } from "./ports.ts";
import { Publication } from "./publication.ts";
import type { AeronResource } from "./resource.ts";
import { ResourceRequests } from "./resource-requests.ts";
import { type MessageHandler, MessageSubscription } from "./subscription.ts";

const log = getLogger("aeron");
const waitingLog = log.reminder(10e9);
const exhaustedLog = log.every(10e9);
const faultLog = log.every(1e9);

/** How often the driver's life is checked; its death is noticed within a second, not after Aeron's ten. */
const DRIVER_CHECK_PERIOD_NS = 250e6;
/** While nothing is awaited: running the conductor costs as much as a small frame. */
const CONDUCTOR_PERIOD_NS = 100_000;
const CONNECT_PERIOD_NS = 20e6;
/** How often publications and subscriptions are compared with what the driver shows of them. */
const RESOURCE_CHECK_PERIOD_NS = 250e6;
/** A driver that was silent for longer is not the one that holds a publication up. */
const BUSY_DRIVER_MS = 1500;
/** How often a driver whose lock is held is checked for its heartbeat: it may be paused. */
const HEARTBEAT_CHECK_PERIOD_NS = 1e9;
/** A driver beats at least once a second. Less than Aeron's ten seconds, in which connecting would block the duty cycle. */
const SILENT_DRIVER_MS = 4000;

/** Counters that one client makes: half of those that our media driver has, which publications and subscriptions need as well. */
const MAX_COUNTERS = 4096;

/** Sees to it that there is a media driver: starts one, or only says that there is none. */
export interface DriverSupply {
  /** Called while no living driver was found; must not block. */
  ensure(nowNs: number): void;
}

export interface AeronConnectionOptions {
  aeronDir: string;
  /** Who this is, for tools; the process's id is added to it (see `AeronClients`). */
  clientName: string;
  /** Starts a driver where none lives; without it, the connection waits for one. */
  supply?: DriverSupply;
}

/**
 * The process's client of the media driver in `aeronDir`, as an agent: it runs the conductor in our duty cycle, notices
 * within a second that the driver died, and connects again, with all publications and subscriptions, when one is back.
 */
export class AeronConnection implements Agent, Messaging {
  readonly roleName = "aeron-client";
  readonly aeronDir: string;
  /** Times that a client was lost: driver gone, or given up by it after a long pause. */
  losses = 0;
  /** Publications and subscriptions that were added again because another client had spoiled them. */
  renewals = 0;
  /** Why there is no connection, where that is known: the files are there, and closed to this user. */
  refusal: string | null = null;
  readonly #options: AeronConnectionOptions;
  readonly #resources: AeronResource[] = [];
  readonly #requests = new ResourceRequests();
  readonly #driverCheck = new PeriodicTimer(DRIVER_CHECK_PERIOD_NS);
  readonly #heartbeatCheck = new PeriodicTimer(HEARTBEAT_CHECK_PERIOD_NS);
  readonly #resourceCheck = new PeriodicTimer(RESOURCE_CHECK_PERIOD_NS);
  readonly #connectAttempt = new PeriodicTimer(CONNECT_PERIOD_NS);
  #client: NativeClient | null = null;
  #driver: LivingDriver | null = null;
  #conductedNs = Number.NEGATIVE_INFINITY;
  #isClosed = false;
  #wasConnected = false;
  #isDriverSilent = false;

  constructor(options: AeronConnectionOptions) {
    this.#options = options;
    this.aeronDir = options.aeronDir;
  }

  get isConnected(): boolean {
    return this.#client !== null;
  }

  /** True when connected and every resource was confirmed by the driver. */
  get isReady(): boolean {
    return this.#client !== null && this.#requests.length === 0;
  }

  addPublication(channel: string, streamId: number): Publication {
    return this.add(new Publication(channel, streamId));
  }

  addSubscription(channel: string, streamId: number, onMessage: MessageHandler): MessageSubscription {
    return this.add(new MessageSubscription(channel, streamId, onMessage));
  }

  addBlockSubscription(
    channel: string,
    streamId: number,
    maxBlockBytes: number,
    onMessage: BlockMessageHandler,
  ): BlockSubscription {
    return this.add(new BlockSubscription(channel, streamId, maxBlockBytes, onMessage));
  }

  addFragmentSubscription(
    channel: string,
    streamId: number,
    readerOf: (source: LogImage) => FragmentReader,
  ): FragmentSubscription {
    return this.add(new FragmentSubscription(channel, streamId, readerOf));
  }

  /** Beyond a limit, the counter is not shown. */
  addCounter(typeId: number, key: Uint8Array, label: string): AeronCounter {
    const counter = new AeronCounter(typeId, key, label);
    const made = this.#resources.reduce((count, other) => count + (other instanceof AeronCounter ? 1 : 0), 0);
    if (made < MAX_COUNTERS) return this.add(counter);
    exhaustedLog.warn(`"${label}" is not shown: this process shows ${MAX_COUNTERS} counters already`);
    return counter;
  }

  /** Why publications or subscriptions are missing, where that is a lack of room; null otherwise. */
  get shortage(): string | null {
    return this.#requests.shortage;
  }

  /** Gives the resource back for good. */
  remove(given: MessagingResource): void {
    const resource = this.#resources.find((own) => own === given);
    if (resource === undefined) return;
    this.#resources.splice(this.#resources.indexOf(resource), 1);
    if (this.#requests.withdraw(resource)) {
      resource.dispose();
      return;
    }
    const isPending = this.#requests.isPending(resource);
    if (this.#client !== null && (isPending || this.#client.isClosed)) {
      this.#requests.abandon(resource);
      if (!isPending) resource.forget();
      return;
    }
    if (this.#client === null) resource.forget();
    else resource.release();
    resource.dispose();
  }

  /** Releases the resource and asks for it again, e.g. after the driver put a subscription to rest. */
  renew(given: MessagingResource): void {
    const resource = this.#resources.find((own) => own === given);
    if (this.#client === null || resource === undefined) return;
    if (this.#requests.includes(resource)) return;
    resource.release();
    this.#requests.add(this.#client, resource);
  }

  doWork(nowNs: number): number {
    if (this.#isClosed) return 0;
    if (this.#client === null) return this.#connectAttempt.isDue(nowNs) ? this.#connect(nowNs) : 0;
    const isDue = this.#requests.hasPending || nowNs - this.#conductedNs >= CONDUCTOR_PERIOD_NS;
    // What the driver has said is read at once: until then, logs and counters must not be used.
    if (!isDue && this.#client.isCurrent) return 0;
    this.#conductedNs = nowNs;
    const work = this.#client.doWork();
    if (this.#client.isClosed) {
      this.#lose(this.#closingReason());
      return 1;
    }
    if (this.#heartbeatCheck.isDue(nowNs)) this.#watchHeartbeat();
    if (
      this.#driverCheck.isDue(nowNs) &&
      this.#driver !== null &&
      !isStillAlive(this.#options.aeronDir, this.#driver)
    ) {
      this.#lose(this.#closingReason());
      return 1;
    }
    if (this.#resourceCheck.isDue(nowNs)) this.#checkResources(nowNs);
    return this.#requests.length === 0 ? work : work + this.#requests.doWork(this.#client, nowNs);
  }

  /** Answers of the media driver are waited for as before: they come with nothing that would end a wait. */
  waitPoint(): WaitPoint | null {
    return this.isReady ? ANY_WAIT : null;
  }

  onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const resource of [...this.#resources].reverse()) resource.forget();
    this.#client?.close();
    this.#client = null;
    for (const resource of this.#resources) resource.dispose();
    this.#resources.length = 0;
    this.#requests.clear();
  }

  /** Makes a resource of a kind of the caller's own. */
  add<T extends AeronResource>(resource: T): T {
    this.#resources.push(resource);
    if (this.#client !== null) this.#requests.add(this.#client, resource);
    return resource;
  }

  #connect(nowNs: number): number {
    const look = lookForDriver(this.#options.aeronDir);
    if (look.state === "none") {
      this.refusal = null;
      this.#options.supply?.ensure(nowNs);
      return 0;
    }
    if (look.state !== "alive") {
      // A driver may live there: none is started in its place.
      this.refusal = look.why;
      waitingLog.warn(`${look.why}: waiting for that to change`);
      return 0;
    }
    const { driver } = look;
    const silentMs = silenceMs(this.#options.aeronDir);
    if (silentMs > SILENT_DRIVER_MS) {
      waitingLog.warn(`${silentDriver(driver, silentMs)} (${this.#options.aeronDir}): waiting for it`);
      return 0;
    }
    try {
      const name = `${this.#options.clientName} ${process.pid}`;
      this.#client = new NativeClient(this.#options.aeronDir, name, (code, message) =>
        log.warn(`Aeron reports error ${code}: ${message.trim().replace(/\s*\n\s*/g, "; ")}`),
      );
    } catch (error) {
      waitingLog.warn(`cannot connect to the media driver in ${this.#options.aeronDir}: ${messageOf(error)}`);
      return 0;
    }
    this.#driver = driver;
    this.refusal = null;
    this.#isDriverSilent = false;
    this.#requests.add(this.#client, ...this.#resources);
    if (this.#wasConnected) log.info(`connected to the media driver in ${this.#options.aeronDir} again`);
    this.#wasConnected = true;
    return 1;
  }

  /** Adds again what another client of the driver has spoiled, by positions that it stored where they were not its own any more. */
  #checkResources(nowNs: number): void {
    for (const resource of this.#resources) {
      if (!resource.isReady) continue;
      if (resource.isStranded(nowNs)) {
        this.renew(resource);
        continue;
      }
      const fault = resource.fault(nowNs);
      if (fault === null || silenceMs(this.#options.aeronDir) > BUSY_DRIVER_MS) continue;
      faultLog.warn(`${resource.toString()} is added again: ${fault}`);
      this.renewals++;
      this.renew(resource);
    }
  }

  /** Logs when the driver is paused (SIGSTOP, a debugger), and when it continues: nothing can be published meanwhile. */
  #watchHeartbeat(): void {
    const { aeronDir } = this.#options;
    const silentMs = silenceMs(aeronDir);
    if (this.#driver === null || silentMs > SILENT_DRIVER_MS === this.#isDriverSilent) return;
    this.#isDriverSilent = !this.#isDriverSilent;
    if (this.#isDriverSilent) log.warn(`${silentDriver(this.#driver, silentMs)} (${aeronDir})`);
    else log.info(`the media driver (pid ${this.#driver.pid}) continues (${aeronDir})`);
  }

  /** Why libaeron has closed the client. */
  #closingReason(): string {
    const { aeronDir } = this.#options;
    if (this.#driver === null || !isStillAlive(aeronDir, this.#driver)) {
      const hasEnded = this.#driver?.evidence === "lock" && DriverLock.state(aeronDir) === "absent";
      return hasEnded ? "the media driver has ended" : "the media driver died";
    }
    const silentMs = silenceMs(aeronDir);
    if (silentMs > SILENT_DRIVER_MS) return silentDriver(this.#driver, silentMs);
    return "the media driver gave this client up (it was silent for too long)";
  }

  #lose(reason: string): void {
    log.warn(`${reason} (${this.#options.aeronDir}): waiting for another`);
    this.losses++;
    for (const resource of this.#resources) resource.forget();
    this.#client?.close();
    this.#client = null;
    this.#driver = null;
    this.#requests.clear();
  }
}
