import type { BlockMessageHandler } from "./block-subscription.ts";
import type { FragmentReader } from "./fragment-subscription.ts";
import type { MessageBlock } from "./message-block.ts";
import type { PublishResult } from "./results.ts";
import type { MessageHandler } from "./subscription.ts";

// The ports through which roles send and receive. `AeronConnection` and its resources implement them; a simulation implements them in
// memory (test/sim). A process has one implementation, so that no call site sees two classes.

/** A resource created by a connection, returned with `remove`. */
export interface MessagingResource {
  /** True once the media driver has created it. */
  readonly isReady: boolean;
}

/** Publishes messages of one stream. */
export interface MessageSink extends MessagingResource {
  readonly channel: string;
  readonly streamId: number;
  /** Identifies the publisher to subscribers; null before the media driver has created the publication. */
  readonly sessionId: number | null;
  /** True while some subscriber is connected. */
  readonly isConnected: boolean;
  /** Longest accepted message; Infinity before the media driver has created the publication. */
  readonly maxMessageBytes: number;
  /** Publishes `length` bytes at `address`, which fit one fragment. Never blocks, never retries. */
  publish(address: number, length: number): PublishResult;
  /** Like `publish`, for a message of any length up to `maxMessageBytes`. */
  publishMessage(address: number, length: number): PublishResult;
}

/** Publishes descriptors, many with one call. */
export interface DescriptorSink extends MessageSink {
  /** The result of the last `publishBlock` that published nothing. */
  readonly refusal: PublishResult;
  /** Publishes at most `count` messages of the block from `from` on; returns the number published. */
  publishBlock(block: MessageBlock, from: number, count: number): number;
}

/** Publishes frames that are longer than a message, or are written in place. */
export interface FrameSink extends DescriptorSink {
  /** Bytes that may be published before the window is full; 0 without a subscriber. */
  readonly roomBytes: number;
  /** Publishes one message of two pieces, the second of which may be empty. Never blocks, never retries. */
  publishPieces(head: number, headBytes: number, body: number, bodyBytes: number): PublishResult;
  /** Claims a message that fits one fragment: returns the address to write to, or 0. End it with `endClaim` soon. */
  claim(byteLength: number): number;
  /** Publishes or aborts the claim; no subscriber sees an aborted one. */
  endClaim(isPublished: boolean): void;
}

/** Messages of one stream, read one by one. */
export interface Inbound extends MessagingResource {
  /** Reads at most `limit` fragments and passes on their messages; returns the number of fragments. */
  poll(limit: number): number;
  /** Term length of the publication with this session; 0 while there is none. */
  termBytesOf(sessionId: number): number;
  /** Address and port where it receives, as chosen by the media driver; null until then. */
  resolvedEndpoint(): string | null;
}

/** Small messages of one stream, read in blocks. */
export interface BlockInbound extends MessagingResource {
  /** Called when messages have arrived, before they are passed on. */
  onArrival: () => void;
  /** Takes at most `blockBytes` of messages from each publisher; returns the bytes taken. */
  poll(blockBytes: number): number;
  /** True if the media driver has made the subscription inactive, so that it must be renewed. */
  needsRenewal(nowNs: number): boolean;
}

/** Messages of one stream, read fragment by fragment. */
export interface FragmentInbound extends MessagingResource {
  /** Takes at most one block from each publisher; returns the bytes taken. */
  poll(nowNs: number): number;
}

/** A publisher as identified by the media driver. */
export interface FragmentSource {
  /** Its address and port. */
  readonly sourceIdentity: string;
}

/** A counter that other processes see. */
export interface SharedCounter extends MessagingResource {
  /** Stores a safe integer. */
  set(value: number): void;
}

/** The part of a process's connection to its media driver that roles use. */
export interface Messaging {
  readonly aeronDir: string;
  /** Number of times the connection was lost. */
  readonly losses: number;
  readonly isConnected: boolean;
  /** True if connected and every resource exists. */
  readonly isReady: boolean;
  /** Why there is no connection, if known. */
  readonly refusal: string | null;
  /** Why resources are missing, if the cause is a lack of space. */
  readonly shortage: string | null;
  addPublication(channel: string, streamId: number): FrameSink;
  addSubscription(channel: string, streamId: number, onMessage: MessageHandler): Inbound;
  addBlockSubscription(
    channel: string,
    streamId: number,
    maxBlockBytes: number,
    onMessage: BlockMessageHandler,
  ): BlockInbound;
  /** `readerOf`: returns the reader of a publisher's fragments. */
  addFragmentSubscription(
    channel: string,
    streamId: number,
    readerOf: (source: FragmentSource) => FragmentReader,
  ): FragmentInbound;
  addCounter(typeId: number, key: Uint8Array, label: string): SharedCounter;
  /** Removes the resource. */
  remove(resource: MessagingResource): void;
  /** Releases the resource and requests it again. */
  renew(resource: MessagingResource): void;
}
