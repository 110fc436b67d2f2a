import {
  BEGIN_FLAG,
  DATA_FRAME_TYPE,
  DATA_HEADER,
  END_FLAG,
  FRAME_ALIGNMENT,
  UNFRAGMENTED_FLAGS,
} from "../../ffi/aeron-structs.ts";
import { libc } from "../../ffi/libc.ts";
import { NativeBuffer } from "../../ffi/memory.ts";
import type { LogImage } from "./log-image.ts";
import { LogSubscription } from "./log-subscription.ts";

/** Longest accepted message; longer ones are counted and ignored. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Limit for the incomplete messages of all publishers; messages beyond it are counted and ignored. */
const MAX_ASSEMBLY_BYTES = 8 * 1024 * 1024;
const INITIAL_BLOCK_BYTES = 4096;
/** A publisher's frame is at most as long as Aeron's largest MTU. */
const MAX_BLOCK_BYTES = 64 * 1024;

/**
 * Handles messages: `view` begins with the SBE header and is valid only during the call; `sessionId` identifies the publisher
 * (`Publication.sessionId`).
 */
export type MessageHandler = (view: DataView, length: number, sessionId: number) => void;

/** A message of which some fragments have arrived. */
interface Assembly {
  buffer: NativeBuffer;
  length: number;
  readonly termId: number;
  readonly termOffset: number;
}

/**
 * A subscription of small messages, which are reassembled from their fragments (W-33). Each message is copied into our own buffer before it
 * is decoded, so that a publisher cannot change it meanwhile.
 */
export class MessageSubscription extends LogSubscription {
  /** Messages longer than 1 MiB, or for which incomplete messages left no memory. */
  oversized = 0;
  /** Fragments of messages whose beginning was not read. */
  incomplete = 0;
  readonly #onMessage: MessageHandler;
  readonly #assemblies = new Map<LogImage, Assembly>();
  #assemblyBytes = 0;
  #message = new NativeBuffer(INITIAL_BLOCK_BYTES);
  #termId = 0;
  #termOffset = 0;
  #firstImage = 0;
  #failure: { readonly error: unknown } | null = null;

  constructor(channel: string, streamId: number, onMessage: MessageHandler) {
    super(channel, streamId, INITIAL_BLOCK_BYTES, MAX_BLOCK_BYTES);
    this.#onMessage = onMessage;
  }

  /** Valid during the handler call: the term in which its message begins. */
  get termId(): number {
    return this.#termId;
  }

  /** Valid during the handler call: the offset in the term of its message, including the frame header. */
  get termOffset(): number {
    return this.#termOffset;
  }

  /** Reads at most `limit` fragments; returns the number read. An exception of the handler is thrown after the poll. */
  poll(limit: number): number {
    this.acknowledgeImages();
    const { images } = this;
    const count = images.length;
    if (count === 0) return 0;
    // The publishers take turns to be first, so that a busy one does not keep the others from being read.
    this.#firstImage = (this.#firstImage + 1) % count;
    let fragments = 0;
    for (let i = 0; i < count && fragments < limit; i++) {
      const image = images[(this.#firstImage + i) % count];
      if (image !== undefined) fragments += this.#pollImage(image, limit - fragments);
    }
    if (this.#failure === null) return fragments;
    const { error } = this.#failure;
    this.#failure = null;
    throw error;
  }

  #pollImage(image: LogImage, limit: number): number {
    const { termId, termOffset } = image;
    const length = this.take(image, this.block.bytes.length, limit);
    let fragments = 0;
    for (let offset = 0; offset < length; ) {
      const frameLength = this.frameLengthAt(offset, length, termId, termOffset);
      if (frameLength === -1) {
        this.#discard(image);
        this.passOver(image, length - offset);
        break;
      }
      const flagsAndType = this.flagsAndTypeAt(offset);
      if (flagsAndType >>> 8 === DATA_FRAME_TYPE) {
        fragments++;
        this.#onFragment(
          image,
          flagsAndType & 0xff,
          offset,
          frameLength - DATA_HEADER.size,
          termId,
          termOffset + offset,
        );
      }
      offset += (frameLength + FRAME_ALIGNMENT - 1) & -FRAME_ALIGNMENT;
    }
    return fragments;
  }

  #onFragment(
    image: LogImage,
    flags: number,
    offset: number,
    length: number,
    termId: number,
    termOffset: number,
  ): void {
    const address = this.block.address + offset + DATA_HEADER.size;
    if ((flags & UNFRAGMENTED_FLAGS) === UNFRAGMENTED_FLAGS) {
      this.#discard(image);
      if (length > this.#message.bytes.length) this.#message = new NativeBuffer(2 ** Math.ceil(Math.log2(length)));
      libc.memcpy(this.#message.address, address, length);
      this.#deliver(this.#message.view, length, image.sessionId, termId, termOffset);
      return;
    }
    if ((flags & BEGIN_FLAG) !== 0) {
      this.#discard(image);
      this.#assemblies.set(image, { buffer: new NativeBuffer(0), length: 0, termId, termOffset });
    }
    const assembly = this.#assemblies.get(image);
    if (assembly === undefined) {
      this.incomplete++;
      return;
    }
    if (!this.#append(assembly, address, length)) {
      this.oversized++;
      this.#discard(image);
      return;
    }
    if ((flags & END_FLAG) === 0) return;
    const { buffer } = assembly;
    this.#deliver(buffer.view, assembly.length, image.sessionId, assembly.termId, assembly.termOffset);
    this.#discard(image);
  }

  #append(assembly: Assembly, address: number, length: number): boolean {
    const needed = assembly.length + length;
    if (needed > assembly.buffer.bytes.length) {
      const capacity = Math.max(INITIAL_BLOCK_BYTES, 2 ** Math.ceil(Math.log2(needed)));
      const addedBytes = capacity - assembly.buffer.bytes.length;
      if (needed > MAX_MESSAGE_BYTES || this.#assemblyBytes + addedBytes > MAX_ASSEMBLY_BYTES) return false;
      const larger = new NativeBuffer(capacity);
      larger.bytes.set(assembly.buffer.bytes.subarray(0, assembly.length));
      assembly.buffer = larger;
      this.#assemblyBytes += addedBytes;
    }
    libc.memcpy(assembly.buffer.address + assembly.length, address, length);
    assembly.length = needed;
    return true;
  }

  #discard(image: LogImage): void {
    const assembly = this.#assemblies.get(image);
    if (assembly === undefined) return;
    this.#assemblyBytes -= assembly.buffer.bytes.length;
    this.#assemblies.delete(image);
  }

  #deliver(view: DataView, length: number, sessionId: number, termId: number, termOffset: number): void {
    this.#termId = termId;
    this.#termOffset = termOffset;
    try {
      this.#onMessage(view, length, sessionId);
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  protected override onTooLong(): void {
    this.oversized++;
  }

  protected override onImageGone(image: LogImage): void {
    this.#discard(image);
  }
}
