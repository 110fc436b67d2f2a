import { SimLinks } from "./link.ts";
import type { SimProcess } from "./process.ts";
import type { SeededRandom } from "./random.ts";

/** How long the log of a dead process stays, and a client that says nothing is kept. */
export const CLIENT_LIVENESS_NS = 10e9;
/** Messages of a log that a new subscriber may still read. */
const KEPT_MESSAGES = 12;

export interface SimMessage {
  readonly view: DataView;
  /** From when on its readers see it. */
  readonly atNs: number;
}

/** What one publisher has under way to one subscriber. */
export interface SimImage {
  readonly log: SimLog;
  readonly subscriber: SimSubscriber;
  readonly queue: SimMessage[];
  /** Since when the queue has been as long as the window; null while it is not. */
  fullSinceNs: number | null;
}

/** What a subscription gives the media driver. */
export interface SimSubscriber {
  readonly process: SimProcess;
  readonly streamId: number;
  readonly images: SimImage[];
  /** True while the media driver has put it to rest. */
  isResting: boolean;
  /** Sessions that it has read from, and how many of their messages. */
  readonly seen: Map<number, number>;
}

/** The log of a publication. */
export interface SimLog {
  readonly process: SimProcess;
  readonly sessionId: number;
  readonly streamId: number;
  readonly windowMessages: number;
  readonly windowLimitNs: number;
  /** Of the last messages. */
  readonly kept: SimMessage[];
  /** Of its subscribers, in the order in which they joined. */
  readonly images: SimImage[];
  published: number;
  /** When its process died, or gave it back. */
  endedNs: number | null;
}

export interface SimCounterRecord {
  readonly process: SimProcess;
  readonly typeId: number;
  readonly key: Uint8Array;
  readonly label: string;
  value: number;
}

/** What happens to messages. */
export interface MessageFaults {
  loss: number;
  duplicate: number;
  delay: number;
  maxDelayNs: number;
  backPressure: number;
}

/** The media driver of one Aeron folder, which dies and returns, and the logs of one of its lives. */
export class SimMedia {
  isAlive = true;
  /** Grows with each life. */
  incarnation = 1;
  /** True once messages were late, or had to wait for room in a window. */
  hasBeenLate = false;
  readonly faults: MessageFaults = { loss: 0, duplicate: 0, delay: 0, maxDelayNs: 0, backPressure: 0 };
  readonly random: SeededRandom;
  readonly #nowNs: () => number;
  readonly logs = new Set<SimLog>();
  /** By Aeron stream, each in the order in which they came. */
  readonly #subscribers = new Map<number, Set<SimSubscriber>>();
  readonly counters = new Set<SimCounterRecord>();
  /** What goes to other hosts. */
  readonly links: SimLinks;
  #nextSession = 1;

  constructor(random: SeededRandom, nowNs: () => number) {
    this.random = random;
    this.#nowNs = nowNs;
    this.links = new SimLinks(random, nowNs);
  }

  die(): void {
    this.isAlive = false;
    for (const subscribers of this.#subscribers.values()) {
      for (const subscriber of subscribers) subscriber.images.length = 0;
    }
    for (const { images } of this.logs) images.length = 0;
    this.logs.clear();
    this.#subscribers.clear();
    this.counters.clear();
    this.links.clear();
  }

  start(): void {
    this.isAlive = true;
    this.incarnation++;
  }

  addLog(process: SimProcess, streamId: number, windowMessages: number, windowLimitNs: number): SimLog {
    const sessionId = this.#nextSession++;
    const log: SimLog = {
      process,
      sessionId,
      streamId,
      windowMessages,
      windowLimitNs,
      kept: [],
      images: [],
      published: 0,
      endedNs: null,
    };
    this.logs.add(log);
    for (const subscriber of this.#subscribers.get(streamId) ?? []) this.#join(subscriber, log);
    return log;
  }

  subscribe(subscriber: SimSubscriber): void {
    const { streamId } = subscriber;
    const subscribers = this.#subscribers.get(streamId);
    if (subscribers === undefined) this.#subscribers.set(streamId, new Set([subscriber]));
    else subscribers.add(subscriber);
    for (const log of this.logs) if (log.streamId === streamId) this.#join(subscriber, log);
  }

  unsubscribe(subscriber: SimSubscriber): void {
    this.#subscribers.get(subscriber.streamId)?.delete(subscriber);
    for (const image of subscriber.images) removeFrom(image.log.images, image);
    subscriber.images.length = 0;
  }

  endLog(log: SimLog): void {
    log.endedNs = this.#nowNs();
  }

  /** A client was killed: its logs stay until the media driver notices. */
  processDied(process: SimProcess): void {
    this.links.processDied(process);
    for (const log of this.logs) if (log.process === process) log.endedNs ??= this.#nowNs();
    for (const subscribers of this.#subscribers.values()) {
      for (const subscriber of subscribers) if (subscriber.process === process) this.unsubscribe(subscriber);
    }
  }

  /** Forgets what has ended long ago. */
  expire(): void {
    const nowNs = this.#nowNs();
    for (const log of this.logs) {
      if (log.endedNs === null || nowNs - log.endedNs < CLIENT_LIVENESS_NS) continue;
      this.logs.delete(log);
      for (const image of log.images) removeFrom(image.subscriber.images, image);
      log.images.length = 0;
    }
    for (const counter of this.counters) if (counter.process.isDead) this.counters.delete(counter);
  }

  hasSubscriber(streamId: number): boolean {
    return (this.#subscribers.get(streamId)?.size ?? 0) > 0;
  }

  /** True when a subscriber that is read from leaves no room for another message. */
  isFull(log: SimLog): boolean {
    const nowNs = this.#nowNs();
    const { images, windowMessages, windowLimitNs } = log;
    let isFull = false;
    for (let i = 0; i < images.length; i++) {
      const image = images[i] as SimImage;
      if (image.queue.length < windowMessages) {
        image.fullSinceNs = null;
        continue;
      }
      image.fullSinceNs ??= nowNs;
      if (nowNs - image.fullSinceNs > windowLimitNs) {
        image.subscriber.isResting = true;
        removeFrom(image.subscriber.images, image);
        images.splice(i--, 1);
      } else isFull = true;
    }
    return isFull;
  }

  /** Takes a copy of the message to every subscriber, in order; what is lost, is lost to one of them. */
  publish(log: SimLog, view: DataView, isDescriptor: boolean): void {
    const { faults, random } = this;
    const nowNs = this.#nowNs();
    const message: SimMessage = { view, atNs: nowNs };
    log.published++;
    log.kept.push(message);
    if (log.kept.length > KEPT_MESSAGES) log.kept.shift();
    const { images } = log;
    for (let i = 0; i < images.length; i++) {
      const { subscriber, queue } = images[i] as SimImage;
      subscriber.seen.set(log.sessionId, log.published);
      if (faults.loss > 0 && random.chance(faults.loss)) continue;
      this.hasBeenLate ||= faults.delay > 0 || faults.backPressure > 0;
      const delayNs = faults.delay > 0 && random.chance(faults.delay) ? random.between(0, faults.maxDelayNs) : 0;
      // Nothing overtakes what the same publisher has sent before.
      const atNs = Math.max(nowNs + delayNs, queue.length === 0 ? 0 : (queue[queue.length - 1] as SimMessage).atNs);
      const copy = atNs === nowNs ? message : { view, atNs };
      queue.push(copy);
      if (!isDescriptor && faults.duplicate > 0 && random.chance(faults.duplicate)) queue.push(copy);
    }
  }

  /** A subscriber that joins may read some of what the log still holds, also that of a process that has died. */
  #join(subscriber: SimSubscriber, log: SimLog): void {
    const before = subscriber.seen.get(log.sessionId);
    const unread = before === undefined ? this.random.between(0, KEPT_MESSAGES) : log.published - before;
    const count = Math.min(unread, log.kept.length);
    const queue = count === 0 ? [] : log.kept.slice(-count);
    subscriber.seen.set(log.sessionId, log.published);
    const image: SimImage = { log, subscriber, queue, fullSinceNs: null };
    subscriber.images.push(image);
    log.images.push(image);
  }
}

function removeFrom(images: SimImage[], image: SimImage): void {
  const index = images.indexOf(image);
  if (index !== -1) images.splice(index, 1);
}
