import { describe, expect, test } from "bun:test";
import { type Attribute, attributeText, textAttribute } from "../../src/protocol/attribute.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { TestClient } from "../support/driver-client.ts";
import { DriverRig, smallPlan } from "../support/driver-rig.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";

const NARROW = "aeron:ipc?term-length=64k";
const MANY_POOLS = Array.from({ length: 15 }, (_, i) => ({ poolId: i + 1, strideBytes: 4096 * 2 ** (i % 4) }));

/** A folder whose path makes 15 regions longer than one message of the smallest terms. */
function longFolder(base: string): string {
  return `${base}/${"f".repeat(200)}/${"g".repeat(200)}/${"h".repeat(200)}`;
}

describe("messages that are longer than the smallest terms take", () => {
  test("W-45: large attributes reach a consumer together with the small ones, at the start and when they grow", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({
      attributes: [textAttribute("unit", "mm"), textAttribute("big", "x".repeat(9000))],
    });
    const lengthOf = (key: string): number => attributeText(consumer.attributes, key)?.length ?? -1;
    rig.until(() => lengthOf("big") === 9000, "the large attribute");
    expect([lengthOf("unit"), lengthOf("tensorpool.flow")]).toEqual([2, 4]);
    for (const length of [100_000, 900_000, 5]) {
      producer.setAttributes([textAttribute("unit", "mm"), textAttribute("big", "y".repeat(length))]);
      rig.until(() => lengthOf("big") === length, `${length} bytes`);
      expect(lengthOf("unit")).toBe(2);
    }
    expect(() => producer.setAttributes([textAttribute("big", "z".repeat(2 ** 20))])).toThrow("at most 1048576 bytes");
    expect(producer.counters.of.controlTooLong.value).toBe(0);
  });

  test("W-45: each version of the attributes is sent, also those that came before their publication was made, and the stream's end", async () => {
    await using rig = new Rig();
    const versions: [number, string | null][] = [];
    const onAttributes = (attributes: readonly Attribute[], metaVersion: number): void => {
      versions.push([metaVersion, attributeText(attributes, "big")?.slice(0, 1) ?? null]);
    };
    const { producer } = rig.pair({}, {}, { onAttributes });
    for (const [letter, length] of [
      ["a", 100_000],
      ["b", 900_000],
      ["c", 5],
    ] as const) {
      producer.setAttributes([textAttribute("big", letter.repeat(length))]);
    }
    producer.finish();
    expect(producer.isDrained).toBe(false);
    rig.until(() => producer.isDrained, "the versions to be sent");
    rig.until(() => versions.length === 4, "the versions to come");
    expect(versions).toEqual([
      [1, null],
      [2, "a"],
      [3, "b"],
      [4, "c"],
    ]);
  });

  test("a channel whose terms are too small for the attributes: counted as what it is, and frames flow", async () => {
    await using rig = new Rig();
    const streams = { ...DEFAULT_STREAMS, channel: NARROW };
    const producer = rig.producer({ streams, attributes: [textAttribute("big", "x".repeat(9000))] });
    const consumer = rig.consumer();
    rig.until(() => consumer.isMapped && producer.hasReaders(1), "the consumer to map the stream");
    rig.until(() => producer.counters.of.controlTooLong.value > 0, "the message to be refused");
    expect(producer.counters.of.controlFailed.value).toBe(0);
    expect(producer.offer(new Uint8Array(4), { dtype: "uint8", dims: [4] })).toBe("published");
    rig.until(() => consumer.poll(() => undefined) > 0, "the frame");
  });

  test("D-07: an attach to a stream with many long regions is granted, and its announce comes", async () => {
    await using rig = new DriverRig();
    const { storage } = rig.driverOptions();
    const driver = rig.startDriver({
      streams: [smallPlan(STREAM_ID, { pools: MANY_POOLS })],
      storage: { ...storage, baseDir: longFolder(rig.baseDir) },
    });
    const client = new TestClient(rig);
    const answer = client.attach();
    expect([answer["code"], (answer["payloadPools"] as unknown[]).length]).toEqual(["OK", 15]);
    rig.until(() => client.announcedEpochs().length > 0, "the announce");
    expect(driver.counters.of.messagesTooLong.value).toBe(0);
  });

  test("D-08: an answer that the driver's channel cannot take is a refusal that says so", async () => {
    await using rig = new DriverRig();
    const { storage, channels } = rig.driverOptions();
    const driver = rig.startDriver({
      channels: { ...channels, channel: NARROW },
      streams: [smallPlan(STREAM_ID, { pools: MANY_POOLS })],
      storage: { ...storage, baseDir: longFolder(rig.baseDir) },
    });
    const answer = new TestClient(rig).attach();
    expect(answer["code"]).toBe("INTERNAL_ERROR");
    expect(answer["errorMessage"]).toMatch(
      /^the answer of \d+ bytes is too long for the terms of the driver's channel$/,
    );
    rig.until(() => driver.counters.of.messagesTooLong.value > 0, "the count");
  });
});
