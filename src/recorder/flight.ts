import { messageOf } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { formatDuration } from "../core/units.ts";
import type { FlightOptions } from "./recording-options.ts";
import type { RecordingWriter } from "./recording-writer.ts";
import type { Staging } from "./staging.ts";

const log = getLogger("record");
const RETRY_NS = 1e9;
/** Longest wait, beyond the requested time, for a file that cannot be created. */
const TIMEOUT_NS = 10e9;

export type FlightState =
  /** Frames are kept in memory until a trigger comes. */
  | "waiting"
  /** Frames are written to a file. */
  | "capturing"
  /** The time after the trigger is over; frames are still being written. */
  | "completing";

export interface FlightListener {
  /** An event for the file. */
  onEvent(level: "info" | "warn", message: string): void;
  /** The account must be written to the file. */
  onAccountDue(): void;
}

/** Result of a trigger. */
export interface TriggerResult {
  /** True if a file was already being written; it is extended. */
  readonly isExtended: boolean;
}

/**
 * Keeps the last seconds in memory and, for each trigger, writes them and the following frames to a separate file. A trigger during writing
 * extends that file. A frame is in one file at most.
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
  /** When a file may be created: immediately after a trigger, later after a failure. */
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

  /** Number of triggers. */
  get triggers(): number {
    return this.#triggers;
  }

  /** Number of complete files. */
  get files(): number {
    return this.#files;
  }

  /** Time span of the frames in memory. */
  heldNs(nowNs: number): number {
    const sinceNs = this.#staging.keptSinceNs;
    return sinceNs === null ? 0 : Math.max(0, nowNs - sinceNs);
  }

  /** Writes the kept and the following frames; `reason` as text, for the file. */
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

  /** No trigger will come: kept frames pass, and frames that belong to a file are written to it, if it can be created. */
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

  /** Everything is written: the account, which records that, comes first, then the end of the file. */
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

  /** Frames wait in the buffer until the file is open. */
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
