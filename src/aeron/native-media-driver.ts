import { aeronDriver } from "../../ffi/aeron-driver.ts";
import { checkAeron, THREADING_MODE } from "../../ffi/aeron-structs.ts";
import { NativeBuffer, nativeString } from "../../ffi/memory.ts";

export type ThreadingMode = "invoker" | "shared" | "dedicated";

export interface MediaDriverOptions {
  aeronDir: string;
  /** "invoker": in this process's duty cycle. "shared": one native thread. "dedicated": three. */
  threading: ThreadingMode;
  /** How long a freed counter's id is not reused; `FREE_TO_REUSE_NS` if omitted. */
  counterReuseNs?: number;
  /** A client without a heartbeat for this long is timed out; Aeron's ten seconds if omitted. */
  clientLivenessNs?: number;
}

// With Aeron's defaults cnc.dat alone takes 48 MB, compared with the 64 MB of /dev/shm in a default container; most of it is for counters.
// Its other buffers cannot be smaller than their defaults (together 6 MiB).
/**
 * 8,192 counters of 128 bytes, Aeron's minimum; their metadata takes four times as much. A role uses about 25, whose ids are reserved for
 * `FREE_TO_REUSE_NS` after it ends: this is enough for five roles per second that end and restart. Requests that find none left wait (see
 * `AeronConnection`).
 */
const COUNTERS_VALUES_BYTES = 1024 * 1024;
const LOSS_REPORT_BYTES = 64 * 1024;
const IPC_TERM_BYTES = 64 * 1024;

/** The driver checks its timeouts once per interval; with the default of one second, a stopped subscriber would stall others. */
const TIMER_INTERVAL_NS = 1e6;
const LINGER_NS = 1e9;
/**
 * How long a freed counter's id is not reused. A client that is stopped in the middle of a poll is timed out after ten seconds, and stores
 * its position when it resumes: until then that store must not hit another client's counter.
 */
const FREE_TO_REUSE_NS = 60e9;
const IDLE_STRATEGY = "backoff";
/**
 * Spins, yields, shortest and longest park. A busy publisher's limit is moved between spins and yields; each check of the timeouts restarts
 * the backoff, so that short parks would never grow long and would cost 14 % of a core when idle.
 */
const IDLE_ARGUMENTS = "10-20-100us-250us";

/** libaeron's media driver with its context. */
export interface NativeDriver {
  readonly context: number;
  readonly driver: number;
}

/** Stops its threads and frees it. */
export function closeNative({ driver, context }: NativeDriver): void {
  if (driver !== 0) aeronDriver.aeron_driver_close(driver);
  aeronDriver.aeron_driver_context_close(context);
}

/** @throws AeronError */
export function startNative(options: MediaDriverOptions): NativeDriver {
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
  // Our lock protects the folder, regardless of AERON_DIR_DELETE_ON_*: a refused second driver would delete the first one's.
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
  // Every page of a log is reserved before a client maps it: the first store into a missing page of a full tmpfs raises SIGBUS.
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
