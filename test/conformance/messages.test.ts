import { describe, expect, test } from "bun:test";
import { CADENCE_NS } from "../../src/protocol/stream-ids.ts";
import { totalLost } from "../../src/roles/counters.ts";
import type { Producer } from "../../src/roles/producer.ts";
import { type JsonFields, RESPONSE_CODE_INFO } from "../../src/sbe/index.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";
import { settle, voice, Wiretap } from "./wiretap.ts";

const SHAPE = { dtype: "uint8", dims: [4] } as const;
const BYTES = new Uint8Array(4);
const CONSUMER_ID = 4242;

/** Lets the cadence pass once and everything that it causes be heard. */
function passCadence(rig: Rig): void {
  rig.clock.jump(CADENCE_NS);
  settle(rig);
}

function offer(rig: Rig, producer: Producer, count: number): void {
  for (let n = 0; n < count; n++) {
    rig.until(() => producer.offer(BYTES, SHAPE) === "published", "room for a frame");
    rig.step(2);
  }
}

describe("W-37: ShmPoolAnnounce", () => {
  test("W-37: is sent at cadence and on every change, with absolute URIs and everything that W-24 asks for", async () => {
    await using rig = new Rig();
    const tap = new Wiretap(rig);
    const producer = rig.producer();
    rig.until(() => tap.of("ShmPoolAnnounce").length > 0, "an announce");
    tap.forget();
    for (let second = 0; second < 3; second++) passCadence(rig);
    const announces = tap.of("ShmPoolAnnounce");
    expect(announces.length).toBeGreaterThanOrEqual(3);
    expect(announces[0]).toMatchObject({
      streamId: STREAM_ID,
      epoch: String(producer.epoch),
      layoutVersion: 1,
      headerNslots: 8,
      headerSlotBytes: 256,
      maxDims: 8,
      headerRegionUri: expect.stringMatching(/^shm:file\?path=\/[^?| ]+\/header\.ring$/),
      payloadPools: [
        { poolId: 1, poolNslots: 8, strideBytes: 4096, regionUri: expect.stringMatching(/^shm:file\?path=\//) },
      ],
    });
    const before = producer.epoch;
    tap.forget();
    // A pause beyond the readers' patience makes another epoch, which is announced without waiting for the cadence.
    rig.clock.jump(6 * CADENCE_NS);
    rig.step(3);
    expect(producer.epoch).toBeGreaterThan(before);
    rig.until(() => tap.of("ShmPoolAnnounce").some(({ epoch }) => epoch === String(producer.epoch)), "the new epoch");
  });
});

describe("W-24: announces that this version does not read", () => {
  test("W-24: another maxDims, headerSlotBytes or layoutVersion is refused, and the fallback used", async () => {
    for (const change of [{ maxDims: 7 }, { headerSlotBytes: 128 }, { layoutVersion: 2 }, { layoutVersion: 0 }]) {
      await using rig = new Rig();
      const consumer = rig.consumer({ fallback: { kind: "aeron", channel: "aeron:ipc" } });
      const say = voice(rig, "control");
      const uri = "shm:file?path=/dev/shm/nowhere";
      const announce: JsonFields = {
        streamId: STREAM_ID,
        producerId: 1,
        epoch: "5",
        layoutVersion: 1,
        headerNslots: 8,
        headerSlotBytes: 256,
        maxDims: 8,
        payloadPools: [{ poolId: 1, poolNslots: 8, strideBytes: 4096, regionUri: uri }],
        headerRegionUri: uri,
      };
      say("ShmPoolAnnounce", { ...announce, ...change });
      rig.until(() => consumer.refusal !== null, "a refusal");
      expect(consumer.refusal?.rule).toBe("W-24");
      expect(consumer.refusal?.message).toContain(Object.keys(change)[0] as string);
      expect(consumer.state).toBe("fallback");
    }
  });
});

describe("W-38: ConsumerHello", () => {
  test("W-38: is sent at start and at cadence, with the id, mode and wishes of its consumer", async () => {
    await using rig = new Rig();
    const tap = new Wiretap(rig);
    rig.consumer({ consumerId: CONSUMER_ID, mode: "latest", maxRateHz: 30 });
    rig.until(() => tap.of("ConsumerHello").length > 0, "a hello");
    expect(tap.of("ConsumerHello")[0]).toMatchObject({
      streamId: STREAM_ID,
      consumerId: CONSUMER_ID,
      supportsShm: true,
      supportsProgress: false,
      mode: "LATEST",
      maxRateHz: 30,
      expectedLayoutVersion: 1,
    });
    tap.forget();
    for (let second = 0; second < 3; second++) passCadence(rig);
    expect(tap.of("ConsumerHello").length).toBeGreaterThanOrEqual(3);
  });

  test("W-38: a QosConsumer with my id from another session makes me pick another id and start over", async () => {
    await using rig = new Rig();
    const tap = new Wiretap(rig);
    const { producer, consumer } = rig.pair({}, {}, { consumerId: CONSUMER_ID });
    const say = voice(rig, "qos");
    const qos = { streamId: STREAM_ID, consumerId: CONSUMER_ID, epoch: String(producer.epoch), mode: "STREAM" };
    tap.forget();
    say("QosConsumer", { ...qos, lastSeqSeen: "0", dropsGap: "0", dropsLate: "0" });
    rig.until(() => consumer.consumerId !== CONSUMER_ID, "another id");
    rig.until(() => tap.of("ConsumerHello").some(({ consumerId }) => consumerId === consumer.consumerId), "its hello");
    expect(consumer.counters.of.idConflicts.value).toBe(1);
    // Its own QoS returns to it as well, and is no conflict.
    passCadence(rig);
    passCadence(rig);
    expect(consumer.counters.of.idConflicts.value).toBe(1);
  });
});

describe("W-39: ConsumerConfig", () => {
  const config = { streamId: STREAM_ID, consumerId: CONSUMER_ID, useShm: true, mode: "STREAM", decimation: 1 };

  test("W-39: one that is addressed to a consumer is obeyed, and those for others are not", async () => {
    await using rig = new Rig();
    const { consumer } = rig.pair({}, {}, { consumerId: CONSUMER_ID });
    const say = voice(rig, "control");
    say("ConsumerConfig", { ...config, consumerId: CONSUMER_ID + 1, mode: "LATEST", payloadFallbackUri: "" });
    say("ConsumerConfig", { ...config, streamId: STREAM_ID + 1, mode: "LATEST", payloadFallbackUri: "" });
    settle(rig);
    expect(consumer.mode).toBe("stream");
    say("ConsumerConfig", { ...config, mode: "DECIMATED", decimation: 4, payloadFallbackUri: "" });
    rig.until(() => consumer.mode === "decimated", "the mode that it was told");
    expect(consumer.counters.of.configsObeyed.value).toBe(1);
  });

  test("W-39: without shared memory it unmaps and uses the fallback it was given; with it again, it maps again", async () => {
    await using rig = new Rig();
    const { consumer } = rig.pair({}, {}, { consumerId: CONSUMER_ID });
    const say = voice(rig, "control");
    say("ConsumerConfig", { ...config, useShm: false, payloadFallbackUri: "bridge://edge-1" });
    rig.until(() => consumer.state === "fallback", "the fallback");
    expect(consumer.isMapped).toBe(false);
    expect(consumer.fallback).toEqual({ kind: "bridge", bridgeId: "edge-1" });
    say("ConsumerConfig", { ...config, payloadFallbackUri: "" });
    settle(rig);
    passCadence(rig);
    rig.until(() => consumer.isMapped, "the stream to be mapped again");
  });

  test("W-39: fallbacks other than Aeron channels and bridges are unsupported: refused, counted, and nothing is changed", async () => {
    await using rig = new Rig();
    const { consumer } = rig.pair({}, {}, { consumerId: CONSUMER_ID });
    const say = voice(rig, "control");
    const unsupported = ["http://host/", "bridge://", "aeron:", "shm:file?path=/x"];
    for (const payloadFallbackUri of unsupported) {
      say("ConsumerConfig", { ...config, mode: "LATEST", payloadFallbackUri });
    }
    rig.until(() => consumer.counters.of.configsRefused.value === unsupported.length, "refusals");
    expect([consumer.mode, consumer.state, consumer.fallback]).toEqual(["stream", "mapped", null]);
  });

  test("W-39: the producer may send it too", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({}, {}, { consumerId: CONSUMER_ID });
    producer.sendConsumerConfig({ consumerId: CONSUMER_ID, useShm: true, mode: "latest", decimation: 1 });
    rig.until(() => consumer.mode === "latest", "the mode that it was told");
  });
});

describe("W-40: modes", () => {
  test("W-40: DECIMATED takes every Nth frame, and what it leaves out is no drop", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({}, { nslots: 32 }, { mode: "decimated", decimation: 3 });
    const seqs: number[] = [];
    for (let n = 0; n < 12; n++) {
      offer(rig, producer, 1);
      consumer.poll((frame) => void seqs.push(frame.seq));
    }
    rig.until(() => {
      consumer.poll((frame) => void seqs.push(frame.seq));
      return consumer.counters.of.skipped.value + seqs.length === 12;
    }, "all frames");
    expect(seqs).toEqual([0, 3, 6, 9]);
    expect(totalLost(consumer.counters)).toBe(0);
  });

  test("W-40: a consumer holds to its own maxRateHz, whatever the stream's rate is", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({}, { nslots: 32 }, { maxRateHz: 10 });
    let read = 0;
    const startNs = rig.clock.nanoTime();
    // At least 2 s of 50 frames a second.
    for (let n = 0; n < 100; n++) {
      offer(rig, producer, 1);
      rig.clock.jump(20e6);
      consumer.poll(() => {
        read++;
      });
    }
    const seconds = (rig.clock.nanoTime() - startNs) / 1e9;
    expect(read).toBeGreaterThanOrEqual(18);
    expect(read).toBeLessThanOrEqual(seconds * 10 + 1);
    expect(consumer.counters.of.skipped.value).toBeGreaterThan(0);
    expect(totalLost(consumer.counters)).toBe(0);
  });
});

describe("W-44: QoS", () => {
  test("W-44: both roles report at cadence, and what they count never decreases within an epoch", async () => {
    await using rig = new Rig();
    const tap = new Wiretap(rig);
    const { producer, consumer } = rig.pair({}, {}, { consumerId: CONSUMER_ID });
    tap.forget();
    for (let second = 0; second < 5; second++) {
      offer(rig, producer, 2);
      producer.tryClaim(4)?.abort();
      offer(rig, producer, 1);
      rig.until(() => {
        consumer.poll(() => undefined);
        return consumer.counters.of.accepted.value === (second + 1) * 3;
      }, "the frames");
      passCadence(rig);
    }
    const ofConsumer = tap.of("QosConsumer");
    const ofProducer = tap.of("QosProducer");
    expect(ofConsumer.length).toBeGreaterThanOrEqual(5);
    expect(ofProducer.length).toBeGreaterThanOrEqual(5);
    for (const [messages, names] of [
      [ofConsumer, ["lastSeqSeen", "dropsGap", "dropsLate"]],
      [ofProducer, ["currentSeq"]],
    ] as const) {
      for (const name of names) {
        const values = messages.map((fields) => Number(fields[name]));
        expect(values).toEqual(values.toSorted((a, b) => a - b));
      }
    }
    expect(ofConsumer.at(-1)).toMatchObject({
      epoch: String(producer.epoch),
      lastSeqSeen: "19",
      dropsGap: "5",
      dropsLate: "0",
    });
    expect(ofProducer.at(-1)).toMatchObject({ currentSeq: "19" });
  });
});

describe("W-45, W-47: metadata and timestamps", () => {
  test("W-45: DataSourceMeta is sent at cadence and on change; a changed set of attributes bumps metaVersion", async () => {
    await using rig = new Rig();
    const tap = new Wiretap(rig);
    const producer = rig.producer();
    rig.until(() => tap.of("DataSourceMeta").length > 0, "metadata");
    passCadence(rig);
    const version = Number(tap.of("DataSourceMeta").at(-1)?.["metaVersion"]);
    tap.forget();
    producer.setAttributes([{ key: "unit", format: "text/plain", value: new TextEncoder().encode("mm") }]);
    rig.until(() => tap.of("DataSourceMeta").length > 0, "metadata on change");
    expect(tap.of("DataSourceMeta")[0]).toMatchObject({
      metaVersion: version + 1,
      attributes: expect.arrayContaining([{ key: "unit", format: "text/plain", value: btoa("mm") }]),
    });
    passCadence(rig);
    expect(tap.of("DataSourceAnnounce").at(-1)).toMatchObject({ metaVersion: version + 1, name: "test" });
  });

  test("W-47: the descriptor's timestamp is always there, and equals the header's", async () => {
    await using rig = new Rig();
    const tap = new Wiretap(rig);
    const { producer, consumer } = rig.pair();
    const inHeaders: string[] = [];
    for (const timestampNs of [undefined, 12_345n, 2n ** 63n + 1n]) {
      producer.tryClaim(4)?.commit({ ...SHAPE, ...(timestampNs === undefined ? {} : { timestampNs }) });
      rig.until(() => consumer.poll((frame) => void inHeaders.push(String(frame.timestampNs))) > 0, "the frame");
    }
    settle(rig);
    expect(tap.of("FrameDescriptor").map(({ timestampNs }) => timestampNs)).toEqual(inHeaders);
    expect(inHeaders.slice(1)).toEqual(["12345", String(2n ** 63n + 1n)]);
  });
});

describe("W-49: Heartbeat and ControlResponse", () => {
  test("W-49: a heartbeat is sent at announce cadence by a producer that was told to, and by no other", async () => {
    for (const heartbeat of [true, false]) {
      await using rig = new Rig();
      const tap = new Wiretap(rig);
      const producer = rig.producer({ heartbeat });
      rig.until(() => tap.of("ShmPoolAnnounce").length > 0, "an announce");
      for (let second = 0; second < 3; second++) passCadence(rig);
      const beats = tap.of("Heartbeat");
      if (heartbeat) {
        expect(beats.length).toBeGreaterThanOrEqual(3);
        expect(beats[0]).toMatchObject({ streamId: STREAM_ID, epoch: String(producer.epoch) });
      } else expect(beats).toEqual([]);
    }
  });

  test("W-49: ControlResponse has the codes as named", () => {
    const codes = { OK: 0, UNSUPPORTED: 1, INVALID_PARAMS: 2, REJECTED: 3, INTERNAL_ERROR: 4 };
    expect(RESPONSE_CODE_INFO.codes).toEqual(codes);
  });
});
