import { describe, expect, test } from "bun:test";
import { NativeBuffer } from "../../ffi/memory.ts";
import { controlPublicationChannel } from "../../src/aeron/channel.ts";
import { PublishResult } from "../../src/aeron/results.ts";
import { attributeText, textAttribute } from "../../src/protocol/attribute.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import type { Consumer } from "../../src/roles/consumer.ts";
import { totalLost } from "../../src/roles/counters.ts";
import { encodeJson } from "../../src/sbe/index.ts";
import { HEADER_SLOT_BYTES, SUPERBLOCK_BYTES } from "../../src/shm/index.ts";
import { Rig } from "../support/rig.ts";
import { addressed, FRAMED, MESSAGE_VECTORS } from "../support/sbe-messages.ts";
import { STREAM_ID, tamper } from "../support/shm.ts";

const SHAPE = { dtype: "uint8", dims: [4] } as const;
const BYTES = new Uint8Array(4);
const { channel, controlStreamId, descriptorStreamId, qosStreamId, metadataStreamId } = DEFAULT_STREAMS;

/** Numbers that repeat from run to run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}

/** A valid message with one thing wrong: cut short, lengthened, a byte changed, a length made enormous. */
function mutate(message: Buffer, next: (below: number) => number): Buffer {
  const bytes = Buffer.from(message);
  switch (next(5)) {
    case 0:
      return bytes.subarray(0, 1 + next(bytes.length));
    case 1:
      return Buffer.concat([bytes, Buffer.alloc(1 + next(40), next(256))]);
    case 2:
      for (let i = 0; i < 1 + next(4); i++) bytes[next(bytes.length)] = next(256);
      return bytes;
    case 3:
      bytes.writeUInt32LE(0xffff_fff0, next(Math.max(1, bytes.length - 4)));
      return bytes;
    default:
      bytes.writeUInt16LE(0xffff, 2 * next(4));
      return bytes;
  }
}

/** Offers frames until the consumer has accepted `count` more. */
function acceptMore(rig: Rig, producer: ReturnType<Rig["producer"]>, consumer: Consumer, count: number): void {
  const target = consumer.counters.of.accepted.value + count;
  rig.until(() => {
    producer.offer(BYTES, SHAPE);
    consumer.poll(() => undefined);
    return consumer.counters.of.accepted.value >= target;
  }, `${count} further frames`);
}

describe("W-36: malformed messages on the real streams", () => {
  for (const [name, streamId] of Object.entries({
    controlStreamId,
    descriptorStreamId,
    qosStreamId,
    metadataStreamId,
  })) {
    test(`mutations of every message on ${name} are refused or ignored by both roles, and frames continue`, async () => {
      await using rig = new Rig();
      const { producer, consumer } = rig.pair({}, { nslots: 16 });
      const publication = rig.connection.addPublication(controlPublicationChannel(channel), streamId);
      rig.until(() => publication.isConnected, "the publication to be connected");
      const next = generator(streamId);
      const buffer = new NativeBuffer(16 * 1024);
      let sent = 0;
      for (let round = 0; round < 12; round++) {
        for (const vector of MESSAGE_VECTORS) {
          const original = Buffer.from(vector.hex, "hex");
          const info = FRAMED.find(({ name }) => name === vector.name);
          // With foreign ids they would not get past the first look.
          const ids = {
            streamId: BigInt(STREAM_ID),
            epoch: BigInt(producer.epoch),
            consumerId: BigInt(consumer.consumerId),
            producerId: BigInt(producer.producerId),
          };
          if (info !== undefined && next(4) > 0) addressed(original, info, ids);
          const message = mutate(original, next);
          buffer.bytes.set(message);
          rig.until(() => {
            consumer.poll(() => undefined);
            return publication.publishMessage(buffer.address, message.length) === PublishResult.PUBLISHED;
          }, "room on the stream");
          sent++;
        }
      }
      rig.settle();
      consumer.poll(() => undefined);
      expect(sent).toBe(12 * MESSAGE_VECTORS.length);
      const refused = consumer.counters.of.messagesRefused.value + producer.counters.of.messagesRefused.value;
      expect(refused).toBeGreaterThan(0);
      expect(rig.scheduler.agentErrors).toBe(0);
      // A message that happens to be valid may have made the consumer let go: the next announce brings it back.
      rig.clock.jump(1e9);
      rig.until(() => consumer.isMapped, "the stream to be mapped");
      acceptMore(rig, producer, consumer, 5);
    });
  }

  test("messages for other streams touch nothing", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const publication = rig.connection.addPublication(controlPublicationChannel(channel), controlStreamId);
    rig.until(() => publication.isConnected, "the publication to be connected");
    const buffer = new NativeBuffer(16 * 1024);
    const before = [consumer.counters.snapshot(), producer.counters.snapshot()];
    for (const { hex, fields } of MESSAGE_VECTORS) {
      if (fields.streamId === STREAM_ID) continue;
      const message = Buffer.from(hex, "hex");
      buffer.bytes.set(message);
      rig.until(
        () => publication.publishMessage(buffer.address, message.length) === PublishResult.PUBLISHED,
        "room on the stream",
      );
    }
    rig.settle();
    const { controlSent: _sent, ...producerBefore } = before[1] as Record<string, number>;
    expect(consumer.counters.snapshot()).toEqual(before[0] as never);
    expect(producer.counters.snapshot()).toMatchObject(producerBefore);
    expect(consumer.isMapped).toBe(true);
  });
});

describe("W-09 to W-13: headers in shared memory that break the rules", () => {
  const FIELDS: readonly (readonly [cause: string, change: (view: DataView, at: number) => void])[] = [
    ["headerNdims", (view, at) => view.setUint8(at + 46, 9)],
    ["headerStrides", (view, at) => view.setInt32(at + 80, -1, true)],
    ["headerPayloadOffset", (view, at) => view.setUint32(at + 36, 1, true)],
    ["headerValuesLength", (view, at) => view.setUint32(at + 28, 4097, true)],
    ["headerPayloadSlot", (view, at) => view.setUint32(at + 32, 7, true)],
    ["headerPoolId", (view, at) => view.setUint16(at + 40, 2, true)],
    ["headerDtype", (view, at) => view.setInt16(at + 42, 12, true)],
    ["headerMajorOrder", (view, at) => view.setInt16(at + 44, 0, true)],
    ["headerDims", (view, at) => view.setInt32(at + 48, -4, true)],
    ["headerShape", (view, at) => view.setInt32(at + 48, 5, true)],
    ["identity", (view, at) => view.setBigUint64(at + 8, 99n, true)],
    ["odd", (view, at) => view.setBigUint64(at, 1n, true)],
    ["identity", (view, at) => view.setBigUint64(at, 2n ** 63n, true)],
    // The padding is the producer's (W-13), and so is what lies beyond ndims (W-09).
    ["accepted", (view, at) => view.setUint32(at + 112, 0xffff_ffff, true)],
    ["accepted", (view, at) => view.setInt32(at + 52, -7, true)],
    ["accepted", (view, at) => view.setInt32(at + 84, -7, true)],
  ];
  test("each is counted under a cause of its own, and never handed out", async () => {
    for (const [cause, change] of FIELDS) {
      await using rig = new Rig();
      const { producer, consumer } = rig.pair();
      expect(producer.offer(BYTES, SHAPE)).toBe("published");
      const path = producer.regions.headerRing.uri.slice("shm:file?path=".length);
      expect(HEADER_SLOT_BYTES).toBe(256);
      tamper(path, (view) => change(view, SUPERBLOCK_BYTES));
      rig.until(() => consumer.poll(() => undefined) > 0, "the descriptor");
      const { [cause as "odd"]: counted, accepted } = consumer.counters.snapshot();
      expect(`${cause} ${counted}`).toBe(`${cause} 1`);
      expect(accepted + totalLost(consumer.counters)).toBe(1);
    }
  });
});

test("W-45: what a source says of another epoch than the mapped one changes no attributes", async () => {
  await using rig = new Rig();
  const seen: number[] = [];
  const { producer, consumer } = rig.pair(
    { attributes: [textAttribute("lens", "f/2.8")] },
    {},
    {
      onAttributes: (_attributes, metaVersion) => seen.push(metaVersion),
    },
  );
  const publication = rig.connection.addPublication(controlPublicationChannel(channel), metadataStreamId);
  rig.until(() => publication.isReady && publication.isConnected, "the stranger's publication");
  const announce = { streamId: STREAM_ID, producerId: 1, metaVersion: 9, name: "x", summary: "" };
  const meta = { streamId: STREAM_ID, metaVersion: 9, timestampNs: "0", attributes: [] };
  for (const epoch of [1n, BigInt(producer.epoch) + 1n]) {
    for (const message of [
      encodeJson("DataSourceAnnounce", { ...announce, epoch: String(epoch) }),
      encodeJson("DataSourceMeta", meta),
    ]) {
      const buffer = new NativeBuffer(message.length);
      buffer.bytes.set(message);
      expect(publication.publishMessage(buffer.address, message.length)).toBe(PublishResult.PUBLISHED);
    }
    rig.settle();
  }
  expect(attributeText(consumer.attributes, "lens")).toBe("f/2.8");
  expect(seen).toEqual([1]);
});
