import { messageOf } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { formatDuration } from "../core/units.ts";
import type { FlightOptions } from "./recording-options.ts";
import type { RecordingWriter } from "./recording-writer.ts";
import type { Staging } from "./staging.ts";

const log = getLogger("record");
const RETRY_NS = 1e9;
/** Longest wait, behind the time that was asked for, for a file that cannot be created. */
const TIMEOUT_NS = 10e9;

export type FlightState =
  /** Frames are kept in memory; a trigger is awaited. */
  | "waiting"
  /** They go to a file. */
  | "capturing"
  /** The time after the trigger is over; the disk has not taken everything yet. */
  | "completing";

export interface FlightListener {
  /** Something that the file's events should say. */
  onEvent(level: "info" | "warn", message: string): void;
  /** The account is to be written to the file. */
  onAccountDue(): void;
}

/** What becomes of a trigger. */
export interface TriggerResult {
  /** True when a file is being written, which lasts longer now. */
  readonly isExtended: boolean;
}

/**
 * Keeps the last seconds in memory and writes them, and what follows, to a file of their own for each trigger. A trigger that comes while
 * a file is written extends that file. A frame is in one file at most.
 */
export class Flight {
  readonly #options: FlightOptions;
  readonly #writer: RecordingWriter;
  readonly #staging: Staging;
  readonly #listener: FlightListener;
  #state: FlightState = "waiting";
  #triggeredAt = new Date();
  #endNs = 0;
  #opening: Promise<void> | null = null;
  /** When a file may be created: at once behind a trigger, later where that failed. */
  #mayOpenNs = 0;
  #isRefused = false;
  #isAccounted = false;
  #path: string | null = null;
  #triggers = 0;
  #files = 0;

  constructor(options: FlightOptions, writer: RecordingWriter, staging: Staging, listener: FlightListener) {
    this.#options = options;
    this.#writer = writer;
    this.#staging = staging;
    this.#listener = listener;
  }

  get state(): FlightState {
    return this.#state;
  }

  /** Triggers so far. */
  get triggers(): number {
    return this.#triggers;
  }

  /** Files that are complete. */
  get files(): number {
    return this.#files;
  }

  /** How much time the frames in memory span. */
  heldNs(nowNs: number): number {
    const sinceNs = this.#staging.keptSinceNs;
    return sinceNs === null ? 0 : Math.max(0, nowNs - sinceNs);
  }

  /** Writes what is kept and what comes; `reason` in words, for the file. */
  trigger(reason: string, nowNs: number): TriggerResult {
    this.#triggers++;
    const isExtended = this.#state !== "waiting";
    this.#endNs = nowNs + this.#options.afterNs;
    if (!isExtended) {
      this.#triggeredAt = new Date();
      this.#isRefused = false;
      this.#mayOpenNs = nowNs;
    }
    const heldNs = this.heldNs(nowNs);
    if (this.#state !== "capturing") {
      this.#state = "capturing";
      this.#staging.release();
    }
    const what = isExtended ? "the file that is being written is extended" : `${formatDuration(heldNs)} before it`;
    log.info(`triggered by ${reason}: ${what}`);
    this.#listener.onEvent("info", `triggered by ${reason}`);
    this.#listener.onAccountDue();
    return { isExtended };
  }

  doWork(nowNs: number): number {
    const state = this.#state;
    if (state !== "waiting" && !this.#writer.hasFile) this.#open(nowNs);
    if (state === "capturing" && nowNs >= this.#endNs) {
      this.#state = "completing";
      this.#isAccounted = false;
      this.#staging.keep();
    }
    if (state === "completing" && this.#writer.hasFile && this.#writer.isIdle) this.#complete();
    if (state !== "capturing") this.#staging.dropKept(nowNs - this.#options.beforeNs);
    return 0;
  }

  /** No trigger will come: what is kept passes, and what belongs to a file has one to be written to, if that can be created. */
  async end(nowNs: number): Promise<void> {
    if (this.#state === "capturing") this.#staging.flush();
    else {
      this.#staging.keep();
      this.#staging.dropKept(Number.POSITIVE_INFINITY);
    }
    if (this.#state === "waiting") return;
    await this.#opening;
    if (!this.#writer.hasFile) await this.#create(nowNs);
    if (this.#writer.hasFile) return;
    this.#state = "waiting";
    this.#writer.giveUp();
  }

  /** Everything is written: first the account, which says so, and then the end of the file. */
  #complete(): void {
    if (!this.#isAccounted) {
      this.#isAccounted = true;
      this.#listener.onAccountDue();
      return;
    }
    this.#files++;
    this.#state = "waiting";
    this.#writer.endFile();
    log.info(`${this.#path} is complete`);
  }

  /** Frames wait in the buffer for the file. */
  #open(nowNs: number): void {
    if (this.#opening !== null || nowNs < this.#mayOpenNs) return;
    this.#mayOpenNs = nowNs + RETRY_NS;
    if (nowNs > this.#endNs + TIMEOUT_NS) {
      this.#state = "waiting";
      this.#staging.keep();
      this.#writer.giveUp();
      log.error("the frames of the last trigger are lost: no file could be created for them");
      return;
    }
    this.#opening = this.#create(nowNs).finally(() => {
      this.#opening = null;
    });
  }

  async #create(nowNs: number): Promise<void> {
    try {
      await this.#writer.beginFile(this.#triggeredAt, nowNs);
      this.#path = this.#writer.path;
    } catch (error) {
      if (!this.#isRefused) log.warn(`${messageOf(error)}; it is tried again every second`);
      this.#isRefused = true;
    }
  }
}
