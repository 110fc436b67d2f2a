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

/** How often the driver is checked; its death is noticed within a second rather than after Aeron's ten. */
const DRIVER_CHECK_PERIOD_NS = 250e6;
/** Conductor period while no answer is pending: one run costs as much as a small frame. */
const CONDUCTOR_PERIOD_NS = 100_000;
const CONNECT_PERIOD_NS = 20e6;
/** How often publications and subscriptions are compared with the driver's counters. */
const RESOURCE_CHECK_PERIOD_NS = 250e6;
/** A driver that was silent for longer is not the one that blocks a publication. */
const BUSY_DRIVER_MS = 1500;
/** How often the heartbeat of a driver whose lock is held is checked: the driver may be paused. */
const HEARTBEAT_CHECK_PERIOD_NS = 1e9;
/** A driver sends at least one heartbeat per second. Below Aeron's ten seconds, for which connecting would block the duty cycle. */
const SILENT_DRIVER_MS = 4000;

/** Most counters of one client: half of those of our media driver, because publications and subscriptions need counters as well. */
const MAX_COUNTERS = 4096;

/** Provides a media driver: starts one, or only reports that there is none. */
export interface DriverSupply {
  /** Called while no live driver was found; must not block. */
  ensure(nowNs: number): void;
}

export interface AeronConnectionOptions {
  aeronDir: string;
  /** Client name for tools; the process's id is appended (see `AeronClients`). */
  clientName: string;
  /** Starts a driver if none is running; without it, the connection waits for one. */
  supply?: DriverSupply;
}

/**
 * The process's client of the media driver in `aeronDir`, as an agent: it runs the conductor in our duty cycle, notices within a second
 * that the driver died, and reconnects with all publications and subscriptions when one is available again.
 */
export class AeronConnection implements Agent, Messaging {
  readonly roleName = "aeron-client";
  readonly aeronDir: string;
  /** Number of lost clients: the driver died, or timed the client out after a long pause. */
  losses = 0;
  /** Publications and subscriptions that were added again because another client had corrupted them. */
  renewals = 0;
  /** Why there is no connection, if known: the files exist and are not accessible to this user. */
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

  /** True if connected and the driver has confirmed every resource. */
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

  /** Beyond a limit, the counter is not exported. */
  addCounter(typeId: number, key: Uint8Array, label: string): AeronCounter {
    const counter = new AeronCounter(typeId, key, label);
    const made = this.#resources.reduce((count, other) => count + (other instanceof AeronCounter ? 1 : 0), 0);
    if (made < MAX_COUNTERS) return this.add(counter);
    exhaustedLog.warn(`"${label}" is not shown: this process shows ${MAX_COUNTERS} counters already`);
    return counter;
  }

  /** Why publications or subscriptions are missing, if the cause is a lack of space; null otherwise. */
  get shortage(): string | null {
    return this.#requests.shortage;
  }

  /** Removes the resource permanently. */
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

  /** Releases the resource and requests it again, e.g. after the driver made a subscription inactive. */
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
    // Driver messages are read immediately: until then, logs and counters must not be used.
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

  /** Answers of the media driver are still polled for: their arrival does not end a wait. */
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

  /** Adds a resource of a class of the caller. */
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
      // A live driver may own these files: none is started in its place.
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

  /** Re-adds resources that another client of the driver corrupted by storing positions in counters that it no longer owned. */
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

  /** Logs when the driver is paused (SIGSTOP, a debugger) and when it resumes: nothing can be published in between. */
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
