// Watches the accounts of the consumer that runs in this process, from within: only there the counters and the seq of a frame can
// be seen at one moment.
import { Consumer } from "../../../src/roles/consumer.ts";
import type { PollOptions } from "../../../src/roles/frame-handler.ts";
import { AccountBook, countedBy } from "./account-book.ts";

const DEFAULT_LIMIT = 64;

type Report = (problem: string) => void;

/** What is seen of a consumer. */
export interface Watched {
  readonly epoch: bigint | null;
  readonly counters: { snapshot(): Readonly<Record<string, number>> };
  poll: Consumer["poll"];
}

class ConsumerWatch {
  readonly #report: Report;
  readonly #book = new AccountBook();
  readonly #watched = new WeakMap<PollOptions, PollOptions>();
  #consumer: Watched | null = null;
  #readSeq = -1;
  #countedWhenRead = -1;
  #epochWhenRead: bigint | null = null;
  /** How often the account was looked at. */
  balances = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  get accepted(): number {
    return this.#consumer?.counters.snapshot()["accepted"] ?? 0;
  }

  get epoch(): bigint | null {
    return this.#consumer?.epoch ?? null;
  }

  /** The same options, which also note the frames that were read. */
  watch(consumer: Watched, options: PollOptions): PollOptions {
    this.#consumer = consumer;
    const known = this.#watched.get(options);
    if (known !== undefined) return known;
    const watched: PollOptions = {
      ...options,
      settled: (seq, isIntact) => {
        this.#readSeq = seq;
        this.#epochWhenRead = consumer.epoch;
        this.#countedWhenRead = countedBy(consumer.counters.snapshot());
        options.settled?.(seq, isIntact);
      },
    };
    this.#watched.set(options, watched);
    return watched;
  }

  /** After a poll that left no frame waiting. */
  balance(consumer: Watched): void {
    if (this.#readSeq === -1 || consumer.epoch === null || consumer.epoch !== this.#epochWhenRead) return;
    const counted = countedBy(consumer.counters.snapshot());
    // Frames that were not read have been counted since: the seq of the last of them is not known here.
    if (counted !== this.#countedWhenRead) return;
    this.balances++;
    const problem = this.#book.balance({ epoch: consumer.epoch, seq: this.#readSeq, counted });
    this.#readSeq = -1;
    if (problem !== null) this.#report(problem);
  }
}

/** Begins to watch the consumers of a class. To be called before they poll. */
export function watchConsumer(report: Report, watched: { readonly prototype: Watched } = Consumer): ConsumerWatch {
  const watch = new ConsumerWatch(report);
  const { poll } = watched.prototype;
  const none: PollOptions = {};
  watched.prototype.poll = function (handler, options = none) {
    const handled = poll.call(this, handler, watch.watch(this, options));
    if (handled < (options.limit ?? DEFAULT_LIMIT)) watch.balance(this);
    return handled;
  };
  return watch;
}
