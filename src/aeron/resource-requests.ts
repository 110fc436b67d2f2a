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

/** Most resources requested at once; the driver's command queue has room for about ten times as many. */
const MAX_PENDING = 256;
/** Requests that the media driver could not satisfy or has not answered are repeated this often. */
const RETRY_PERIOD_NS = 500e6;

/** One process's requests to the media driver: resources that were requested, wait for their turn, or are requested again. */
export class ResourceRequests {
  /** Requested and not answered yet. */
  readonly #pending: AeronResource[] = [];
  /** Not requested yet: the driver's command queue is limited. */
  readonly #queued: AeronResource[] = [];
  /** Refused because there was no room, or left unanswered. */
  readonly #refused: AeronResource[] = [];
  readonly #retry = new PeriodicTimer(RETRY_PERIOD_NS);
  /** Removed before the driver's answer, or while the client was dead; released after the answer. */
  readonly #abandoned = new Set<AeronResource>();
  #shortage: string | null = null;

  /** Why a request must wait for space; null if none must. */
  get shortage(): string | null {
    return this.length === 0 ? null : this.#shortage;
  }

  /** Requests that the driver has not granted yet. */
  get length(): number {
    return this.#pending.length + this.#queued.length + this.#refused.length;
  }

  /** True while answers are pending. */
  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  includes(resource: AeronResource): boolean {
    return [this.#pending, this.#queued, this.#refused].some((list) => list.includes(resource));
  }

  isPending(resource: AeronResource): boolean {
    return this.#pending.includes(resource);
  }

  /** Requests these as soon as there is room. */
  add(client: NativeClient, ...resources: readonly AeronResource[]): void {
    this.#queued.push(...resources);
    this.#ask(client);
  }

  /** Withdraws a request that was not sent yet; false if there is none. */
  withdraw(resource: AeronResource): boolean {
    for (const unasked of [this.#queued, this.#refused]) {
      const at = unasked.indexOf(resource);
      if (at === -1) continue;
      unasked.splice(at, 1);
      return true;
    }
    return false;
  }

  /** Releases the resource once libaeron has an answer; until then libaeron may still call back for it. */
  abandon(resource: AeronResource): void {
    this.#abandoned.add(resource);
  }

  /** Handles answers and repeats refused requests. @returns the answers taken @throws AeronError on a final refusal */
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

  /** Drops all requests of a dead client. */
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
      // For a resource that is no longer wanted, a refusal does not matter.
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

/** True for a request made while the driver closes its predecessor's socket: another thread closes UDP endpoints. */
function isBusy(error: unknown): boolean {
  return error instanceof AeronError && error.message.includes("resource temporarily unavailable");
}

/** True for a request that a busy driver left unanswered beyond libaeron's timeout. */
function isUnanswered(error: unknown): boolean {
  return error instanceof AeronError && error.message.includes("no response from media driver");
}

/**
 * The driver's errors if its counters are used up, its file system is full or fails, its process has no descriptors or memory left, or its
 * folder was removed (another driver is then found within a second).
 */
const SHORTAGE =
  /Max counter id .* exceeded|Unable to allocate counter.*|.*nsufficient usable storage.*|No space left on device|Disk quota exceeded|Input\/output error|Too many open files in system|Too many open files|Cannot allocate memory|Interrupted system call|No such file or directory/;

/** Why the driver refused a resource that it may grant later, in its own words; null for a final refusal. */
function shortageOf(error: unknown): string | null {
  return error instanceof AeronError ? findInTrace(error.message, SHORTAGE) : null;
}
