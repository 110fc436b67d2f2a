import type { BlockMessageHandler } from "./block-subscription.ts";
import type { FragmentReader } from "./fragment-subscription.ts";
import type { MessageBlock } from "./message-block.ts";
import type { PublishResult } from "./results.ts";
import type { MessageHandler } from "./subscription.ts";

// The ports through which roles send and receive. `AeronConnection` and its resources implement them; a simulation implements them
// in memory (test/sim). A process has one implementation, so that no call site sees two classes.

/** What a connection has made, and takes back with `remove`. */
export interface MessagingResource {
  /** True once the media driver has made it. */
  readonly isReady: boolean;
}

/** Where messages of one stream are published. */
export interface MessageSink extends MessagingResource {
  readonly channel: string;
  readonly streamId: number;
  /** By which subscribers tell publishers apart; null before the media driver has made the publication. */
  readonly sessionId: number | null;
  /** True while some subscriber is connected. */
  readonly isConnected: boolean;
  /** Longest message that is taken; Infinity before the media driver has made the publication. */
  readonly maxMessageBytes: number;
  /** Publishes `length` bytes at `address`, which fit one fragment. Never blocks, never retries. */
  publish(address: number, length: number): PublishResult;
  /** As `publish`, for a message of any length up to `maxMessageBytes`. */
  publishMessage(address: number, length: number): PublishResult;
}

/** Where descriptors are published, many with one call. */
export interface DescriptorSink extends MessageSink {
  /** What the last `publishBlock` that published nothing was refused with. */
  readonly refusal: PublishResult;
  /** Publishes at most `count` messages of the block from `from` on; returns how many went. */
  publishBlock(block: MessageBlock, from: number, count: number): number;
}

/** Where frames go that are longer than a message, or are written in place. */
export interface FrameSink extends DescriptorSink {
  /** Bytes that may be published before the window is full; 0 while nothing is. */
  readonly roomBytes: number;
  /** Publishes one message of two pieces, the second of which may be empty. Never blocks, never retries. */
  publishPieces(head: number, headBytes: number, body: number, bodyBytes: number): PublishResult;
  /** Claims a message that fits one fragment: the address to write it to, or 0. It ends with `endClaim`, soon. */
  claim(byteLength: number): number;
  /** Publishes what was claimed, or gives it up, so that no subscriber sees it. */
  endClaim(isPublished: boolean): void;
}

/** Messages of one stream, read one by one. */
export interface Inbound extends MessagingResource {
  /** Reads at most `limit` fragments, and hands on their messages; returns how many. */
  poll(limit: number): number;
  /** Bytes of a term of the publication with this session; 0 while it is not there. */
  termBytesOf(sessionId: number): number;
  /** Address and port where it listens, as the media driver has chosen; null while it has not. */
  resolvedEndpoint(): string | null;
}

/** Small messages of one stream, read in blocks. */
export interface BlockInbound extends MessagingResource {
  /** Called when messages have arrived, before they are handed on. */
  onArrival: () => void;
  /** Takes at most `blockBytes` of messages from each publisher; returns the bytes taken. */
  poll(blockBytes: number): number;
  /** True where the media driver has put the subscription to rest, so that it has to be renewed. */
  needsRenewal(nowNs: number): boolean;
}

/** Messages of one stream, read fragment by fragment. */
export interface FragmentInbound extends MessagingResource {
  /** Takes at most one block of each publisher; returns the bytes taken. */
  poll(nowNs: number): number;
}

/** A publisher, as the media driver names it. */
export interface FragmentSource {
  /** Its address and port. */
  readonly sourceIdentity: string;
}

/** A counter that other processes see. */
export interface SharedCounter extends MessagingResource {
  /** Stores a safe integer. */
  set(value: number): void;
}

/** A process's connection with its media driver, as far as roles use it. */
export interface Messaging {
  readonly aeronDir: string;
  /** Times that the connection was lost. */
  readonly losses: number;
  readonly isConnected: boolean;
  /** True when connected, and every resource was made. */
  readonly isReady: boolean;
  /** Why there is no connection, where that is known. */
  readonly refusal: string | null;
  /** Why resources are missing, where that is a lack of room. */
  readonly shortage: string | null;
  addPublication(channel: string, streamId: number): FrameSink;
  addSubscription(channel: string, streamId: number, onMessage: MessageHandler): Inbound;
  addBlockSubscription(
    channel: string,
    streamId: number,
    maxBlockBytes: number,
    onMessage: BlockMessageHandler,
  ): BlockInbound;
  /** `readerOf`: what reads the fragments of a publisher. */
  addFragmentSubscription(
    channel: string,
    streamId: number,
    readerOf: (source: FragmentSource) => FragmentReader,
  ): FragmentInbound;
  addCounter(typeId: number, key: Uint8Array, label: string): SharedCounter;
  /** Gives the resource back. */
  remove(resource: MessagingResource): void;
  /** Releases the resource, and asks for it again. */
  renew(resource: MessagingResource): void;
}
