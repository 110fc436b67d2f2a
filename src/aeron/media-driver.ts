import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { aeronDriver } from "../../ffi/aeron-driver.ts";
import { checkAeron, THREADING_MODE } from "../../ffi/aeron-structs.ts";
import { NativeBuffer, nativeString } from "../../ffi/memory.ts";
import type { Agent } from "../core/agent.ts";
import { messageOf, TensorPoolError } from "../core/errors.ts";
import { currentUid, describeUser } from "../core/users.ts";
import { requireSpaceIn } from "../shm/index.ts";
import { cncIdentity, fileInPlaceOf } from "./aeron-dir.ts";
import { DriverLock } from "./driver-lock.ts";
import { lookForForeignDriver } from "./driver-watch.ts";
import { LockFileError } from "./lock-file.ts";
import { lookOr, ServiceLocks } from "./service-locks.ts";

/**
 * Why a media driver could not be started. "no-access": the folder is another user's, or its state cannot be known. "no-space": its
 * files do not fit.
 */
export class MediaDriverError extends TensorPoolError<
  "already-running" | "foreign-driver" | "not-aeron" | "no-access" | "no-space"
> {}

export type ThreadingMode = "invoker" | "shared" | "dedicated";

export interface MediaDriverOptions {
  aeronDir: string;
  /** "invoker": in this process's duty cycle. "shared": one native thread. "dedicated": three. */
  threading: ThreadingMode;
  /** How long the id of a freed counter is kept from being given out again; `FREE_TO_REUSE_NS` when left out. */
  counterReuseNs?: number;
  /** After so long without a sign of life a client is given up; Aeron's ten seconds when left out. */
  clientLivenessNs?: number;
}

// With Aeron's defaults cnc.dat alone takes 48 MB, against the 64 MB of /dev/shm in a default container; most of it is for
// counters. The other buffers of it cannot be smaller than their defaults (together 6 MiB).
/**
 * 8,192 counters of 128 bytes, the least that Aeron takes; their metadata takes four times as much. A role takes about 25, whose
 * ids rest for `FREE_TO_REUSE_NS` when it ends: this is enough for five roles a second that end and start again. What finds
 * none left waits (see `AeronConnection`).
 */
const COUNTERS_VALUES_BYTES = 1024 * 1024;
const LOSS_REPORT_BYTES = 64 * 1024;
/** What a driver with these buffers makes at its start, cnc.dat and the loss report; a little more than measured. */
const START_BYTES = 12 * 1024 * 1024;
const IPC_TERM_BYTES = 64 * 1024;

/** The driver looks at its time-outs once per interval; a second, its default, would let a stopped subscriber stall others. */
const TIMER_INTERVAL_NS = 1e6;
const LINGER_NS = 1e9;
/**
 * How long the id of a freed counter is kept from being given out again. A client that is stopped in the middle of a poll is
 * given up after ten seconds, and stores its position when it wakes: until then that store must meet no other client's counter.
 */
const FREE_TO_REUSE_NS = 60e9;
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

  private constructor(options: MediaDriverOptions, lock: DriverLock, native: NativeDriver) {
    this.aeronDir = options.aeronDir;
    this.threading = options.threading;
    this.#lock = lock;
    this.#context = native.context;
    this.#driver = native.driver;
  }

  /** Starts a driver in `aeronDir`, over what a dead one left there. @throws MediaDriverError, AeronError, SystemError */
  static start(options: MediaDriverOptions): MediaDriver {
    const { aeronDir } = options;
    const file = fileInPlaceOf(aeronDir);
    if (file !== null) throw notAeron(aeronDir, `the file ${file}`);
    mkdirSync(dirname(aeronDir), { recursive: true });
    const lock = acquireLock(aeronDir);
    let native: NativeDriver | null = null;
    let isFolderOurs = false;
    try {
      requireNoDriver(aeronDir, lock.predecessor);
      removeLeftovers(aeronDir);
      isFolderOurs = true;
      requireRoom(aeronDir);
      native = startNative(options);
      lock.serve(aeronDir, cncIdentity(aeronDir));
      return new MediaDriver(options, lock, native);
    } catch (error) {
      if (native !== null) closeNative(native);
      if (isFolderOurs) rmSync(aeronDir, { recursive: true, force: true });
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
    closeNative({ driver: this.#driver, context: this.#context });
    if (isOurs) rmSync(this.aeronDir, { recursive: true, force: true });
    this.#lock.release();
    // What owners that were killed have left beside the folder goes with it.
    lookOr(undefined, () => ServiceLocks.removeUnused(this.aeronDir));
  }
}

/** What a media driver makes in its folder. */
const AERON_NAMES = new Set(["cnc.dat", "loss-report.dat", "images", "publications"]);

/** What is in the folder beside what a media driver makes; null when there is nothing else. */
export function foreignNameIn(aeronDir: string): string | null {
  const names = existsSync(aeronDir) ? readdirSync(aeronDir) : [];
  return names.find((name) => !AERON_NAMES.has(name)) ?? null;
}

/** Nothing is replaced of which it is not known that its driver is dead. @throws MediaDriverError */
function requireNoDriver(aeronDir: string, predecessor: string): void {
  const look = lookForForeignDriver(aeronDir, predecessor);
  if (look.state === "none") return;
  if (look.state !== "alive") {
    const code = look.state === "incompatible" ? "foreign-driver" : "no-access";
    throw new MediaDriverError(code, look.why, { retryable: look.state === "unknown" });
  }
  throw new MediaDriverError(
    "foreign-driver",
    `a media driver (pid ${look.driver.pid}) already serves ${aeronDir}: use it with --media-driver external, or name another --aeron-dir`,
  );
}

/**
 * All that the driver makes at its start is reserved then. Checked before, because a memory cgroup does not refuse what goes
 * beyond its limit: the kernel kills. @throws MediaDriverError "no-space"
 */
function requireRoom(aeronDir: string): void {
  try {
    requireSpaceIn(dirname(aeronDir), START_BYTES);
  } catch (error) {
    throw new MediaDriverError(
      "no-space",
      `no media driver started in ${aeronDir}: ${messageOf(error)}; free or enlarge it (\`tensorpool gc\`, \`tensorpool doctor\`), ` +
        "or name another folder with --aeron-dir",
      { retryable: true, cause: error },
    );
  }
}

/** Removes what a dead driver left, and nothing else: a folder that was named by mistake stays as it is. @throws MediaDriverError */
function removeLeftovers(aeronDir: string): void {
  const owner = statSync(aeronDir, { throwIfNoEntry: false })?.uid ?? currentUid();
  if (owner !== currentUid()) {
    throw new MediaDriverError(
      "no-access",
      `${aeronDir} belongs to ${describeUser(owner)}, not to ${describeUser(currentUid())}: have its owner remove it, or name ` +
        "another folder with --aeron-dir",
      { expected: `${currentUid()}`, found: `${owner}` },
    );
  }
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
    const lock = tryAcquire(aeronDir);
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

function tryAcquire(aeronDir: string): DriverLock | null {
  try {
    return DriverLock.tryAcquire(aeronDir);
  } catch (error) {
    if (error instanceof LockFileError) {
      const { retryable } = error;
      throw new MediaDriverError(retryable ? "no-space" : "no-access", error.message, { retryable, cause: error });
    }
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    throw new MediaDriverError(
      "no-space",
      `no media driver started in ${aeronDir}: ${dirname(aeronDir)} is full; free or enlarge it (\`tensorpool gc\`, ` +
        "`tensorpool doctor`), or name another folder with --aeron-dir",
      { retryable: true, cause: error },
    );
  }
}

interface NativeDriver {
  readonly context: number;
  readonly driver: number;
}

function closeNative({ driver, context }: NativeDriver): void {
  if (driver !== 0) aeronDriver.aeron_driver_close(driver);
  aeronDriver.aeron_driver_context_close(context);
}

function startNative(options: MediaDriverOptions): NativeDriver {
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
    closeNative({ driver, context });
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
  // Every page of a log is reserved before a client maps it: the first store into a missing page of a full tmpfs is SIGBUS.
  d.aeron_driver_context_set_term_buffer_sparse_file(context, 0);
  d.aeron_driver_context_set_perform_storage_checks(context, 1);
  d.aeron_driver_context_set_low_file_store_warning_threshold(context, 0);
  d.aeron_driver_context_set_counters_free_to_reuse_timeout_ns(context, options.counterReuseNs ?? FREE_TO_REUSE_NS);
  if (options.clientLivenessNs !== undefined) {
    d.aeron_driver_context_set_client_liveness_timeout_ns(context, options.clientLivenessNs);
  }
  d.aeron_driver_context_set_timer_interval_ns(context, TIMER_INTERVAL_NS);
  d.aeron_driver_context_set_publication_linger_timeout_ns(context, LINGER_NS);
}
