import { hostname } from "node:os";
import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { SESSION_METADATA } from "../recording/source-record.ts";
import type { Consumer } from "../roles/consumer.ts";
import type { ConsumerOptions } from "../roles/consumer-options.ts";
import { AccountLog } from "./account-log.ts";
import { ChannelTable } from "./channel.ts";
import { Flight, type TriggerResult } from "./flight.ts";
import { hostClocks } from "./host-clocks.ts";
import { RecorderError } from "./recorder-error.ts";
import type { RecordingOptions } from "./recording-options.ts";
import { RecordingTime } from "./recording-time.ts";
import { RecordingWriter } from "./recording-writer.ts";
import { Staging } from "./staging.ts";
import { StreamRecorder } from "./stream-recorder.ts";

type OnAttributes = NonNullable<ConsumerOptions["onAttributes"]>;

const LEDGER_PERIOD_NS = 1e9;
/** Longest wait, at the end, for a disk that makes no progress. */
const TIMEOUT_NS = 10e9;
const LOSS_PERIOD_NS = 10e6;

export interface RecorderOptions extends RecordingOptions {
  /** Number of frames of each stream; no limit if omitted. */
  readonly count?: number;
  /** Stop when all streams have ended. */
  readonly once?: boolean;
  /** True while more streams are to come: the end is then not reached yet. */
  readonly awaitsStreams?: () => boolean;
  /** The program that makes the recording, for the file: `tensorpool 0.1.0`. */
  readonly library: string;
  /** Further session metadata, e.g. the command line. */
  readonly session?: Readonly<Record<string, string>>;
  /** Called once when `count` or `once` has ended the recording. */
  readonly onDone?: () => void;
}

/**
 * Records streams to MCAP files. Add it to a scheduler after the consumers that it reads, so that it is closed before them; its `onClose`
 * writes waiting frames and completes the files.
 */
export class Recorder implements Agent {
  readonly roleName = "recorder";
  readonly writer: RecordingWriter;
  readonly streams: StreamRecorder[] = [];
  readonly staging: Staging;
  /** Writes on a trigger only; null if everything is recorded. */
  readonly flight: Flight | null;
  readonly #options: RecorderOptions;
  readonly #clock: Clock;
  readonly #time: RecordingTime;
  readonly #account: AccountLog;
  readonly #ledgerTimer = new PeriodicTimer(LEDGER_PERIOD_NS);
  readonly #lossTimer = new PeriodicTimer(LOSS_PERIOD_NS);
  #lost = 0;
  #isDone = false;
  #isClosing = false;
  #hasFailed = false;

  constructor(clock: Clock, options: RecorderOptions) {
    this.#options = options;
    this.#clock = clock;
    this.#time = new RecordingTime(hostClocks());
    const nowNs = clock.nanoTime();
    this.writer = new RecordingWriter(options, options.library, {
      onEvent: (level, message) => this.#addEvent(level, message),
    });
    const channels = new ChannelTable();
    this.#account = new AccountLog(this.writer, channels, this.#time);
    this.staging = new Staging(this.writer, channels, options);
    const { flight } = options;
    this.flight =
      flight === undefined
        ? null
        : new Flight(flight, this.writer, this.staging, {
            onEvent: (level, message) => this.#addEvent(level, message),
            onAccountDue: () => this.#writeLedger(clock.nanoTime(), false),
          });
    this.writer.addStanding([
      {
        name: SESSION_METADATA,
        entries: {
          library: options.library,
          host: hostname(),
          pid: String(process.pid),
          started_ns: String(this.#time.at(nowNs)),
          ...this.#time.describe(nowNs),
          ...options.session,
        },
      },
    ]);
  }

  /** Missing frames of all streams, by cause. */
  get missing(): Record<string, number> {
    const all: Record<string, number> = {};
    for (const { missing } of this.streams) {
      for (const [cause, frames] of Object.entries(missing)) all[cause] = (all[cause] ?? 0) + frames;
    }
    return all;
  }

  /**
   * Adds a stream, read by the consumer that `make` creates with the given listener: each version of the metadata is recorded, even if
   * several arrive in one cycle. `name`: the name by which it was requested, until its source reports its own.
   */
  add(make: (onAttributes: OnAttributes) => Consumer, name: string | null = null): StreamRecorder {
    let made: StreamRecorder | null = null;
    const consumer = make((attributes, metaVersion) => made?.metadata.onAttributes(attributes, metaVersion));
    const { count = Number.POSITIVE_INFINITY } = this.#options;
    const options = { clock: this.#clock, time: this.#time, name, count };
    const onEvent = (message: string): void => this.#addEvent("info", message);
    const stream = new StreamRecorder(consumer, this.writer, this.staging, options, onEvent);
    made = stream;
    this.streams.push(stream);
    return stream;
  }

  /**
   * A flight recorder writes the last seconds and the following frames; `reason` as text, for the file.
   * @throws RecorderError if this is not a flight recorder
   */
  trigger(reason: string): TriggerResult {
    if (this.flight === null) {
      throw new RecorderError("options", "this recorder records everything: only a flight recorder can be triggered");
    }
    return this.flight.trigger(reason, this.#clock.nanoTime());
  }

  /** Creates the first file, or the folder of a flight recorder. @throws RecorderError */
  async open(): Promise<void> {
    await this.writer.open(this.#clock.nanoTime());
  }

  doWork(nowNs: number): number {
    if (this.#hasFailed || this.#isClosing) return 0;
    if (this.writer.failure !== null) {
      this.#hasFailed = true;
      throw this.writer.failure;
    }
    let work = this.writer.doWork(nowNs) + this.staging.doWork(nowNs);
    for (let i = 0; i < this.streams.length; i++) work += (this.streams[i] as StreamRecorder).doWork(nowNs);
    if (this.flight !== null) {
      work += this.flight.doWork(nowNs);
      this.#watchLosses(nowNs);
    }
    if (this.#ledgerTimer.isDue(nowNs)) {
      this.#writeLedger(nowNs, false);
      work++;
    }
    if (!this.#isDone && this.#isComplete()) {
      this.#isDone = true;
      this.#options.onDone?.();
    }
    return work;
  }

  /** Waiting frames are written, the account is closed, and the files are completed. If no stream ever began, no file is left. */
  async onClose(): Promise<void> {
    this.#isClosing = true;
    const now = (): number => this.#clock.nanoTime();
    const { writer } = this;
    for (const stream of this.streams) stream.finish();
    if (this.flight !== null) await this.flight.end(now());
    else this.staging.flush();
    await writer.drain(TIMEOUT_NS, now);
    this.#writeLedger(now(), true);
    await writer.drain(TIMEOUT_NS, now);
    await writer.close(TIMEOUT_NS, this.flight !== null || this.streams.some(({ hasBegun }) => hasBegun));
  }

  #isComplete(): boolean {
    const { streams } = this;
    if (streams.length === 0 || this.#options.awaitsStreams?.() === true) return false;
    return streams.every((stream) => stream.isDone || (this.#options.once === true && stream.hasEnded));
  }

  /** True while there is, or will be, a file for the account. */
  get #hasAccount(): boolean {
    return this.flight === null || this.flight.state !== "waiting";
  }

  #addEvent(level: "info" | "warn" | "error", message: string): void {
    if (!this.#hasAccount) return;
    this.#account.event(level, message, this.#clock.nanoTime());
    if (this.flight?.state === "completing") this.#account.flush();
  }

  #writeLedger(nowNs: number, isEnd: boolean): void {
    for (const stream of this.streams) {
      // Nothing is kept of an epoch that ended while a trigger is awaited.
      const rows = stream.rows(nowNs, isEnd);
      if (this.#hasAccount) for (const row of rows) this.#account.row(row, nowNs);
    }
    this.#account.flush();
  }

  #watchLosses(nowNs: number): void {
    if (this.#options.flight?.onLoss !== true || !this.#lossTimer.isDue(nowNs)) return;
    const lost = this.streams.reduce((sum, stream) => sum + stream.lostBefore, 0);
    const more = lost - this.#lost;
    this.#lost = lost;
    if (more > 0) this.trigger(`a loss of ${more} frames`);
  }
}
