import { aeron } from "../../ffi/aeron.ts";
import { checkAeron } from "../../ffi/aeron-structs.ts";
import { NativeBuffer, nativeString } from "../../ffi/memory.ts";
import { getLogger } from "../core/logger.ts";
import { loadAcquire, OwnedWord } from "../shm/atomics.ts";
import type { NativeClient } from "./native-client.ts";
import type { AeronResource } from "./resource.ts";

const log = getLogger("aeron").every(10e9);

/** Longest label that Aeron keeps. */
const MAX_LABEL_BYTES = 380;

/**
 * A counter in the media driver's counters file, visible to Aeron's own tools; it outlives the client that created it. Created by
 * `AeronConnection.addCounter`.
 */
export class AeronCounter implements AeronResource {
  readonly typeId: number;
  readonly label: string;
  readonly #key: NativeBuffer;
  readonly #label: NativeBuffer;
  readonly #out = new NativeBuffer(8);
  #client: NativeClient | null = null;
  #handle = 0;
  #address = 0;
  #word: OwnedWord | null = null;
  #pending = 0;

  /** `key`: at most 112 bytes, for tools; the type id defines its layout. */
  constructor(typeId: number, key: Uint8Array, label: string) {
    this.typeId = typeId;
    this.label = label.slice(0, MAX_LABEL_BYTES);
    this.#key = new NativeBuffer(Math.max(1, key.length));
    this.#key.bytes.set(key);
    this.#label = nativeString(this.label);
  }

  get isReady(): boolean {
    return this.#handle !== 0;
  }

  toString(): string {
    return `the counter "${this.label}"`;
  }

  /**
   * Stores the value (a safe integer). Does nothing until a driver has created the counter and the client's conductor has read all driver
   * messages: the client may have been timed out and the counter reassigned.
   */
  set(value: number): void {
    if (this.#word === null || this.#client?.isCurrent !== true || this.#word.store(value)) return;
    // Another client has written to it, or it was just reassigned: by the next call, the conductor will have read of that.
    this.#word = new OwnedWord(this.#address, loadAcquire(this.#address));
  }

  begin(client: NativeClient): void {
    const { address, bytes } = this.#label;
    checkAeron(
      aeron.aeron_async_add_counter(
        this.#out.address,
        client.address,
        this.typeId,
        this.#key.address,
        this.#key.bytes.length,
        address,
        bytes.length - 1,
      ),
      "aeron_async_add_counter",
    );
    this.#client = client;
    this.#pending = this.#out.pointerAt();
  }

  proceed(): boolean {
    if (this.#pending === 0) return this.#handle !== 0;
    const result = aeron.aeron_async_add_counter_poll(this.#out.address, this.#pending);
    if (result === 0) return false;
    this.#pending = 0;
    if (result < 0) {
      // Counters are for observers: a role works without them.
      log.warn(`the media driver has no counter left for "${this.label}"`);
      return true;
    }
    this.#handle = this.#out.pointerAt();
    this.#address = aeron.aeron_counter_addr(this.#handle);
    this.#word = new OwnedWord(this.#address, 0);
    return true;
  }

  release(): void {
    if (this.#handle !== 0) aeron.aeron_counter_close(this.#handle, 0, 0);
    this.forget();
  }

  forget(): void {
    this.#client = null;
    this.#handle = 0;
    this.#address = 0;
    this.#word = null;
    this.#pending = 0;
  }
  dispose(): void {}

  isStranded(): boolean {
    return false;
  }

  fault(): string | null {
    return null;
  }
}
