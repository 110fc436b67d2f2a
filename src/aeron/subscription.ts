import { aeron } from "../../ffi/aeron.ts";
import { checkAeron, HEADER_VALUES, IMAGE_CONSTANTS, lastAeronError } from "../../ffi/aeron-structs.ts";
import { FragmentCallback } from "../../ffi/callbacks.ts";
import { libc } from "../../ffi/libc.ts";
import { aeronFunctionAddress } from "../../ffi/load.ts";
import { NativeBuffer, nativeString } from "../../ffi/memory.ts";
import type { AeronResource } from "./connection.ts";

/** Largest message that is taken; longer ones are counted and ignored. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const INITIAL_BUFFER_BYTES = 4096;

/**
 * What reads messages: `view` begins with the SBE header and is valid during the call only; `sessionId` tells publishers apart
 * (`Publication.sessionId`).
 */
export type MessageHandler = (view: DataView, length: number, sessionId: number) => void;

/** The handle of a subscription that outlives the client it was made with. */
export abstract class SubscriptionResource implements AeronResource {
  readonly channel: string;
  readonly streamId: number;
  protected handle = 0;
  /** Of an `ImageCallback` that is told when a publisher was lost; 0 for none. */
  protected onUnavailableImage = 0;
  #pending = 0;
  readonly #uri: NativeBuffer;
  readonly #out = new NativeBuffer(8);

  constructor(channel: string, streamId: number) {
    this.channel = channel;
    this.streamId = streamId;
    this.#uri = nativeString(channel);
  }

  get isReady(): boolean {
    return this.handle !== 0;
  }

  /** Publishers that this subscription reads from now. */
  get imageCount(): number {
    return this.handle === 0 ? 0 : aeron.aeron_subscription_image_count(this.handle);
  }

  /** Bytes of a term of the publisher with this session id; 0 when this subscription does not read from it (any more). */
  termBytesOf(sessionId: number): number {
    const constants = new NativeBuffer(IMAGE_CONSTANTS.size);
    for (let i = 0; i < this.imageCount; i++) {
      const image = aeron.aeron_subscription_image_at_index(this.handle, i) as unknown as number | null;
      if (image === null || image === 0) continue;
      const result = aeron.aeron_image_constants(image, constants.address);
      aeron.aeron_subscription_image_release(this.handle, image);
      if (result >= 0 && constants.view.getInt32(IMAGE_CONSTANTS.sessionId, true) === sessionId) {
        return constants.numberAt(IMAGE_CONSTANTS.termBufferLength);
      }
    }
    return 0;
  }

  begin(client: number): void {
    checkAeron(
      aeron.aeron_async_add_subscription(
        this.#out.address,
        client,
        this.#uri.address,
        this.streamId,
        0,
        0,
        this.onUnavailableImage,
        0,
      ),
      "aeron_async_add_subscription",
    );
    this.#pending = this.#out.pointerAt();
  }

  proceed(): boolean {
    if (this.#pending === 0) return this.handle !== 0;
    const result = aeron.aeron_async_add_subscription_poll(this.#out.address, this.#pending);
    if (result === 0) return false;
    this.#pending = 0;
    if (result < 0) throw lastAeronError(`subscribing to ${this.channel} stream ${this.streamId}`);
    this.handle = this.#out.pointerAt();
    return true;
  }

  release(): void {
    if (this.handle !== 0) aeron.aeron_subscription_close(this.handle, 0, 0);
    this.forget();
  }

  forget(): void {
    this.handle = 0;
    this.#pending = 0;
  }

  /** Frees what the client did not own. After this the object is of no use. */
  abstract dispose(): void;
}

/**
 * A subscription of small messages behind a fragment assembler (W-33). Each message is copied into one buffer of ours before
 * it is decoded, so that a publisher cannot change it meanwhile.
 */
export class MessageSubscription extends SubscriptionResource {
  /** Messages longer than 1 MiB, which were ignored. */
  oversized = 0;
  readonly #onMessage: MessageHandler;
  readonly #callback: FragmentCallback;
  readonly #assembler: number;
  readonly #assemblerHandler = aeronFunctionAddress("aeron_fragment_assembler_handler");
  readonly #header = new NativeBuffer(HEADER_VALUES.size);
  #buffer = new NativeBuffer(INITIAL_BUFFER_BYTES);

  constructor(channel: string, streamId: number, onMessage: MessageHandler) {
    super(channel, streamId);
    this.#onMessage = onMessage;
    this.#callback = new FragmentCallback((buffer, length, header) => this.#onFragment(buffer, length, header));
    const out = new NativeBuffer(8);
    checkAeron(
      aeron.aeron_fragment_assembler_create(out.address, this.#callback.address, 0),
      "aeron_fragment_assembler_create",
    );
    this.#assembler = out.pointerAt();
  }

  /** During the call of the handler: the term in which its message begins. */
  get termId(): number {
    return this.#header.view.getInt32(HEADER_VALUES.termId, true);
  }

  /** During the call of the handler: where in the term its message (with its frame header) begins. */
  get termOffset(): number {
    return this.#header.view.getInt32(HEADER_VALUES.termOffset, true);
  }

  /** Reads at most `limit` fragments; returns how many. An exception of the handler comes out here, after the poll. */
  poll(limit: number): number {
    if (this.handle === 0) return 0;
    const fragments = aeron.aeron_subscription_poll(this.handle, this.#assemblerHandler, this.#assembler, limit);
    if (fragments !== 0) this.#callback.rethrow();
    return fragments > 0 ? fragments : 0;
  }

  #onFragment(buffer: number, length: number, header: number): void {
    if (length > MAX_MESSAGE_BYTES) {
      this.oversized++;
      return;
    }
    if (length > this.#buffer.bytes.length) this.#buffer = new NativeBuffer(2 ** Math.ceil(Math.log2(length)));
    libc.memcpy(this.#buffer.address, buffer, length);
    aeron.aeron_header_values(header, this.#header.address);
    this.#onMessage(this.#buffer.view, length, this.#header.view.getInt32(HEADER_VALUES.sessionId, true));
  }

  dispose(): void {
    aeron.aeron_fragment_assembler_delete(this.#assembler);
    this.#callback.close();
  }
}
