import { AeronError } from "../../ffi/errors.ts";
import { getLogger } from "../core/logger.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { findInTrace } from "./libaeron-trace.ts";
import { logShortage } from "./log-room.ts";
import type { NativeClient } from "./native-client.ts";
import { Publication } from "./publication.ts";
import type { AeronResource } from "./resource.ts";

const log = getLogger("aeron");
const exhaustedLog = log.every(10e9);
const unansweredLog = log.every(10e9);

/** Resources that are asked for at once; the driver's queue of commands has room for about ten times as many. */
const MAX_PENDING = 256;
/** What the media driver had no room for, or has not answered, is asked for again this often. */
const RETRY_PERIOD_NS = 500e6;

/** The requests of one process to the media driver: resources that were asked for, wait for their turn, or are asked for again. */
export class ResourceRequests {
  /** Asked for, and not answered yet. */
  readonly #pending: AeronResource[] = [];
  /** Not asked for yet: the driver's queue of commands holds only so many. */
  readonly #queued: AeronResource[] = [];
  /** Refused because there was no room, or left unanswered. */
  readonly #refused: AeronResource[] = [];
  readonly #retry = new PeriodicTimer(RETRY_PERIOD_NS);
  /** Removed before the driver had answered, to be given back when it has, or while the client was dead. */
  readonly #abandoned = new Set<AeronResource>();
  #shortage: string | null = null;

  /** Why a request has to wait for room; null while none has to. */
  get shortage(): string | null {
    return this.length === 0 ? null : this.#shortage;
  }

  /** Requests that the driver has not granted yet. */
  get length(): number {
    return this.#pending.length + this.#queued.length + this.#refused.length;
  }

  /** True while answers are due. */
  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  includes(resource: AeronResource): boolean {
    return [this.#pending, this.#queued, this.#refused].some((list) => list.includes(resource));
  }

  isPending(resource: AeronResource): boolean {
    return this.#pending.includes(resource);
  }

  /** Asks for these, as soon as there is room. */
  add(client: NativeClient, ...resources: readonly AeronResource[]): void {
    this.#queued.push(...resources);
    this.#ask(client);
  }

  /** Withdraws a request that was not made yet; false where there is none. */
  withdraw(resource: AeronResource): boolean {
    for (const unasked of [this.#queued, this.#refused]) {
      const at = unasked.indexOf(resource);
      if (at === -1) continue;
      unasked.splice(at, 1);
      return true;
    }
    return false;
  }

  /** Gives the resource back once libaeron, which still knows it and may call it back, has an answer. */
  abandon(resource: AeronResource): void {
    this.#abandoned.add(resource);
  }

  /** Takes answers, and asks again for what was refused. @returns the answers taken @throws AeronError what the driver will never grant */
  doWork(client: NativeClient, nowNs: number): number {
    if (this.length === 0) this.#shortage = null;
    if (this.#refused.length > 0 && this.#retry.isDue(nowNs)) this.add(client, ...this.#refused.splice(0));
    let done = 0;
    for (let i = this.#pending.length - 1; i >= 0; i--) {
      const resource = this.#pending[i] as AeronResource;
      if (!this.#hasAnswer(resource)) continue;
      this.#pending.splice(i, 1);
      done++;
      if (!this.#abandoned.delete(resource)) continue;
      resource.release();
      resource.dispose();
    }
    if (done > 0) this.#ask(client);
    return done;
  }

  /** Drops all requests of a client that is dead. */
  clear(): void {
    this.#pending.length = 0;
    this.#queued.length = 0;
    this.#refused.length = 0;
    this.#shortage = null;
    for (const resource of this.#abandoned) {
      resource.forget();
      resource.dispose();
    }
    this.#abandoned.clear();
  }

  #ask(client: NativeClient): void {
    const room = MAX_PENDING - this.#pending.length;
    for (const resource of this.#queued.splice(0, Math.max(0, room))) {
      const shortage = resource instanceof Publication ? logShortage(resource.channel) : null;
      if (shortage !== null) {
        this.#shortage = `no room for ${resource.toString()}: ${shortage}`;
        exhaustedLog.warn(`no room for ${resource.toString()}: ${shortage}; asking again`);
        this.#refused.push(resource);
        continue;
      }
      resource.begin(client);
      this.#pending.push(resource);
    }
  }

  #hasAnswer(resource: AeronResource): boolean {
    try {
      return resource.proceed();
    } catch (error) {
      // What is not wanted any more may as well have been refused.
      if (this.#abandoned.has(resource)) return true;
      const shortage = shortageOf(error);
      if (isUnanswered(error)) {
        unansweredLog.warn(`the media driver has not answered within 10 s (${resource.toString()}): asking again`);
      } else if (shortage !== null) {
        this.#shortage = `the media driver cannot make ${resource.toString()}: ${shortage}`;
        exhaustedLog.warn(`the media driver cannot make ${resource.toString()}: ${shortage}; asking again`);
      } else if (isBusy(error)) {
        log.debug(`the media driver still closes what ${resource.toString()} needs: asking again`);
      } else {
        throw error;
      }
      resource.forget();
      this.#refused.push(resource);
      return true;
    }
  }
}

/** True for a request that came while the driver closes the socket of its predecessor: an endpoint of UDP is closed by another thread. */
function isBusy(error: unknown): boolean {
  return error instanceof AeronError && error.message.includes("resource temporarily unavailable");
}

/** True for a request that a busy driver has left unanswered for longer than libaeron waits. */
function isUnanswered(error: unknown): boolean {
  return error instanceof AeronError && error.message.includes("no response from media driver");
}

/**
 * What the driver answers when its counters are taken, its file system is full or fails, its process has no descriptors or memory
 * left, or its folder was removed (another driver is found within a second then).
 */
const SHORTAGE =
  /Max counter id .* exceeded|Unable to allocate counter.*|.*nsufficient usable storage.*|No space left on device|Disk quota exceeded|Input\/output error|Too many open files in system|Too many open files|Cannot allocate memory|Interrupted system call|No such file or directory/;

/** Why the driver refused a resource that it may grant later, in its own words; null for a refusal that is final. */
function shortageOf(error: unknown): string | null {
  return error instanceof AeronError ? findInTrace(error.message, SHORTAGE) : null;
}
