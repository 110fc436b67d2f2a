import { aeron } from "../../ffi/aeron.ts";
import { checkAeron } from "../../ffi/aeron-structs.ts";
import { ErrorCallback } from "../../ffi/callbacks.ts";
import { AeronError } from "../../ffi/errors.ts";
import { NativeBuffer, nativeString, stringAt } from "../../ffi/memory.ts";
import { cncIdentity } from "./aeron-dir.ts";
import { BroadcastTail } from "./broadcast-tail.ts";

/** Aeron's own timeout for a dead driver; our check (`DriverWatch`) is much faster. */
const DRIVER_TIMEOUT_MS = 10_000;

/** Usually more messages than a driver sends between two cycles; the rest is read in the next one. */
const MAX_CONDUCTOR_RUNS = 64;

/**
 * One aeron_t with its conductor in our duty cycle (invoker mode). When libaeron closes it (timeout, dead driver), or `close` is called,
 * every handle created from it is dead: the owner must not use them any more.
 */
export class NativeClient {
  readonly address: number;
  readonly #context: number;
  readonly #errors: ErrorCallback;
  readonly #broadcast: BroadcastTail;
  /** Position up to which the conductor has read the driver's messages to clients. */
  #heardTail = -1;
  #isOpen = true;

  /** Expects a live driver in `aeronDir`; without one, this would wait for it. @throws AeronError */
  constructor(aeronDir: string, clientName: string, onError: (code: number, message: string) => void) {
    const out = new NativeBuffer(8);
    this.#broadcast = new BroadcastTail(aeronDir);
    const initialized = aeron.aeron_context_init(out.address);
    if (initialized < 0) this.#broadcast.close();
    checkAeron(initialized, "aeron_context_init");
    this.#context = out.pointerAt();
    this.#errors = new ErrorCallback((code, message) => onError(code, stringAt(message)));
    try {
      const dir = nativeString(aeronDir);
      const name = nativeString(clientName.slice(0, 99));
      checkAeron(aeron.aeron_context_set_dir(this.#context, dir.address), "aeron_context_set_dir");
      checkAeron(aeron.aeron_context_set_client_name(this.#context, name.address), "aeron_context_set_client_name");
      checkAeron(
        aeron.aeron_context_set_driver_timeout_ms(this.#context, DRIVER_TIMEOUT_MS),
        "aeron_context_set_driver_timeout_ms",
      );
      checkAeron(
        aeron.aeron_context_set_use_conductor_agent_invoker(this.#context, 1),
        "aeron_context_set_use_conductor_agent_invoker",
      );
      // Aeron's default error handler ends the process.
      checkAeron(
        aeron.aeron_context_set_error_handler(this.#context, this.#errors.address, 0),
        "aeron_context_set_error_handler",
      );
      checkAeron(aeron.aeron_init(out.address, this.#context), "aeron_init");
    } catch (error) {
      aeron.aeron_context_close(this.#context);
      this.#errors.close();
      this.#broadcast.close();
      throw error;
    }
    this.address = out.pointerAt();
    try {
      checkAeron(aeron.aeron_start(this.address), "aeron_start");
      if (cncIdentity(aeronDir) !== this.#broadcast.identity) {
        throw new AeronError("aeron_start", 0, "another media driver has taken the folder meanwhile");
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Distinguishes this client's media driver from others that have served the folder before. */
  get driverIdentity(): string {
    return this.#broadcast.identity;
  }

  /** Runs the conductor until it has read all driver messages; returns the work done. */
  doWork(): number {
    let work = 0;
    for (let run = 0; run < MAX_CONDUCTOR_RUNS; run++) {
      const tail = this.#broadcast.read();
      const done = aeron.aeron_main_do_work(this.address);
      this.#errors.rethrow();
      if (done > 0) {
        work += done;
        continue;
      }
      // It reads one message per run, and there was none: all driver messages from before the run are read.
      if (done === 0) this.#heardTail = tail;
      break;
    }
    return work;
  }

  /**
   * True if the conductor has read all driver messages: everything available to this client then still belongs to it, and data that it
   * copied from a log before this call was not overwritten meanwhile.
   */
  get isCurrent(): boolean {
    return this.#broadcast.read() === this.#heardTail;
  }

  /** True once libaeron closed this client; nothing created from it may be used then. */
  get isClosed(): boolean {
    return !this.#isOpen || aeron.aeron_is_closed(this.address) !== 0;
  }

  /** Frees the client and, with it, all publications, subscriptions and counters that it still owns. Idempotent. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    aeron.aeron_close(this.address);
    aeron.aeron_context_close(this.#context);
    this.#errors.close();
    this.#broadcast.close();
  }
}
