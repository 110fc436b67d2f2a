import { expect, test } from "bun:test";
import type { BlockMessageHandler, BlockSubscription } from "../../src/aeron/block-subscription.ts";
import { descriptorPublicationChannel, LIVE_TIMEOUTS, observerChannel } from "../../src/aeron/channel.ts";
import { AeronConnection } from "../../src/aeron/connection.ts";
import { MediaDriver } from "../../src/aeron/media-driver.ts";
import { MessageBlock } from "../../src/aeron/message-block.ts";
import type { Publication } from "../../src/aeron/publication.ts";
import { PublishResult } from "../../src/aeron/results.ts";
import { Rig } from "../support/rig.ts";
import { TemporaryDirectory } from "../support/shm.ts";

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
    observerChannel("aeron:ipc"),
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
    expect(subscription.imageCount).toBe(2);
    rig.connection.remove(other);
    rig.until(() => subscription.imageCount === 1, "the end of that publisher");
    expect(subscription.imageCount).toBe(1);
  }
  send(publication);
  expect(subscription.overruns).toBe(0);
});

test("a publisher that overruns a paused reader changes nothing about what the others have sent", async () => {
  await using rig = new Rig();
  const reader = new AeronConnection({ aeronDir: rig.aeronDir, clientName: "reader" });
  using scope = new DisposableStack();
  scope.defer(() => reader.onClose());
  const OF_FAST = 1_000_000;
  const received: number[] = [];
  const subscribe = (connection: AeronConnection, onMessage: BlockMessageHandler) =>
    connection.addBlockSubscription(observerChannel("aeron:ipc"), STREAM_ID, 64 * 1024, onMessage);
  const observer = subscribe(rig.connection, () => {});
  const subscription = subscribe(reader, (view, offset) => received.push(view.getUint32(offset, true)));
  const stepReader = (): boolean => observer.poll(64 * 1024) >= 0 && reader.doWork(rig.clock.nanoTime()) >= 0;
  const channel = descriptorPublicationChannel("aeron:ipc", 64, LIVE_TIMEOUTS);
  const [slow, fast] = [1, 2].map((count) => {
    const publication = rig.connection.addPublication(channel, STREAM_ID);
    rig.until(() => stepReader() && publication.isConnected && subscription.imageCount === count, "a publisher");
    return publication;
  }) as [Publication, Publication];
  const block = new MessageBlock(MESSAGE_BYTES, CAPACITY);
  let sent = 0;
  const sendFast = (count: number): void => {
    fill(block, OF_FAST);
    sent += fast.publishBlock(block, 0, count);
  };
  fill(block, 0);
  expect(slow.publishBlock(block, 0, 2)).toBe(2);
  sendFast(1);
  rig.until(() => stepReader() && subscription.poll(64 * 1024) >= 0 && received.length === 3, "three messages");
  // The reader is paused now: it holds the window of the fast one for some milliseconds, and then is put to rest.
  rig.until(() => {
    observer.poll(64 * 1024);
    sendFast(CAPACITY);
    return sent > 2100;
  }, "the first of three terms to be written again");
  // The driver has announced that the fast one is not available to it any more: nothing of any log is believed before that is read.
  expect(subscription.poll(64 * 1024)).toBe(0);
  expect(received.length).toBe(3);
  rig.until(() => {
    stepReader();
    if (subscription.poll(64 * 1024) === 0 && subscription.needsRenewal(rig.clock.nanoTime()))
      reader.renew(subscription);
    sendFast(1);
    return received.length > 3 && subscription.imageCount === 2;
  }, "the reader to return");
  fill(block, 2);
  expect(slow.publishBlock(block, 0, 1)).toBe(1);
  rig.until(() => stepReader() && subscription.poll(64 * 1024) >= 0 && received.includes(2), "the slow one's message");
  expect(received.filter((number) => number < OF_FAST)).toEqual([0, 1, 2]);
  expect(subscription.imagesLost).toBe(1);
  expect(subscription.overruns).toBe(0);
});

test("what was read of a driver's logs says nothing about its successor's, and a window that is full at joining is read", async () => {
  using directory = new TemporaryDirectory();
  const aeronDir = directory.at("aeron");
  const connect = (clientName: string) => new AeronConnection({ aeronDir, clientName });
  const [reader, writer] = [connect("reader"), connect("writer")];
  const received: number[] = [];
  const subscription = reader.addBlockSubscription(observerChannel("aeron:ipc"), STREAM_ID, 65_536, (view, offset) =>
    received.push(view.getUint32(offset, true)),
  );
  const channel = descriptorPublicationChannel("aeron:ipc", 64, { windowLimitMs: 60_000, lingerMs: 1000 });
  const block = new MessageBlock(MESSAGE_BYTES, CAPACITY);
  let sent = 0;
  try {
    for (let life = 0; life < 3; life++) {
      const driver = MediaDriver.start({ aeronDir, threading: "invoker" });
      const step = (...connections: AeronConnection[]) => {
        driver.doWork(Bun.nanoseconds());
        for (const connection of connections) connection.doWork(Bun.nanoseconds());
      };
      const until = (condition: () => boolean, ...connections: AeronConnection[]) => {
        const endNs = Bun.nanoseconds() + 20e9;
        while (!condition()) {
          step(...connections);
          if (Bun.nanoseconds() > endNs) throw new Error(`waited 20 s in life ${life}: ${received.length} of ${sent}`);
        }
      };
      // In the same order each time, so that the logs get the same ids.
      until(() => reader.isReady && subscription.isReady, reader);
      const publication = writer.addPublication(channel, STREAM_ID);
      // The reader's conductor does not run meanwhile: it joins a window that is full.
      until(() => publication.isConnected, writer);
      fill(block, sent);
      until(() => {
        const went = publication.publishBlock(block, 0, CAPACITY);
        sent += went;
        return went === 0;
      }, writer);
      const first = sent;
      until(() => subscription.poll(65_536) >= 0 && received.length === first, reader, writer);
      fill(block, sent);
      until(() => publication.publishBlock(block, 0, 1) === 1, reader, writer);
      sent++;
      until(() => subscription.poll(65_536) >= 0 && received.length === sent, reader, writer);
      writer.remove(publication);
      driver.onClose();
      until(() => !reader.isConnected && !writer.isConnected, reader, writer);
    }
    expect(received.length).toBe(sent);
    expect(subscription.missedBytes).toBe(0);
  } finally {
    reader.onClose();
    writer.onClose();
  }
});
