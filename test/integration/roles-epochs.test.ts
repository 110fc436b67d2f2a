import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, renameSync } from "node:fs";
import { NativeBuffer } from "../../ffi/memory.ts";
import { controlPublicationChannel } from "../../src/aeron/channel.ts";
import { monotonic } from "../../src/aeron/monotonic.ts";
import { PublishResult } from "../../src/aeron/results.ts";
import { processNs } from "../../src/core/clock.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import type { Consumer } from "../../src/roles/consumer.ts";
import { totalLost } from "../../src/roles/counters.ts";
import type { Producer } from "../../src/roles/producer.ts";
import { FrameDescriptorEncoder } from "../../src/sbe/generated/control/index.ts";
import { AllowedBaseDirs, Mapping } from "../../src/shm/index.ts";
import { Rig } from "../support/rig.ts";
import { heldBelow, STREAM_ID, tamper } from "../support/shm.ts";

const SECOND_NS = 1e9;
const SHAPE = { dtype: "uint8", dims: [4] } as const;
const BYTES = new Uint8Array(4);

function offer(producer: Producer, count = 1): void {
  for (let n = 0; n < count; n++) expect(producer.offer(BYTES, SHAPE)).toBe("published");
}

/** Steps and polls until that many frames were accepted in all. */
function accept(rig: Rig, consumer: Consumer, count: number): void {
  rig.until(() => {
    consumer.poll(() => undefined);
    return consumer.counters.of.accepted.value >= count;
  }, `${count} accepted frames`);
}

/** A hand on the descriptor stream beside the producer's: sends what a peer that breaks the rules would. */
function descriptorSender(rig: Rig) {
  const publication = rig.connection.addPublication(
    controlPublicationChannel(DEFAULT_STREAMS.channel),
    DEFAULT_STREAMS.descriptorStreamId,
  );
  rig.until(() => publication.isConnected, "the descriptor publication to be connected");
  const buffer = new NativeBuffer(64);
  const message = new FrameDescriptorEncoder();
  return (fields: { streamId?: number; epoch: bigint; seq: bigint; headerIndex?: number }): void => {
    message.wrap(buffer.view, 0, 64);
    message
      .setStreamId(fields.streamId ?? STREAM_ID)
      .setEpochBigint(fields.epoch)
      .setSeqBigint(fields.seq);
    message.setHeaderIndex(fields.headerIndex ?? Number(fields.seq % 8n));
    expect(publication.publish(buffer.address, FrameDescriptorEncoder.ENCODED_LENGTH)).toBe(PublishResult.PUBLISHED);
  };
}

describe("W-22: epochs", () => {
  test("W-21: a producer that starts again has a greater epoch, begins at seq 0, and its consumer maps that", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    offer(producer, 3);
    accept(rig, consumer, 3);
    const { epoch } = producer;
    await rig.scheduler.remove(producer);
    rig.until(() => !consumer.isMapped, "the end of the stream");
    expect(consumer.counters.of.ends.value).toBe(1);
    const next = rig.producer();
    expect(next.epoch).toBeGreaterThan(epoch);
    rig.until(() => consumer.epoch === BigInt(next.epoch), "the new epoch to be mapped");
    rig.until(() => next.isConnected && next.mappedConsumers === 1, "the producer to know");
    offer(next, 2);
    accept(rig, consumer, 5);
    expect(consumer.counters.of.maps.value).toBe(2);
    expect(totalLost(consumer.counters)).toBe(0);
  });

  test("what was under way when the stream ended is still read", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    offer(producer, 4);
    await rig.scheduler.remove(producer);
    accept(rig, consumer, 4);
    rig.until(() => !consumer.isMapped, "the end of the stream");
    expect(totalLost(consumer.counters)).toBe(0);
  });

  test("a consumer that leaves loses nothing by what waits for it: it has all it came for", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    offer(producer, 4);
    rig.until(() => consumer.poll(() => undefined, { limit: 1 }) === 1, "a frame, with others behind it");
    await rig.scheduler.remove(consumer);
    expect(consumer.isMapped).toBe(false);
    expect(consumer.counters.of.accepted.value).toBe(1);
    expect(totalLost(consumer.counters)).toBe(0);
  });

  test("a producer that was paused for longer than readers wait starts a new epoch; its consumer follows", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    offer(producer, 1);
    accept(rig, consumer, 1);
    const { epoch } = producer;
    const kept = producer.tryClaim(4);
    rig.clock.jump(6 * SECOND_NS);
    rig.step();
    expect(producer.epoch).toBeGreaterThan(epoch);
    expect(() => kept?.bytes).toThrow(expect.objectContaining({ code: "claim-ended" }));
    rig.until(() => consumer.epoch === BigInt(producer.epoch), "the new epoch to be mapped");
    offer(producer, 1);
    accept(rig, consumer, 2);
    expect(readdirSync(`${rig.baseDir}/test/standalone-${STREAM_ID}`)).toEqual([`epoch-${producer.epoch}`]);
  });

  test("W-08: after a pause of any length either the consumer still reads the epoch, or the producer has begun another", async () => {
    for (const pausedSeconds of [2.5, 2.9, 3.1, 3.5, 3.9, 4.1]) {
      await using rig = new Rig({ tellsPauses: false });
      const { producer, consumer } = rig.pair();
      offer(producer, 1);
      accept(rig, consumer, 1);
      // The producer stops shortly before its next sign of life would be due; the consumer continues.
      rig.clock.jump(0.95 * SECOND_NS);
      for (let second = 0; second < pausedSeconds; second += 0.5) {
        rig.clock.jump(Math.min(0.5, pausedSeconds - second) * SECOND_NS);
        rig.driver.doWork(Bun.nanoseconds());
        rig.connection.doWork(rig.clock.nanoTime());
        consumer.doWork(rig.clock.nanoTime());
      }
      producer.onLateCycle(rig.clock.nanoTime(), pausedSeconds * SECOND_NS);
      rig.until(() => {
        producer.offer(BYTES, SHAPE);
        consumer.poll(() => undefined);
        return consumer.counters.of.accepted.value >= 4;
      }, `frames again after ${pausedSeconds} s`);
    }
  });

  test("W-08: a consumer unmaps when the owner gave no sign of life, and maps the next epoch only", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const epoch = consumer.epoch;
    rig.clock.jump(4.5 * SECOND_NS);
    consumer.doWork(rig.clock.nanoTime());
    expect(consumer.isMapped).toBe(false);
    expect(consumer.counters.of.ownersLost.value).toBe(1);
    rig.step();
    rig.until(() => consumer.isMapped, "another epoch");
    expect(consumer.epoch).not.toBe(epoch);
    expect(consumer.epoch).toBe(BigInt(producer.epoch));
  });

  const damages: readonly [string, (view: DataView) => void][] = [
    ["W-08: another pid", (view) => view.setBigUint64(40, 1n, true)],
    ["W-07: another number of slots", (view) => view.setUint32(28, 16, true)],
    ["W-07: a flipped bit of the magic number", (view) => view.setUint8(3, view.getUint8(3) ^ 0x10)],
  ];
  for (const [what, change] of damages) {
    test(`${what} in a superblock begins another epoch within a second, and the stream flows again`, async () => {
      await using rig = new Rig();
      const { producer, consumer } = rig.pair();
      const { epoch } = producer;
      tamper(producer.regions.headerRing.uri.slice("shm:file?path=".length), change);
      rig.clock.jump(SECOND_NS);
      rig.until(() => producer.epoch > epoch, "another epoch");
      rig.until(() => consumer.epoch === BigInt(producer.epoch), "the consumer to follow");
      rig.until(() => producer.hasReaders(1), "the producer to know");
      offer(producer, 2);
      accept(rig, consumer, 2);
    });
  }

  test("W-21: regions that were moved by hand begin another epoch where they belong, once, and the stream flows again", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const { epoch } = producer;
    renameSync(rig.baseDir, `${rig.baseDir}.moved`);
    rig.clock.jump(SECOND_NS);
    rig.until(() => producer.epoch > epoch, "another epoch");
    const next = producer.epoch;
    rig.until(() => consumer.epoch === BigInt(next), "the consumer to follow");
    rig.clock.jump(0.9 * SECOND_NS);
    rig.step();
    rig.clock.jump(0.9 * SECOND_NS);
    rig.until(() => producer.hasReaders(1), "the producer to know");
    offer(producer, 2);
    accept(rig, consumer, 2);
    expect(producer.epoch).toBe(next);
    expect(producer.regions.headerRing.uri).toContain(`${rig.baseDir}/`);
  });

  test("W-22: a seq that goes back unmaps, and the next announce maps the stream again", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const send = descriptorSender(rig);
    offer(producer, 3);
    accept(rig, consumer, 3);
    send({ epoch: BigInt(producer.epoch), seq: 0n });
    rig.until(() => {
      consumer.poll(() => undefined);
      return !consumer.isMapped || consumer.counters.of.maps.value > 1;
    }, "the consumer to unmap");
    rig.clock.jump(SECOND_NS);
    rig.until(() => consumer.isMapped, "the stream to be mapped again");
    rig.until(() => {
      producer.offer(BYTES, SHAPE);
      consumer.poll(() => undefined);
      return consumer.counters.of.accepted.value >= 5;
    }, "frames again");
  });
});

describe("W-23: descriptors that are not for the mapped epoch", () => {
  test("of other epochs, other streams, and without anything mapped: ignored and counted, nothing is read", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const send = descriptorSender(rig);
    offer(producer, 1);
    send({ epoch: BigInt(producer.epoch) + 1n, seq: 1n });
    send({ epoch: BigInt(producer.epoch) - 1n, seq: 2n });
    // Beyond 2^53 two epochs must not look alike because of rounding.
    send({ epoch: BigInt(producer.epoch) | (1n << 63n), seq: 3n });
    send({ streamId: STREAM_ID + 1, epoch: BigInt(producer.epoch), seq: 4n });
    rig.settle();
    accept(rig, consumer, 1);
    rig.until(() => {
      consumer.poll(() => undefined);
      return consumer.counters.of.foreignEpoch.value === 3;
    }, "three foreign epochs");
    offer(producer, 1);
    accept(rig, consumer, 2);
    expect(totalLost(consumer.counters)).toBe(0);
    await rig.scheduler.remove(producer);
    rig.until(() => !consumer.isMapped, "the end of the stream");
    send({ epoch: BigInt(producer.epoch), seq: 2n });
    rig.until(() => {
      consumer.poll(() => undefined);
      return consumer.counters.of.unmapped.value === 1;
    }, "one descriptor while nothing is mapped");
  });

  test("W-16: a header index that does not belong to the seq is counted and never used as an address", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const send = descriptorSender(rig);
    const epoch = BigInt(producer.epoch);
    for (const [seq, headerIndex] of [
      [0n, 1],
      [1n, 8],
      [2n, 0xffff_ffff],
    ] as const)
      send({ epoch, seq, headerIndex });
    rig.until(() => {
      consumer.poll(() => undefined);
      return consumer.counters.of.identity.value === 3;
    }, "three refused descriptors");
    expect(consumer.counters.of.accepted.value).toBe(0);
  });

  test("descriptors of frames that were never written, or of slots that are all zero, are refused", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const send = descriptorSender(rig);
    const epoch = BigInt(producer.epoch);
    // A ring that was never used holds the commit word 0, which is that of "frame 0, committed".
    send({ epoch, seq: 0n });
    // Of a frame that no slot bears out not even a gap is counted.
    send({ epoch, seq: 5n });
    rig.until(() => {
      consumer.poll(() => undefined);
      return consumer.counters.of.messagesRefused.value === 1;
    }, "both of them to be counted");
    expect(totalLost(consumer.counters)).toBe(1);
    expect(consumer.counters.of.accepted.value).toBe(0);
  });
});

describe("ends", () => {
  test("close leaves no mapping, no descriptor and no file, and is idempotent for both", async () => {
    const mappings = Mapping.openCount;
    const rig = new Rig();
    const { producer, consumer } = rig.pair();
    offer(producer, 2);
    accept(rig, consumer, 2);
    expect(Mapping.openCount).toBe(mappings + 4);
    await consumer.onClose();
    await consumer.onClose();
    expect(Mapping.openCount).toBe(mappings + 2);
    await producer.onClose();
    await producer.onClose();
    expect(Mapping.openCount).toBe(mappings);
    expect(existsSync(rig.baseDir)).toBe(false);
    expect(consumer.poll(() => undefined)).toBe(0);
    expect(consumer.doWork(0)).toBe(0);
    expect(producer.doWork(0)).toBe(0);
    expect(consumer.skip("gap")).toBe(false);
    expect(producer.offer(BYTES, SHAPE)).not.toBe("published");
    await rig[Symbol.asyncDispose]();
    expect(heldBelow(rig.directory.path)).toEqual({ descriptors: 0, mappings: 0 });
  });

  test("W-08: a second producer of the same stream is refused, wherever its regions are; a refused one leaves nothing open", async () => {
    await using rig = new Rig();
    const first = rig.producer();
    const held = heldBelow(rig.directory.path);
    for (const overrides of [{}, { instanceId: `other-${STREAM_ID}` }, { baseDir: rig.directory.at("elsewhere") }]) {
      expect(() => rig.producer({}, overrides)).toThrow(
        `stream ${STREAM_ID} is owned by another standalone producer (process ${process.pid}) in ${rig.aeronDir}: end that producer, or choose another`,
      );
      expect(heldBelow(rig.directory.path)).toEqual(held);
    }
    expect(rig.producer({ streamId: STREAM_ID + 1 }).epoch).toBeGreaterThan(0);
    await rig.scheduler.remove(first);
    expect(rig.producer().epoch).toBeGreaterThan(0);
  });

  test("W-26: a consumer whose base directories do not hold the regions refuses them, says why, and stays alive", async () => {
    await using rig = new Rig();
    rig.producer();
    const consumer = rig.consumer({ baseDirs: AllowedBaseDirs.resolve([rig.directory.at("elsewhere")]) });
    rig.until(() => consumer.refusal !== null, "a refusal");
    expect(consumer.refusal?.rule).toBe("W-26");
    expect(consumer.isMapped).toBe(false);
    expect(consumer.counters.of.regionsRefused.value).toBe(1);
  });

  test("the sum of frames published is the owner's, seen through its QoS: a gap at the very end is counted", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    offer(producer, 2);
    accept(rig, consumer, 2);
    producer.tryClaim(4)?.abort();
    producer.tryClaim(4)?.abort();
    await rig.scheduler.remove(producer);
    rig.until(() => !consumer.isMapped, "the end of the stream");
    expect(consumer.counters.of.gap.value).toBe(2);
  });

  test("timestamps of one process's clock are CLOCK_MONOTONIC for all", () => {
    const uptimeNs = BigInt(
      Math.round(Number(require("node:fs").readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1e9),
    );
    const differenceNs = monotonic.toBigint(processNs()) - uptimeNs;
    expect(differenceNs > -1_000_000_000n && differenceNs < 1_000_000_000n).toBe(true);
  });
});
