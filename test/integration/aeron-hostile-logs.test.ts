import { describe, expect, test } from "bun:test";
import { DATA_HEADER } from "../../ffi/aeron-structs.ts";
import { NativeBuffer } from "../../ffi/memory.ts";
import { controlPublicationChannel, observerChannel } from "../../src/aeron/channel.ts";
import { PublishResult } from "../../src/aeron/results.ts";
import { Random } from "../full/fuzz/random.ts";
import { LogWriter, overwritePosition } from "../support/log-writer.ts";
import { Rig } from "../support/rig.ts";

const STREAM_ID = 5004;
const CONTROL = controlPublicationChannel("aeron:ipc");
const OBSERVER = observerChannel("aeron:ipc");
const MESSAGE_BYTES = 64;

/** A message whose first word tells it from what a hostile publisher wrote. */
function messageOf(number: number): NativeBuffer {
  const message = new NativeBuffer(MESSAGE_BYTES);
  message.view.setUint32(0, 0x7e57_0000 + number, true);
  message.view.setUint32(4, number, true);
  return message;
}

function isOurs(view: DataView, offset: number, length: number, number: number): boolean {
  return length === MESSAGE_BYTES && view.getUint32(offset, true) === 0x7e57_0000 + number;
}

/** Frames that cannot be: what libaeron's polls follow out of the mapping. */
const IMPOSSIBLE_FRAMES: readonly (readonly [string, (view: DataView) => void])[] = [
  ["a length beyond the term", (view) => view.setInt32(DATA_HEADER.frameLength, 0x0010_0000, true)],
  ["the largest length", (view) => view.setInt32(DATA_HEADER.frameLength, 0x7fff_ffff, true)],
  [
    "padding beyond the term",
    (view) => {
      view.setInt32(DATA_HEADER.frameLength, 0x0100_0000, true);
      view.setUint16(DATA_HEADER.type, 0, true);
    },
  ],
  ["a length less than the header's", (view) => view.setInt32(DATA_HEADER.frameLength, 7, true)],
  [
    "the first fragment of a message that never ends",
    (view) => {
      view.setInt32(DATA_HEADER.frameLength, 96, true);
      view.setUint8(DATA_HEADER.flags, 0x80);
    },
  ],
  [
    "a frame of another term",
    (view) => {
      view.setInt32(DATA_HEADER.frameLength, 96, true);
      view.setInt32(DATA_HEADER.termId, 12345, true);
    },
  ],
];

/** Bytes at random, zeros, or what looks like the headers of long frames. */
function hostileBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  const kind = random.below(3);
  for (let at = 0; at + 8 <= length && kind > 0; at += kind === 1 ? 4 : 32) {
    view.setInt32(at, kind === 1 ? random.bits() | 0 : 32 * random.below(65_536), true);
    if (kind === 2) view.setInt32(at + 4, random.of([0x0001_8000, 0x0001_c000, 0x0000_0000, 0x0001_4000]), true);
  }
  return bytes;
}

describe("logs that hold what cannot be a frame", () => {
  for (const [title, spoil] of IMPOSSIBLE_FRAMES) {
    test(`${title}: nothing outside of the log is read, and the next messages are`, async () => {
      await using rig = new Rig();
      const publication = rig.connection.addPublication(CONTROL, STREAM_ID);
      const received = { messages: [] as number[], blocks: [] as number[] };
      const messages = rig.connection.addSubscription(OBSERVER, STREAM_ID, (view, length) => {
        if (length === MESSAGE_BYTES) received.messages.push(view.getUint32(4, true));
      });
      const blocks = rig.connection.addBlockSubscription(OBSERVER, STREAM_ID, 4096, (view, offset, length) => {
        if (length === MESSAGE_BYTES) received.blocks.push(view.getUint32(offset + 4, true));
      });
      rig.until(() => publication.isConnected && messages.imageCount + blocks.imageCount === 2, "the subscribers");
      using writer = new LogWriter(rig.aeronDir);
      const poll = () => messages.poll(64) + blocks.poll(4096);
      expect(publication.publish(messageOf(1).address, MESSAGE_BYTES)).toBe(PublishResult.PUBLISHED);
      rig.until(() => poll() >= 0 && received.messages.length === 1 && received.blocks.length === 1, "the first");
      // Where the second one stands, before it is read.
      expect(publication.publish(messageOf(2).address, MESSAGE_BYTES)).toBe(PublishResult.PUBLISHED);
      const header = new DataView(new ArrayBuffer(DATA_HEADER.size));
      header.setInt32(DATA_HEADER.frameLength, 96, true);
      header.setUint8(DATA_HEADER.flags, 0xc0);
      header.setUint16(DATA_HEADER.type, 1, true);
      header.setInt32(DATA_HEADER.termOffset, 96, true);
      spoil(header);
      writer.write(96, new Uint8Array(header.buffer));
      for (let i = 0; i < 100; i++) {
        rig.step();
        poll();
      }
      expect(publication.publish(messageOf(3).address, MESSAGE_BYTES)).toBe(PublishResult.PUBLISHED);
      rig.until(
        () => poll() >= 0 && received.messages.includes(3) && received.blocks.includes(3),
        "the message after it",
      );
      expect(messages.missedBytes + messages.overruns + messages.incomplete).toBeGreaterThan(0);
    });
  }

  test("arbitrary bytes in the terms at any moment end no reader, and what is published afterwards is read", async () => {
    await using rig = new Rig();
    const seed = (Math.random() * 2 ** 31) | 0;
    const random = new Random(seed);
    const next = (count: number) => random.below(count);
    const publication = rig.connection.addPublication(CONTROL, STREAM_ID);
    let last = { message: -1, block: -1 };
    let number = 0;
    const messages = rig.connection.addSubscription(OBSERVER, STREAM_ID, (view, length) => {
      for (let at = 0; at < length; at += 61) view.getUint8(at);
      if (isOurs(view, 0, length, number)) last = { ...last, message: number };
    });
    const blocks = rig.connection.addBlockSubscription(OBSERVER, STREAM_ID, 8192, (view, offset, length) => {
      for (let at = 0; at < length; at += 61) view.getUint8(offset + at);
      if (isOurs(view, offset, length, number)) last = { ...last, block: number };
    });
    rig.until(() => publication.isConnected && messages.imageCount + blocks.imageCount === 2, "the subscribers");
    using writer = new LogWriter(rig.aeronDir);
    const logBytes = 3 * writer.termBytes;
    for (let round = 0; round < 300; round++) {
      for (let i = 0; i < 20; i++) {
        publication.publish(messageOf(number).address, MESSAGE_BYTES);
        const length = next(4) === 0 ? next(writer.termBytes) : next(256);
        writer.write(32 * next(logBytes / 32) + (next(8) === 0 ? next(32) : 0), hostileBytes(random, length));
        if (next(2) === 0) rig.step();
        messages.poll(1 + next(64));
        blocks.poll(32 + next(8192));
      }
      number++;
      rig.until(() => {
        publication.publish(messageOf(number).address, MESSAGE_BYTES);
        messages.poll(64);
        blocks.poll(8192);
        // The publisher's own log is spoiled only where others have read: it writes on at its end.
        return last.message === number && last.block === number;
      }, `message ${number} on both subscriptions (seed ${seed})`);
    }
  });
});

describe("a subscriber's position that another client has overwritten", () => {
  for (const [title, ahead] of [
    ["beyond what was published", 131_072n],
    ["far beyond it", 1n << 40n],
  ] as const) {
    test(`${title}: the publication is added again within 3 s, and its messages arrive`, async () => {
      await using rig = new Rig();
      const publication = rig.connection.addPublication(CONTROL, STREAM_ID);
      const received: number[] = [];
      const subscriptions = [1, 2, 3].map(() =>
        rig.connection.addSubscription(OBSERVER, STREAM_ID, (view) => received.push(view.getUint32(4, true))),
      );
      const poll = () => {
        for (const subscription of subscriptions) subscription.poll(64);
      };
      rig.until(
        () => publication.isConnected && subscriptions.every(({ imageCount }) => imageCount === 1),
        "subscribers",
      );
      publication.publish(messageOf(1).address, MESSAGE_BYTES);
      rig.until(() => {
        poll();
        return received.length === 3;
      }, "the first message");
      overwritePosition(rig.aeronDir, STREAM_ID, (old) => old + ahead);
      // Of this process's own time: what a busy machine takes away from it between two steps does not count.
      let tookNs = 0;
      let lastNs = rig.clock.nanoTime();
      rig.until(() => {
        poll();
        const nowNs = rig.clock.nanoTime();
        tookNs += Math.min(10e6, nowNs - lastNs);
        lastNs = nowNs;
        return rig.connection.renewals > 0;
      }, "the publication to be added again");
      expect(tookNs).toBeLessThan(3e9);
      rig.until(() => {
        poll();
        publication.publish(messageOf(2).address, MESSAGE_BYTES);
        return received.filter((number) => number === 2).length >= 3;
      }, "a message at all subscribers");
    });
  }

  test("a healthy publication whose subscribers come, go and are paused is never added again", async () => {
    await using rig = new Rig();
    const publication = rig.connection.addPublication(CONTROL, STREAM_ID);
    const paused = rig.connection.addSubscription(OBSERVER, STREAM_ID, () => {});
    for (let round = 0; round < 12; round++) {
      const subscription = rig.connection.addSubscription(OBSERVER, STREAM_ID, () => {});
      rig.until(() => publication.isConnected && subscription.imageCount === 1, "the subscriber");
      const endNs = rig.clock.nanoTime() + 300e6;
      rig.until(() => {
        publication.publish(messageOf(round).address, MESSAGE_BYTES);
        subscription.poll(64);
        if (round % 3 === 0) paused.poll(64);
        return rig.clock.nanoTime() > endNs;
      }, "some messages");
      rig.connection.remove(subscription);
    }
    expect(rig.connection.renewals).toBe(0);
  });
});
