import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { aeronDriver } from "../../ffi/aeron-driver.ts";
import { checkAeron, THREADING_MODE } from "../../ffi/aeron-structs.ts";
import { NativeBuffer, nativeString } from "../../ffi/memory.ts";
import type { Agent } from "../core/agent.ts";
import { TensorPoolError } from "../core/errors.ts";
import { cncIdentity, fileInPlaceOf } from "./aeron-dir.ts";
import { DriverLock } from "./driver-lock.ts";
import { findForeignDriver } from "./driver-watch.ts";

/** Why a media driver could not be started. */
export class MediaDriverError extends TensorPoolError<"already-running" | "foreign-driver" | "not-aeron"> {}

export type ThreadingMode = "invoker" | "shared" | "dedicated";

export interface MediaDriverOptions {
  aeronDir: string;
  /** "invoker": in this process's duty cycle. "shared": one native thread. "dedicated": three. */
  threading: ThreadingMode;
}

// With Aeron's defaults cnc.dat alone takes 48 MB, against the 64 MB of /dev/shm in a default container; most of it is for
// counters. The other buffers of it cannot be smaller than their defaults (together 6 MiB).
/** 8,192 counters of 128 bytes, the least that Aeron takes; their metadata takes four times as much. */
const COUNTERS_VALUES_BYTES = 1024 * 1024;
const LOSS_REPORT_BYTES = 64 * 1024;
const IPC_TERM_BYTES = 64 * 1024;

/** The driver looks at its time-outs once per interval; a second, its default, would let a stopped subscriber stall others. */
const TIMER_INTERVAL_NS = 1e6;
const LINGER_NS = 1e9;
const IDLE_STRATEGY = "backoff";
/**
 * Spins, yields, shortest and longest park. A busy publisher's limit is moved between spins and yields; each look at the time-outs
 * begins the rests anew, so that short ones would never grow long, and cost 14 % of a core while nothing happens.
 */
const IDLE_ARGUMENTS = "10-20-100us-250us";

/**
 * The C media driver of libaeron inside this process. As an agent it does the driver's work in invoker mode; otherwise native
 * threads do it. It holds the folder's `DriverLock` while it lives, and removes the folder and the lock when it closes.
 */
export class MediaDriver implements Agent {
  readonly roleName = "media-driver";
  readonly aeronDir: string;
  readonly threading: ThreadingMode;
  readonly #lock: DriverLock;
  readonly #driver: number;
  readonly #context: number;
  #isOpen = true;

  private constructor(options: MediaDriverOptions, lock: DriverLock, native: { context: number; driver: number }) {
    this.aeronDir = options.aeronDir;
    this.threading = options.threading;
    this.#lock = lock;
    this.#context = native.context;
    this.#driver = native.driver;
  }

  /** Starts a driver in `aeronDir`, over what a dead one left there. @throws MediaDriverError, AeronError, SystemError */
  static start(options: MediaDriverOptions): MediaDriver {
    const file = fileInPlaceOf(options.aeronDir);
    if (file !== null) throw notAeron(options.aeronDir, `the file ${file}`);
    mkdirSync(dirname(options.aeronDir), { recursive: true });
    const lock = acquireLock(options.aeronDir);
    try {
      const living = findForeignDriver(options.aeronDir, lock.predecessor);
      if (living !== null) {
        throw new MediaDriverError(
          "foreign-driver",
          `a media driver (pid ${living.pid}) already serves ${options.aeronDir}: use it with --media-driver external, or name another --aeron-dir`,
        );
      }
      removeLeftovers(options.aeronDir);
      const native = startNative(options);
      lock.serve(cncIdentity(options.aeronDir));
      return new MediaDriver(options, lock, native);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  doWork(): number {
    if (!this.#isOpen || this.threading !== "invoker") return 0;
    const work = aeronDriver.aeron_driver_main_do_work(this.#driver);
    return work > 0 ? work : 0;
  }

  onClose(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const isOurs = this.#lock.isInPlace;
    // Gone first, so that no client connects to a driver that is about to end: that would wait for it, for ten seconds.
    if (isOurs) rmSync(join(this.aeronDir, "cnc.dat"), { force: true });
    aeronDriver.aeron_driver_close(this.#driver);
    aeronDriver.aeron_driver_context_close(this.#context);
    if (isOurs) rmSync(this.aeronDir, { recursive: true, force: true });
    this.#lock.release();
  }
}

/** What a media driver makes in its folder. */
const AERON_NAMES = new Set(["cnc.dat", "loss-report.dat", "images", "publications"]);

/** What is in the folder beside what a media driver makes; null when there is nothing else. */
export function foreignNameIn(aeronDir: string): string | null {
  const names = existsSync(aeronDir) ? readdirSync(aeronDir) : [];
  return names.find((name) => !AERON_NAMES.has(name)) ?? null;
}

/** Removes what a dead driver left, and nothing else: a folder that was named by mistake stays as it is. @throws MediaDriverError */
function removeLeftovers(aeronDir: string): void {
  const foreign = foreignNameIn(aeronDir);
  if (foreign !== null) throw notAeron(aeronDir, `one that holds ${foreign}`);
  rmSync(aeronDir, { recursive: true, force: true });
}

function notAeron(aeronDir: string, found: string): MediaDriverError {
  const expected = "an Aeron folder, an empty one or none";
  return new MediaDriverError("not-aeron", `${aeronDir}: expected ${expected}, found ${found}`, { expected, found });
}

function acquireLock(aeronDir: string): DriverLock {
  // Others look at the lock for a moment now and then (DriverLock.state), which must not look like a living driver.
  const ATTEMPTS = 20;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const lock = DriverLock.tryAcquire(aeronDir);
    if (lock !== null) return lock;
    Bun.sleepSync(1);
  }
  throw new MediaDriverError(
    "already-running",
    `a media driver already serves ${aeronDir} (its lock is held): use it (--media-driver auto), or name another --aeron-dir`,
    {
      retryable: true,
    },
  );
}

function startNative(options: MediaDriverOptions): { context: number; driver: number } {
  const out = new NativeBuffer(8);
  checkAeron(aeronDriver.aeron_driver_context_init(out.address), "aeron_driver_context_init");
  const context = out.pointerAt();
  let driver = 0;
  try {
    configure(context, options);
    checkAeron(aeronDriver.aeron_driver_init(out.address, context), "aeron_driver_init");
    driver = out.pointerAt();
    checkAeron(aeronDriver.aeron_driver_start(driver, options.threading === "invoker" ? 1 : 0), "aeron_driver_start");
    return { context, driver };
  } catch (error) {
    if (driver !== 0) aeronDriver.aeron_driver_close(driver);
    aeronDriver.aeron_driver_context_close(context);
    throw error;
  }
}

function configure(context: number, options: MediaDriverOptions): void {
  const d = aeronDriver;
  const dir = nativeString(options.aeronDir);
  const strategy = nativeString(IDLE_STRATEGY);
  const argumentsText = nativeString(IDLE_ARGUMENTS);
  const mode = THREADING_MODE[options.threading];
  checkAeron(d.aeron_driver_context_set_dir(context, dir.address), "set_dir");
  // The lock decides about the folder, whatever AERON_DIR_DELETE_ON_* say: a refused second driver deletes the first's.
  d.aeron_driver_context_set_dir_delete_on_start(context, 0);
  d.aeron_driver_context_set_dir_delete_on_shutdown(context, 0);
  d.aeron_driver_context_set_dir_warn_if_exists(context, 0);
  d.aeron_driver_context_set_print_configuration(context, 0);
  checkAeron(d.aeron_driver_context_set_threading_mode(context, mode), "set_threading_mode");
  d.aeron_driver_context_set_shared_idle_strategy_init_args(context, argumentsText.address);
  checkAeron(d.aeron_driver_context_set_shared_idle_strategy(context, strategy.address), "set_shared_idle_strategy");
  d.aeron_driver_context_set_conductor_idle_strategy_init_args(context, argumentsText.address);
  checkAeron(
    d.aeron_driver_context_set_conductor_idle_strategy(context, strategy.address),
    "set_conductor_idle_strategy",
  );
  d.aeron_driver_context_set_counters_buffer_length(context, COUNTERS_VALUES_BYTES);
  d.aeron_driver_context_set_loss_report_buffer_length(context, LOSS_REPORT_BYTES);
  d.aeron_driver_context_set_ipc_term_buffer_length(context, IPC_TERM_BYTES);
  d.aeron_driver_context_set_low_file_store_warning_threshold(context, 0);
  d.aeron_driver_context_set_timer_interval_ns(context, TIMER_INTERVAL_NS);
  d.aeron_driver_context_set_publication_linger_timeout_ns(context, LINGER_NS);
}
