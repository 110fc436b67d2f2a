import { expect, test } from "bun:test";
import type { BlockSubscription } from "../../src/aeron/block-subscription.ts";
import { descriptorPublicationChannel, descriptorSubscriptionChannel, LIVE_TIMEOUTS } from "../../src/aeron/channel.ts";
import { MessageBlock } from "../../src/aeron/message-block.ts";
import type { Publication } from "../../src/aeron/publication.ts";
import { PublishResult } from "../../src/aeron/results.ts";
import { Rig } from "../support/rig.ts";

const STREAM_ID = 5001;
const MESSAGE_BYTES = 44;
const CAPACITY = 32;

interface Pair {
  readonly publication: Publication;
  readonly subscription: BlockSubscription;
  /** The number that each message begins with, in the order of arrival. */
  readonly received: number[];
}

function pair(rig: Rig, nslots: number): Pair {
  const received: number[] = [];
  const channel = descriptorPublicationChannel("aeron:ipc", nslots, LIVE_TIMEOUTS);
  const publication = rig.connection.addPublication(channel, STREAM_ID);
  const subscription = rig.connection.addBlockSubscription(
    descriptorSubscriptionChannel("aeron:ipc"),
    STREAM_ID,
    64 * 1024,
    (view, offset, length) => {
      expect(length).toBe(MESSAGE_BYTES);
      received.push(view.getUint32(offset, true));
    },
  );
  rig.until(() => publication.isConnected && subscription.imageCount === 1, "publisher and subscriber to meet");
  return { publication, subscription, received };
}

function fill(block: MessageBlock, firstNumber: number): void {
  for (let i = 0; i < CAPACITY; i++) block.view.setUint32(block.offsetOf(i), firstNumber + i, true);
}

test("a block's messages arrive one by one and in order, also across the ends of terms that no message fills", async () => {
  await using rig = new Rig();
  const { publication, subscription, received } = pair(rig, 1024);
  const block = new MessageBlock(MESSAGE_BYTES, CAPACITY);
  // Three terms of 128 KiB and more: 96 bytes a message never end with the term.
  const messages = 150 * CAPACITY;
  let sent = 0;
  let from = CAPACITY;
  rig.until(() => {
    if (from === CAPACITY && sent < messages) {
      fill(block, sent);
      from = 0;
    }
    const published = publication.publishBlock(block, from, CAPACITY - from);
    from += published;
    sent += published;
    subscription.poll(64 * 1024);
    return received.length === messages;
  }, "all messages");
  expect(received).toEqual(Array.from({ length: messages }, (_, n) => n));
  expect(subscription.overruns).toBe(0);
  expect(publication.results[PublishResult.PUBLISHED]).toBe(messages);
});

test("a block never exceeds the window by more than the one message that try_claim would have taken too", async () => {
  await using rig = new Rig();
  // A window of 8 messages, which nobody reads.
  const { publication, received, subscription } = pair(rig, 16);
  const block = new MessageBlock(MESSAGE_BYTES, CAPACITY);
  fill(block, 0);
  let published = 0;
  for (let went = -1; went !== 0; published += went)
    went = publication.publishBlock(block, published, CAPACITY - published);
  expect(published).toBeGreaterThanOrEqual(8);
  expect(published).toBeLessThanOrEqual(9);
  expect(publication.refusal).toBe(PublishResult.BACK_PRESSURED);
  rig.until(() => {
    subscription.poll(64 * 1024);
    return received.length === published;
  }, "the messages that had room");
});

test("messages that are claimed one by one between blocks are not overwritten by them", async () => {
  await using rig = new Rig();
  const { publication, subscription, received } = pair(rig, 1024);
  const block = new MessageBlock(MESSAGE_BYTES, CAPACITY);
  fill(block, 0);
  expect(publication.publishBlock(block, 0, 2)).toBe(2);
  expect(publication.publish(block.addressOf(2) + (block.offsetOf(2) % block.frameBytes), MESSAGE_BYTES)).toBe(
    PublishResult.PUBLISHED,
  );
  expect(publication.publishBlock(block, 3, 2)).toBe(2);
  rig.until(() => {
    subscription.poll(64 * 1024);
    return received.length === 5;
  }, "all messages");
  expect(received).toEqual([0, 1, 2, 3, 4]);
});

test("without a client, a block is refused as not connected", async () => {
  await using rig = new Rig();
  const publication = rig.connection.addPublication("aeron:ipc", STREAM_ID);
  expect(publication.publishBlock(new MessageBlock(MESSAGE_BYTES, 2), 0, 2)).toBe(0);
  expect(publication.refusal).toBe(PublishResult.NOT_CONNECTED);
});

test("of publishers that have ended and were read to their end nothing is kept", async () => {
  await using rig = new Rig();
  const { publication, subscription, received } = pair(rig, 64);
  const block = new MessageBlock(MESSAGE_BYTES, CAPACITY);
  fill(block, 0);
  const send = (from: Publication): void => {
    const all = received.length + 2;
    expect(from.publishBlock(block, 0, 2)).toBe(2);
    rig.until(() => subscription.poll(64 * 1024) >= 0 && received.length === all, "two messages");
  };
  send(publication);
  for (let i = 0; i < 3; i++) {
    const other = rig.connection.addPublication("aeron:ipc", STREAM_ID);
    rig.until(() => other.isConnected && subscription.imageCount === 2, "another publisher");
    send(other);
    expect(subscription.publisherCount).toBe(2);
    rig.connection.remove(other);
    rig.until(() => subscription.imageCount === 1, "the end of that publisher");
    expect(subscription.publisherCount).toBe(1);
  }
  send(publication);
  expect(subscription.overruns).toBe(0);
});
