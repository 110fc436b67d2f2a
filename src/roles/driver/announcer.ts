import { isPassing } from "../../aeron/outbox.ts";
import type { MessageSink } from "../../aeron/ports.ts";
import { PublishResult } from "../../aeron/results.ts";
import { getLogger } from "../../core/logger.ts";
import { AnnounceEncoding } from "../announce-encoding.ts";
import type { DriverCounters } from "./driver-counters.ts";
import type { DriverStream } from "./driver-stream.ts";

const log = getLogger("driver");
const tooLongLog = log.every(10e9);

/** A requested stream is announced immediately, but not more often than this. */
const ASKED_PERIOD_NS = 20e6;

interface Entry {
  readonly stream: DriverStream;
  dueNs: number;
  lastNs: number;
}

/**
 * Announces every stream once per period, spread over the period so that no burst fills the window, and immediately after a change or a
 * consumer's request (W-37, D-04). Each announce also refreshes the activity timestamp in the stream's superblocks.
 */
export class Announcer {
  /** Number of announces that exceed a term of the publication. */
  tooLong = 0;
  readonly #publication: MessageSink;
  readonly #periodNs: number;
  readonly #counters: DriverCounters;
  readonly #producerIdOf: (streamId: number) => number;
  readonly #encoding = new AnnounceEncoding();
  /** In the order of their next announce, unless one is requested earlier. */
  readonly #entries = new Map<DriverStream, Entry>();
  #earliestNs = Number.POSITIVE_INFINITY;

  constructor(
    publication: MessageSink,
    periodNs: number,
    counters: DriverCounters,
    producerIdOf: (streamId: number) => number,
  ) {
    this.#publication = publication;
    this.#periodNs = periodNs;
    this.#counters = counters;
    this.#producerIdOf = producerIdOf;
  }

  add(stream: DriverStream): void {
    this.#entries.set(stream, { stream, dueNs: Number.POSITIVE_INFINITY, lastNs: Number.NEGATIVE_INFINITY });
  }

  remove(stream: DriverStream): void {
    this.#entries.delete(stream);
  }

  /** The stream has changed: it is announced in the next cycle. */
  announceNow(stream: DriverStream, nowNs: number): void {
    this.#due(stream, nowNs);
  }

  /** A client requested the stream. */
  announceSoon(stream: DriverStream, nowNs: number): void {
    const entry = this.#entries.get(stream);
    if (entry !== undefined) this.#due(stream, Math.max(nowNs, entry.lastNs + ASKED_PERIOD_NS));
  }

  /** Announces what is due. @returns the number of streams announced */
  doWork(nowNs: number): number {
    if (nowNs < this.#earliestNs) return 0;
    let done = 0;
    let earliestNs = Number.POSITIVE_INFINITY;
    let isFull = false;
    for (const entry of this.#entries.values()) {
      if (nowNs >= entry.dueNs && !isFull) {
        if (this.#announce(entry, nowNs)) done++;
        else isFull = true;
      }
      if (entry.dueNs < earliestNs) earliestNs = entry.dueNs;
    }
    this.#earliestNs = earliestNs;
    return done;
  }

  #due(stream: DriverStream, dueNs: number): void {
    const entry = this.#entries.get(stream);
    if (entry === undefined || entry.dueNs <= dueNs) return;
    entry.dueNs = dueNs;
    this.#earliestNs = Math.min(this.#earliestNs, dueNs);
  }

  /** False if the window has no room: the stream stays due. */
  #announce(entry: Entry, nowNs: number): boolean {
    const { stream } = entry;
    const { regions } = stream;
    if (regions === null) {
      entry.dueNs = Number.POSITIVE_INFINITY;
      return true;
    }
    stream.refreshActivity(nowNs);
    const length = this.#encoding.encode(regions, this.#producerIdOf(stream.streamId));
    const result = this.#publication.publishMessage(this.#encoding.buffer.address, length);
    if (isPassing(result)) {
      this.#counters.of.sendsFailed.increment();
      return false;
    }
    if (result === PublishResult.TOO_LONG) this.#onTooLong(stream, length);
    if (result === PublishResult.PUBLISHED) this.#counters.of.announces.increment();
    entry.lastNs = nowNs;
    // The first announces of many streams coincide; later ones are spread.
    const isFirst = entry.dueNs === nowNs || entry.dueNs === Number.NEGATIVE_INFINITY;
    entry.dueNs = nowNs + (isFirst ? this.#spread(stream) : this.#periodNs);
    return true;
  }

  #onTooLong({ streamId }: DriverStream, length: number): void {
    this.tooLong++;
    const { channel } = this.#publication;
    tooLongLog.warn(`stream ${streamId}: its announce of ${length} bytes is too long for the terms of ${channel}`);
  }

  /** Offset within the period, from half of it on, derived from the stream's id. */
  #spread({ streamId }: DriverStream): number {
    return this.#periodNs * (0.5 + ((streamId * 0.618_033_988_75) % 1) / 2);
  }
}
