import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { aeron } from "../../ffi/aeron.ts";
import { COUNTER_METADATA, COUNTER_STATE, COUNTERS_BUFFERS } from "../../ffi/aeron-structs.ts";
import { bytesAt, NativeBuffer, nativeString } from "../../ffi/memory.ts";
import {
  controlPublicationChannel,
  DESCRIPTOR_FRAME_BYTES,
  descriptorPublicationChannel,
  LIVE_TIMEOUTS,
  observerChannel,
} from "../../src/aeron/channel.ts";
import { AeronConnection } from "../../src/aeron/connection.ts";
import { MediaDriver } from "../../src/aeron/media-driver.ts";
import type { Publication } from "../../src/aeron/publication.ts";
import { PUBLISH_RESULT_NAMES, PublishResult } from "../../src/aeron/results.ts";
import { Rig } from "../support/rig.ts";
import { heldBelow, TemporaryDirectory } from "../support/shm.ts";

const STREAM_ID = 5000;
/** Far longer than the driver lets a subscriber linger that it has put to rest. */
const LINGERING_NS = 100e6;
const CONTROL = controlPublicationChannel("aeron:ipc");
const OBSERVER = observerChannel("aeron:ipc");

function bufferOf(text: string): NativeBuffer {
  return nativeString(text);
}

/** Labels of the driver's counters that are in use. */
function counterLabels(aeronDir: string): string[] {
  const out = new NativeBuffer(COUNTERS_BUFFERS.size);
  const dir = nativeString(aeronDir);
  expect(aeron.aeron_cnc_init(out.address, dir.address, 0)).toBe(0);
  const cnc = out.pointerAt();
  aeron.aeron_counters_reader_get_buffers(aeron.aeron_cnc_counters_reader(cnc), out.address);
  const metadata = bytesAt(out.pointerAt(COUNTERS_BUFFERS.metadata), out.numberAt(COUNTERS_BUFFERS.metadataLength));
  aeron.aeron_cnc_close(cnc);
  const view = new DataView(metadata.buffer);
  const labels: string[] = [];
  for (let at = 0; at < metadata.length; at += COUNTER_METADATA.size) {
    if (view.getInt32(at, true) !== COUNTER_STATE.allocated) continue;
    const length = view.getInt32(at + COUNTER_METADATA.labelLength, true);
    labels.push(new TextDecoder().decode(metadata.subarray(at + COUNTER_METADATA.label).subarray(0, length)));
  }
  return labels;
}

describe("AeronConnection", () => {
  test("connects, brings everything up that was asked for before and after, and gives it back", async () => {
    await using rig = new Rig();
    const before = rig.connection.addPublication(CONTROL, STREAM_ID);
    expect(rig.connection.isConnected).toBe(false);
    expect(before.isReady).toBe(false);
    rig.until(() => rig.connection.isReady, "the connection");
    const messages: string[] = [];
    const subscription = rig.connection.addSubscription(OBSERVER, STREAM_ID, (view, length) =>
      messages.push(new TextDecoder().decode(new Uint8Array(view.buffer, 0, length))),
    );
    rig.until(() => before.isConnected && subscription.imageCount === 1, "publisher and subscriber to meet");
    expect(before.sessionId).not.toBeNull();
    const hello = bufferOf("hello");
    expect(before.publish(hello.address, 5)).toBe(PublishResult.PUBLISHED);
    rig.until(() => subscription.poll(10) > 0, "the message");
    expect(messages).toEqual(["hello"]);
    rig.connection.remove(subscription);
    rig.connection.remove(subscription);
    rig.until(() => !before.isConnected, "the subscriber's end to be known");
    rig.connection.remove(before);
    rig.until(
      () => !counterLabels(rig.aeronDir).some((label) => label.includes(`${STREAM_ID}`)),
      "nothing in the driver",
    );
  });

  test("what is removed before the driver has answered does not stay there as an orphan without a reader", async () => {
    await using rig = new Rig();
    rig.until(() => rig.connection.isConnected, "the connection");
    const publication = rig.connection.addPublication(CONTROL, STREAM_ID);
    const subscription = rig.connection.addSubscription(OBSERVER, STREAM_ID, () => {});
    const blocks = rig.connection.addBlockSubscription(OBSERVER, STREAM_ID, 4096, () => {});
    for (const resource of [publication, subscription, blocks]) rig.connection.remove(resource);
    rig.settle();
    const own = () => counterLabels(rig.aeronDir).filter((label) => label.includes(`${STREAM_ID}`));
    rig.until(() => own().length === 0, `no publication or subscription in the driver, found ${own().join("; ")}`);
    expect(rig.connection.isReady).toBe(true);
  });

  test("a dead media driver is noticed by its lock, every handle is given up, and a new driver is used", async () => {
    await using rig = new Rig();
    const publication = rig.connection.addPublication(CONTROL, STREAM_ID);
    const received: number[] = [];
    const subscription = rig.connection.addSubscription(OBSERVER, STREAM_ID, (_view, length) => received.push(length));
    rig.until(() => publication.isConnected, "the connection");
    await rig.scheduler.remove(rig.driver);
    expect(existsSync(rig.aeronDir)).toBe(false);
    rig.until(() => !rig.connection.isConnected, "the death to be noticed");
    expect(rig.connection.losses).toBe(1);
    expect(publication.isReady).toBe(false);
    expect(publication.publish(bufferOf("x").address, 1)).toBe(PublishResult.NOT_CONNECTED);
    expect(subscription.poll(10)).toBe(0);
    expect(subscription.imageCount).toBe(0);
    rig.add(MediaDriver.start({ aeronDir: rig.aeronDir, threading: "invoker" }));
    rig.until(() => publication.isConnected && subscription.imageCount === 1, "a connection to the new driver");
    expect(publication.publish(bufferOf("again").address, 5)).toBe(PublishResult.PUBLISHED);
    rig.until(() => subscription.poll(10) > 0, "the message");
    expect(received).toEqual([5]);
  });

  test("where no driver lives, the supply is asked again and again, and nothing waits", () => {
    using directory = new TemporaryDirectory();
    let asked = 0;
    const connection = new AeronConnection({
      aeronDir: directory.at("aeron"),
      clientName: "test",
      supply: {
        ensure: () => {
          asked++;
        },
      },
    });
    const startNs = Bun.nanoseconds();
    for (let nowNs = 0; nowNs < 1e9; nowNs += 10e6) connection.doWork(nowNs);
    expect(asked).toBeGreaterThan(10);
    // Aeron's own attempt to connect takes ten seconds.
    expect(Bun.nanoseconds() - startNs).toBeLessThan(9e9);
    connection.onClose();
  });

  test("a channel that the driver refuses is an error that names it", async () => {
    await using rig = new Rig();
    rig.connection.addPublication("aeron:ipc?term-length=77", STREAM_ID);
    expect(() => rig.until(() => rig.connection.isReady, "an error")).toThrow(/term-length=77.*stream 5000|77/);
  });

  test("close gives everything back, twice is once, and the process holds nothing of the driver's", async () => {
    const rig = new Rig();
    const publication = rig.connection.addPublication(CONTROL, STREAM_ID);
    const subscription = rig.connection.addSubscription(OBSERVER, STREAM_ID, () => {});
    rig.until(() => publication.isConnected && subscription.imageCount === 1, "the connection");
    rig.connection.onClose();
    rig.connection.onClose();
    expect(publication.publish(bufferOf("x").address, 1)).toBe(PublishResult.NOT_CONNECTED);
    expect(subscription.poll(1)).toBe(0);
    expect(rig.connection.doWork(0)).toBe(0);
    await rig[Symbol.asyncDispose]();
    await rig[Symbol.asyncDispose]();
    expect(heldBelow(rig.directory.path)).toEqual({ descriptors: 0, mappings: 0 });
  });
});

describe("W-32: what became of a message is distinguished and counted", () => {
  test("not connected, published, back-pressured at a full window, not connected again", async () => {
    await using rig = new Rig();
    const channel = descriptorPublicationChannel("aeron:ipc", 16, {
      windowLimitMs: 60_000,
      lingerMs: 1000,
    });
    const publication = rig.connection.addPublication(channel, STREAM_ID);
    const message = bufferOf("x".repeat(44));
    expect(publication.publish(message.address, 44)).toBe(PublishResult.NOT_CONNECTED);
    rig.until(() => publication.isReady, "the publication");
    expect(publication.publish(message.address, 44)).toBe(PublishResult.NOT_CONNECTED);
    const subscription = rig.connection.addBlockSubscription(observerChannel("aeron:ipc"), STREAM_ID, 4096, () => {});
    rig.until(() => publication.isConnected && subscription.imageCount === 1, "the subscriber");
    rig.settle();
    let published = 0;
    while (publication.publish(message.address, 44) === PublishResult.PUBLISHED) published++;
    // Half of the ring: what is under way was not overwritten yet.
    expect(published).toBe(8);
    expect(publication.publish(message.address, 44)).toBe(PublishResult.BACK_PRESSURED);
    expect(subscription.poll(8 * DESCRIPTOR_FRAME_BYTES)).toBe(8 * DESCRIPTOR_FRAME_BYTES);
    rig.until(() => publication.publish(message.address, 44) === PublishResult.PUBLISHED, "room");
    rig.connection.remove(subscription);
    rig.until(() => !publication.isConnected, "the subscriber's end");
    expect(publication.publish(message.address, 44)).toBe(PublishResult.NOT_CONNECTED);
    const { results } = publication;
    expect(results[PublishResult.PUBLISHED] ?? 0).toBe(9);
    expect(results[PublishResult.NOT_CONNECTED] ?? 0).toBe(3);
    expect(results[PublishResult.BACK_PRESSURED]).toBeGreaterThanOrEqual(2);
    expect(results.length).toBe(PUBLISH_RESULT_NAMES.length);
  });

  test("a publication whose position cannot grow any more is distinguished, and so is a message that is too long", async () => {
    await using rig = new Rig();
    const end = "aeron:ipc?term-length=64k|init-term-id=0|term-id=2147483647|term-offset=65472";
    const publication = rig.connection.addPublication(end, STREAM_ID);
    const subscription = rig.connection.addSubscription(OBSERVER, STREAM_ID, () => {});
    rig.until(() => publication.isConnected && subscription.imageCount === 1, "the subscriber");
    const message = bufferOf("x".repeat(2000));
    rig.until(
      () => publication.publish(message.address, 64) === PublishResult.MAX_POSITION_EXCEEDED,
      "the end of the position's range",
    );
    expect(publication.publish(message.address, 2000)).toBe(PublishResult.ERROR);
    expect(publication.results[PublishResult.MAX_POSITION_EXCEEDED]).toBeGreaterThanOrEqual(1);
    expect(publication.results[PublishResult.ERROR]).toBe(1);
  });
});

describe("MessageSubscription", () => {
  test("W-33: messages of many fragments are put together, with the publisher's session id", async () => {
    await using rig = new Rig();
    const publication = rig.connection.addPublication(CONTROL, STREAM_ID);
    const seen: { text: string; sessionId: number }[] = [];
    const subscription = rig.connection.addSubscription(OBSERVER, STREAM_ID, (view, length, sessionId) => {
      seen.push({ text: new TextDecoder().decode(new Uint8Array(view.buffer, 0, length)), sessionId });
    });
    rig.until(() => publication.isConnected && subscription.imageCount === 1, "the subscriber");
    const texts = [1, 1376, 1377, 5000, 8000].map((length, index) => String.fromCharCode(65 + index).repeat(length));
    for (const text of texts) {
      const message = bufferOf(text);
      rig.until(() => publication.publishMessage(message.address, text.length) === PublishResult.PUBLISHED, "room");
      rig.until(() => subscription.poll(10) > 0 && seen.at(-1)?.text.length === text.length, "the message");
    }
    expect(seen.map(({ text }) => text)).toEqual(texts);
    expect(seen.every(({ sessionId }) => sessionId === publication.sessionId)).toBe(true);
  });

  test("an exception of the handler comes out after the poll, once, and the subscription continues", async () => {
    await using rig = new Rig();
    const publication = rig.connection.addPublication(CONTROL, STREAM_ID);
    let calls = 0;
    const subscription = rig.connection.addSubscription(OBSERVER, STREAM_ID, () => {
      calls++;
      if (calls === 1) throw new Error("a handler's own");
    });
    rig.until(() => publication.isConnected && subscription.imageCount === 1, "the subscriber");
    const message = bufferOf("x");
    for (let n = 0; n < 3; n++) expect(publication.publish(message.address, 1)).toBe(PublishResult.PUBLISHED);
    expect(() => rig.until(() => subscription.poll(10) > 0, "the messages")).toThrow("a handler's own");
    subscription.poll(10);
    expect(calls).toBe(3);
  });
});

describe("BlockSubscription", () => {
  test("W-33: fragments of long messages are counted and ignored, short ones before and after are delivered", async () => {
    await using rig = new Rig();
    const publication = rig.connection.addPublication(CONTROL, STREAM_ID);
    const lengths: number[] = [];
    const subscription = rig.connection.addBlockSubscription(OBSERVER, STREAM_ID, 65_536, (_view, _offset, length) =>
      lengths.push(length),
    );
    rig.until(() => publication.isConnected && subscription.imageCount === 1, "the subscriber");
    const message = bufferOf("x".repeat(4000));
    for (const length of [10, 4000, 20]) {
      expect(publication.publishMessage(message.address, length)).toBe(PublishResult.PUBLISHED);
    }
    rig.until(() => {
      subscription.poll(65_536);
      return lengths.length === 2;
    }, "the short messages");
    expect(lengths).toEqual([10, 20]);
    expect(subscription.fragments).toBe(3);
    expect(subscription.overruns).toBe(0);
  });

  test("many terms of messages of any length pass without a false alarm, also where padding ends a term", async () => {
    await using rig = new Rig();
    const publication = rig.connection.addPublication(CONTROL, STREAM_ID);
    let bytes = 0;
    let messages = 0;
    const subscription = rig.connection.addBlockSubscription(OBSERVER, STREAM_ID, 2048, (view, offset, length) => {
      expect(view.getUint8(offset)).toBe(120);
      bytes += length;
      messages++;
    });
    rig.until(() => publication.isConnected && subscription.imageCount === 1, "the subscriber");
    const message = bufferOf("x".repeat(1376));
    let sent = 0;
    for (let n = 0; n < 3000; n++) {
      const length = 1 + ((n * 379) % 1376);
      rig.until(() => {
        subscription.poll(2048);
        return publication.publish(message.address, length) === PublishResult.PUBLISHED;
      }, "room");
      sent += length;
    }
    rig.until(() => {
      subscription.poll(2048);
      return messages === 3000;
    }, "all messages");
    expect(bytes).toBe(sent);
    expect(subscription.overruns).toBe(0);
  });

  test("an exception of the handler comes out after the poll and does not lose the subscription", async () => {
    await using rig = new Rig();
    const publication = rig.connection.addPublication(CONTROL, STREAM_ID);
    let calls = 0;
    const subscription = rig.connection.addBlockSubscription(OBSERVER, STREAM_ID, 4096, () => {
      calls++;
      if (calls === 1) throw new Error("a handler's own");
    });
    rig.until(() => publication.isConnected && subscription.imageCount === 1, "the subscriber");
    const message = bufferOf("x");
    publication.publish(message.address, 1);
    expect(() => rig.until(() => subscription.poll(4096) > 0, "the message")).toThrow("a handler's own");
    publication.publish(message.address, 1);
    rig.until(() => subscription.poll(4096) > 0, "the next message");
    expect(calls).toBe(2);
  });

  test("put to rest by the driver while it was paused, it asks to be renewed and reads on after that", async () => {
    await using rig = new Rig();
    const channel = descriptorPublicationChannel("aeron:ipc", 16, LIVE_TIMEOUTS);
    const publication = rig.connection.addPublication(channel, STREAM_ID);
    let messages = 0;
    const subscription = rig.connection.addBlockSubscription(
      observerChannel("aeron:ipc"),
      STREAM_ID,
      4096,
      () => messages++,
    );
    const healthy = rig.connection.addBlockSubscription(observerChannel("aeron:ipc"), STREAM_ID, 4096, () => {});
    rig.until(() => subscription.imageCount === 1 && healthy.imageCount === 1, "both subscribers");
    const message = bufferOf("x".repeat(44));
    // One is paused: it holds the window for some milliseconds, then the stream continues without it.
    rig.until(() => {
      healthy.poll(4096);
      publication.publish(message.address, 44);
      return subscription.imageCount === 0;
    }, "the driver to put it to rest");
    const lingeringUntilNs = rig.clock.nanoTime() + LINGERING_NS;
    rig.until(() => {
      healthy.poll(4096);
      publication.publish(message.address, 44);
      return rig.clock.nanoTime() > lingeringUntilNs;
    }, "the driver to be through with it");
    // A counter that was freed while its subscription lives is freed again with it: another client may have it by then.
    expect(counterLabels(rig.connection.aeronDir).filter((label) => label.startsWith("sub-pos"))).toHaveLength(2);
    while (subscription.poll(4096) > 0);
    const before = messages;
    rig.until(() => {
      healthy.poll(4096);
      publication.publish(message.address, 44);
      if (subscription.poll(4096) === 0 && subscription.needsRenewal(rig.clock.nanoTime())) {
        rig.connection.renew(subscription);
      }
      return messages > before;
    }, "messages again");
    expect(subscription.imagesLost).toBe(1);
    expect(subscription.overruns).toBe(0);
  });

  test("subscribed again where another reader is behind it, it holds no window with messages that it has read", async () => {
    await using rig = new Rig();
    const channel = descriptorPublicationChannel("aeron:ipc", 16, { windowLimitMs: 60_000, lingerMs: 2 });
    const publication = rig.connection.addPublication(channel, STREAM_ID);
    const subscribe = () =>
      rig.connection.addBlockSubscription(observerChannel("aeron:ipc"), STREAM_ID, 4096, () => {});
    const [early, late] = [subscribe(), subscribe()];
    rig.until(() => early.imageCount === 1 && late.imageCount === 1 && publication.isConnected, "both subscribers");
    const message = bufferOf("x".repeat(44));
    const fill = () => {
      while (publication.publish(message.address, 44) === PublishResult.PUBLISHED);
    };
    rig.settle();
    fill();
    while (early.poll(4096) > 0);
    // The driver lets it join where the slowest reader is.
    rig.connection.renew(early);
    rig.until(() => early.isReady && early.imageCount === 1, "the renewed subscriber");
    while (late.poll(4096) > 0);
    rig.until(() => publication.publish(message.address, 44) === PublishResult.PUBLISHED, "room");
    rig.until(() => early.poll(4096) > 0, "the next message");
    expect(early.missedBytes).toBe(0);
  });
});

describe("BlockSubscription with several publishers", () => {
  test("the end of one of them, read to its end, does not interrupt the others", async () => {
    await using rig = new Rig();
    const seen: number[] = [];
    const publications = [0, 1].map(() => rig.connection.addPublication(CONTROL, STREAM_ID));
    const subscription = rig.connection.addBlockSubscription(OBSERVER, STREAM_ID, 4096, (view, offset) =>
      seen.push(view.getUint8(offset)),
    );
    rig.until(() => subscription.imageCount === 2, "both publishers");
    const [first, second] = publications as [Publication, Publication];
    first.publish(bufferOf("a").address, 1);
    second.publish(bufferOf("b").address, 1);
    rig.until(() => {
      subscription.poll(4096);
      return seen.length === 2;
    }, "both messages");
    rig.connection.remove(first);
    rig.until(() => subscription.imageCount === 1, "the end of the first");
    for (let n = 0; n < 100; n++) {
      rig.step();
      expect(subscription.poll(4096)).toBe(0);
      rig.clock.jump(100e6);
      expect(subscription.needsRenewal(rig.clock.nanoTime())).toBe(false);
    }
    expect(subscription.imagesLost).toBe(0);
  });
});
