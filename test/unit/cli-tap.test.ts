import { describe, expect, test } from "bun:test";
import { NativeBuffer } from "../../ffi/memory.ts";
import { controlPublicationChannel } from "../../src/aeron/channel.ts";
import type { TapValues } from "../../src/cli/specs/tools.ts";
import { rowJson } from "../../src/cli/tap/message-rows.ts";
import { compactFields, type DecodedMessage, decodeMessage, nameOf } from "../../src/observe/decoded-message.ts";
import { LogGaps } from "../../src/observe/log-gaps.ts";
import { MessageFilter } from "../../src/observe/message-filter.ts";
import { MessageQueue } from "../../src/observe/message-queue.ts";
import { TapAgent } from "../../src/observe/tap-agent.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { encodeJson, type JsonFields } from "../../src/sbe/index.ts";
import { valuesFor } from "../support/command-values.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";

const DESCRIPTOR = {
  streamId: 7,
  epoch: "5",
  seq: "12",
  headerIndex: 4,
  timestampNs: null,
  metaVersion: 1,
};

function options(values: Record<string, string>): TapValues {
  const args = Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);
  return valuesFor<TapValues>("tap", ...args);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

describe("messages for people", () => {
  test("fields on one line, absent ones left out, long ids last", () => {
    const message = decodeMessage(encodeJson("FrameDescriptor", DESCRIPTOR));
    expect(nameOf(message)).toBe("FrameDescriptor");
    expect(compactFields(message)).toBe("streamId=7 seq=12 headerIndex=4 metaVersion=1 epoch=5");
  });

  test("groups in brackets, attributes of text as text, others as base64", () => {
    const fields: JsonFields = {
      streamId: 7,
      metaVersion: 2,
      timestampNs: "9",
      attributes: [
        { key: "name", format: "text/plain", value: Buffer.from("left camera\n").toString("base64") },
        { key: "raw", format: "application/octet-stream", value: "AAE=" },
      ],
    };
    expect(compactFields(decodeMessage(encodeJson("DataSourceMeta", fields)))).toBe(
      'streamId=7 metaVersion=2 attributes=[name="left camera\\n", raw=application/octet-stream:AAE=] timestampNs=9',
    );
  });

  test("W-36: what cannot be decoded is hexadecimal with the reason and the rule", () => {
    const bytes = encodeJson("FrameDescriptor", DESCRIPTOR);
    bytes[6] = 9;
    const message = decodeMessage(bytes) as DecodedMessage & { hex: string };
    expect(message).toMatchObject({ rule: "W-36", hex: bytes.toHex() });
    expect(compactFields(message)).toContain("version");
    expect(compactFields(message)).toEndWith(bytes.toHex());
    expect(nameOf(message)).toBe("(undecodable)");
    for (const odd of [new Uint8Array(0), new Uint8Array(3), new Uint8Array(8), new Uint8Array(500).fill(255)]) {
      expect(decodeMessage(odd)).toMatchObject({ hex: odd.toHex(), reason: expect.any(String) });
    }
  });

  test("as JSON, a message is what `wire decode` prints of it, and where and when it was", () => {
    const message = decodeMessage(encodeJson("FrameDescriptor", DESCRIPTOR));
    expect(rowJson({ timeMs: 0, aeronStreamId: 1100, sessionId: -5, message })).toEqual({
      time: "1970-01-01T00:00:00.000Z",
      aeronStreamId: 1100,
      sessionId: -5,
      name: "FrameDescriptor",
      version: 1,
      fields: DESCRIPTOR,
    });
    expect(rowJson({ timeMs: 0, missed: 3 })).toEqual({ time: "1970-01-01T00:00:00.000Z", missed: 3 });
  });
});

describe("what tap shows", () => {
  const descriptor = encodeJson("FrameDescriptor", DESCRIPTOR);
  const accepts = (filter: MessageFilter, bytes: Uint8Array): boolean =>
    filter.mayAccept(viewOf(bytes), 0, bytes.length) && filter.accepts(decodeMessage(bytes));

  test("everything, unless it is asked for less", () => {
    expect(accepts(MessageFilter.of(options({})), descriptor)).toBe(true);
    expect(accepts(MessageFilter.of(options({})), new Uint8Array(3))).toBe(true);
    expect(MessageFilter.of(options({})).kinds).toEqual(["control", "descriptor", "qos", "metadata"]);
  });

  test("--stream, --message and --kind, in upper and lower case", () => {
    expect(accepts(MessageFilter.of(options({}), 7), descriptor)).toBe(true);
    expect(accepts(MessageFilter.of(options({}), 8), descriptor)).toBe(false);
    expect(accepts(MessageFilter.of(options({ message: "QosConsumer,framedescriptor" })), descriptor)).toBe(true);
    expect(accepts(MessageFilter.of(options({ message: "QosConsumer" })), descriptor)).toBe(false);
    expect(accepts(MessageFilter.of(options({ kind: "qos,Descriptor" })), descriptor)).toBe(true);
    expect(accepts(MessageFilter.of(options({ kind: "qos" })), descriptor)).toBe(false);
    expect(accepts(MessageFilter.of(options({}), 7), new Uint8Array(3))).toBe(false);
  });

  test("--client: what names the consumer, the producer or the lease's holder; descriptors and the undecodable do not", () => {
    const qos = { streamId: 7, epoch: "5", lastSeqSeen: "1", dropsGap: "0", dropsLate: "0", mode: "STREAM" };
    const filter = MessageFilter.of(options({ client: "42" }));
    expect(accepts(filter, encodeJson("QosConsumer", { ...qos, consumerId: 42 }))).toBe(true);
    expect(accepts(filter, encodeJson("QosConsumer", { ...qos, consumerId: 43 }))).toBe(false);
    const producer = { streamId: 7, producerId: 42, epoch: "5", currentSeq: "1", watermark: null };
    expect(accepts(filter, encodeJson("QosProducer", producer))).toBe(true);
    const keepalive = { leaseId: "1", streamId: 7, clientId: 42, role: "CONSUMER", clientTimestampNs: "1" };
    expect(accepts(filter, encodeJson("ShmLeaseKeepalive", keepalive))).toBe(true);
    expect(accepts(filter, descriptor)).toBe(false);
    expect(accepts(filter, new Uint8Array(3))).toBe(false);
  });

  test("for names, only the Aeron streams that they belong on are listened to", () => {
    expect(MessageFilter.of(options({ message: "QosConsumer,DataSourceMeta" })).kinds).toEqual(["qos", "metadata"]);
    expect(MessageFilter.of(options({ message: "ShmAttachRequest" })).kinds).toEqual(["control"]);
    expect(MessageFilter.of(options({ message: "QosConsumer", kind: "control" })).kinds).toEqual(["control"]);
  });

  test("wrong names are refused with the nearest", () => {
    expect(() => MessageFilter.of(options({ message: "QosConsumr" }))).toThrow('did you mean "QosConsumer"?');
    expect(() => MessageFilter.of(options({ kind: "metdata" }))).toThrow('did you mean "metadata"?');
    expect(() => MessageFilter.of(options({ client: "0" }))).toThrow("from 1 to 4294967294");
  });
});

describe("what tap misses", () => {
  const place = (termId: number, termOffset: number, length = 44) => ({ sessionId: 1, termId, termOffset, length });

  test("nothing, while each message begins where the last one ended", () => {
    const gaps = new LogGaps(() => 65_536);
    expect(gaps.next(place(3, 65_344))).toBe(0);
    expect(gaps.next(place(3, 65_440))).toBe(0);
    expect(gaps.next(place(4, 0))).toBe(0);
  });

  test("nothing, where the end of a term was left empty because the message did not fit in", () => {
    const gaps = new LogGaps(() => 65_536);
    gaps.next(place(3, 65_344));
    expect(gaps.next(place(4, 0, 200))).toBe(0);
  });

  test("messages within a term, over its end and over several terms", () => {
    const gaps = new LogGaps(() => 65_536);
    gaps.next(place(3, 0));
    expect(gaps.next(place(3, 96 * 11))).toBe(10);
    expect(gaps.next(place(4, 96))).toBe(Math.round((65_536 - 96 * 12 + 96) / 96));
    expect(gaps.next(place(7, 0))).toBe(Math.round((65_536 - 96 * 2 + 2 * 65_536) / 96));
  });

  test("term ids wrap around, publishers are distinguished, long messages conclude nothing", () => {
    const gaps = new LogGaps(() => 65_536);
    gaps.next(place(2 ** 31 - 1, 65_440));
    expect(gaps.next(place(-(2 ** 31), 96))).toBe(1);
    expect(gaps.next({ ...place(9, 640), sessionId: 2 })).toBe(0);
    gaps.next({ ...place(9, 736, 5000), sessionId: 2 });
    expect(gaps.next({ ...place(9, 9600), sessionId: 2 })).toBe(0);
  });

  test("the queue is bounded in messages and bytes, and counts what did not fit before the next that does", () => {
    const queue = new MessageQueue(2, 100);
    const view = new DataView(new ArrayBuffer(60));
    queue.push(view, 0, 10, 1, 1);
    queue.push(view, 0, 10, 1, 1);
    queue.push(view, 0, 10, 1, 1);
    expect([queue.length, queue.missedSince]).toEqual([2, 1]);
    queue.shift();
    queue.miss(4);
    queue.push(view, 0, 60, 1, 1);
    expect(queue.missedSince).toBe(0);
    expect(queue.shift()?.missedBefore).toBe(0);
    expect(queue.shift()).toMatchObject({ missedBefore: 5 });
    expect(queue.shift()).toBeNull();
    queue.push(view, 0, 60, 1, 1);
    queue.push(view, 0, 60, 1, 1);
    expect([queue.length, queue.missedSince]).toEqual([1, 1]);
  });

  test("a message in the queue is a copy", () => {
    const queue = new MessageQueue();
    const bytes = Uint8Array.of(1, 2, 3);
    queue.push(viewOf(bytes), 1, 2, 1, 1);
    bytes.fill(9);
    expect(queue.shift()?.bytes).toEqual(Uint8Array.of(2, 3));
  });
});

describe("tap on a media driver", () => {
  function tapOn(rig: Rig, values: Record<string, string> = {}, hasRoom = () => true, streamId?: number) {
    const seen: { message: DecodedMessage; aeronStreamId: number; sessionId: number; missed: number }[] = [];
    const tap = rig.add(
      new TapAgent(rig.connection, rig.clock, {
        streams: DEFAULT_STREAMS,
        descriptorStreamIds: [1101],
        filter: MessageFilter.of(options(values), streamId),
        listener: {
          hasRoom,
          onMessage: (message, { aeronStreamId, sessionId, missedBefore }) =>
            seen.push({ message, aeronStreamId, sessionId, missed: missedBefore }),
        },
      }),
    );
    const names = () => seen.map(({ message }) => nameOf(message));
    return { tap, seen, names };
  }

  test("shows all kinds of messages of a producer and a consumer, with their Aeron streams and sessions", async () => {
    await using rig = new Rig();
    const { seen, names } = tapOn(rig);
    const { producer } = rig.pair();
    producer.offer(new Uint8Array(16), { dtype: "uint8", dims: [16] });
    const expected = [
      "ShmPoolAnnounce",
      "DataSourceAnnounce",
      "DataSourceMeta",
      "QosProducer",
      "QosConsumer",
      "ConsumerHello",
      "FrameDescriptor",
    ];
    rig.until(() => expected.every((name) => names().includes(name)), "all kinds of messages");
    const sessionsOf = (name: string): number[] => [
      ...new Set(seen.filter(({ message }) => nameOf(message) === name).map(({ sessionId }) => sessionId)),
    ];
    const streamOf = (name: string) => seen.find(({ message }) => nameOf(message) === name)?.aeronStreamId;
    expect(expected.map(streamOf)).toEqual([1000, 1300, 1300, 1200, 1200, 1000, 1100]);
    expect(sessionsOf("DataSourceAnnounce")).toEqual(sessionsOf("DataSourceMeta"));
    expect(sessionsOf("ConsumerHello")).not.toEqual(sessionsOf("ShmPoolAnnounce"));
  });

  test("shows descriptors of several Aeron streams", async () => {
    await using rig = new Rig();
    const { seen } = tapOn(rig, { kind: "descriptor" });
    const streams = { ...DEFAULT_STREAMS, descriptorStreamId: 1101 };
    const producer = rig.producer({ streams });
    rig.consumer({ streams });
    rig.until(() => producer.isConnected, "the consumer");
    producer.offer(new Uint8Array(16), { dtype: "uint8", dims: [16] });
    rig.until(() => seen.some(({ aeronStreamId }) => aeronStreamId === 1101), "a descriptor of the second stream");
  });

  test("filters by stream, name and kind", async () => {
    await using rig = new Rig();
    const other = tapOn(rig, {}, () => true, 8);
    const named = tapOn(rig, { message: "QosProducer" });
    const kind = tapOn(rig, { kind: "metadata" });
    rig.pair();
    rig.until(() => named.seen.length > 0 && kind.seen.length > 1, "messages");
    expect(other.seen).toEqual([]);
    expect(new Set(named.names())).toEqual(new Set(["QosProducer"]));
    expect(new Set(kind.names())).toEqual(new Set(["DataSourceAnnounce", "DataSourceMeta"]));
  });

  test("shows what cannot be decoded, also between messages that can", async () => {
    await using rig = new Rig();
    const { seen } = tapOn(rig);
    const publication = rig.connection.addPublication(controlPublicationChannel("aeron:ipc"), 1100);
    rig.until(() => publication.isConnected, "the tap to subscribe");
    const buffer = new NativeBuffer(44);
    buffer.bytes.set(encodeJson("FrameDescriptor", { ...DESCRIPTOR, streamId: STREAM_ID }));
    for (const length of [44, 5, 44]) publication.publish(buffer.address, length);
    rig.until(() => seen.length === 3, "three messages");
    expect(seen.map(({ message }) => nameOf(message))).toEqual(["FrameDescriptor", "(undecodable)", "FrameDescriptor"]);
    expect(seen.map(({ missed }) => missed)).toEqual([0, 0, 0]);
    expect(seen.map(({ sessionId }) => sessionId)).toEqual(Array(3).fill(publication.sessionId));
  });

  test("takes messages though nothing can be shown: no publisher is delayed, and what is missed is counted", async () => {
    await using rig = new Rig();
    let isOpen = false;
    const { tap, seen } = tapOn(rig, { kind: "descriptor" }, () => isOpen);
    const publication = rig.connection.addPublication(controlPublicationChannel("aeron:ipc"), 1100);
    rig.until(() => publication.isConnected, "the tap to subscribe");
    const buffer = new NativeBuffer(44);
    buffer.bytes.set(encodeJson("FrameDescriptor", DESCRIPTOR));
    const count = 20_000;
    let published = 0;
    rig.until(() => {
      for (let i = 0; i < 200 && published < count; i++) if (publication.publish(buffer.address, 44) === 0) published++;
      return published === count;
    }, "all to be published");
    rig.settle();
    isOpen = true;
    rig.until(() => seen.length >= 16_384, "what was kept");
    publication.publish(buffer.address, 44);
    rig.until(() => seen.length === 16_385, "the next one");
    expect(seen.at(-1)?.missed).toBe(count - 16_384);
    expect(tap.missed).toBe(count - 16_384);
  });
});
