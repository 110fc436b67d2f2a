import { describe, expect, test } from "bun:test";
import { CountersReader } from "../../src/aeron/counters-reader.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import type { Consumer } from "../../src/roles/consumer.ts";
import type { Producer } from "../../src/roles/producer.ts";
import { FrameDescriptorDecoder } from "../../src/sbe/index.ts";
import { DescriptorSampler } from "../../src/supervision/descriptor-sampler.ts";
import { consumerViews, type SteeringRule, streamViews } from "../../src/supervision/model/index.ts";
import { Supervisor } from "../../src/supervision/supervisor.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";

const BYTES = new Uint8Array(16);
const SECOND_NS = 1e9;

function supervisorOf(rig: Rig, rules: readonly SteeringRule[] = []): Supervisor {
  const supervisor = rig.add(
    new Supervisor(rig.connection, { streams: DEFAULT_STREAMS, descriptorStreamIds: [], rules }),
  );
  rig.until(() => supervisor.isReady, "the supervisor to hear everything");
  return supervisor;
}

/** Publishes so many frames, each read at once. */
function flow(rig: Rig, producer: Producer, consumer: Consumer, count: number): void {
  for (let n = 0; n < count; n++) {
    expect(producer.offer(BYTES, { dtype: "uint8", dims: [16] })).toBe("published");
    rig.until(() => consumer.poll(() => undefined) > 0, "the frame");
    // The driver sees what was taken, and opens the window again.
    rig.step(2);
  }
}

/** Lets a second pass, in which everybody says what is due. */
function second(rig: Rig): void {
  rig.clock.jump(SECOND_NS);
  rig.settle();
}

describe("the supervisor beside real roles (W-46)", () => {
  test("names, counts, rates and processes are those of the roles", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const supervisor = supervisorOf(rig);
    const { producer, consumer } = rig.pair({ name: "camera" });
    rig.clock.hold();
    for (let i = 0; i < 6; i++) {
      flow(rig, producer, consumer, 20);
      second(rig);
    }
    expect(streamViews(supervisor.model, rig.clock.nanoTime())[0]?.framesPerSecond).toBeCloseTo(20, 6);
    // What roles count is looked at in the next second.
    second(rig);
    const nowNs = rig.clock.nanoTime();
    const [stream, ...others] = streamViews(supervisor.model, nowNs);
    expect(others).toEqual([]);
    const frames = producer.counters.of.published.value;
    expect(frames).toBe(120);
    expect(stream).toMatchObject({
      streamId: STREAM_ID,
      name: "camera",
      state: "live",
      epoch: BigInt(producer.epoch),
      seq: frames - 1,
      frames,
      bytes: frames * 16,
      consumers: 1,
      drops: 0,
      nslots: 8,
      pools: [{ poolId: 1, strideBytes: 4096 }],
    });
    const [reader] = consumerViews(supervisor.model, nowNs);
    expect(reader).toMatchObject({
      consumerId: consumer.consumerId,
      mode: "stream",
      lag: 0,
      accepted: frames,
      dropRatio: 0,
      causes: {},
    });
    expect(supervisor.observer.inbox.counts).toEqual({ refused: 0, inexact: 0 });
  });

  test("a ConsumerConfig by hand is obeyed, told as an event, and not taken for another's (W-39)", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const supervisor = supervisorOf(rig);
    const { consumer } = rig.pair();
    second(rig);
    const { consumerId } = consumer;
    supervisor.order({ streamId: STREAM_ID, consumerId, mode: "decimated", decimation: 4, useShm: true }, "a test");
    // The consumer says that it follows; of the 4, the supervisor hears by its own message, which may come later than that.
    const isKnown = (): boolean => supervisor.model.find(STREAM_ID, consumerId)?.decimation === 4;
    rig.until(isKnown, "the consumer to follow, and the order to be heard");
    const kinds = supervisor.model.events.after(0).map(({ kind }) => kind);
    expect(kinds.slice(-2)).toEqual(["config-sent", "mode-changed"]);
    expect(kinds).not.toContain("config-seen");
    expect(consumerViews(supervisor.model, rig.clock.nanoTime())[0]).toMatchObject({ decimation: 4 });
  });

  test("the newest descriptor that nobody has taken yet is read from the log, across ends of terms", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({}, { nslots: 64 });
    using reader = CountersReader.open(rig.aeronDir);
    const sampler = new DescriptorSampler([DEFAULT_STREAMS.descriptorStreamId]);
    sampler.follow(rig.aeronDir, reader.snapshot(DescriptorSampler.isWanted));
    expect(sampler.size).toBe(1);
    const decoder = new FrameDescriptorDecoder();
    const newest = (): number => {
      let seq = -1;
      sampler.sample((view, offset, length) => {
        expect(decoder.wrap(view, offset, length)).toBeNull();
        seq = decoder.seqNumber;
      });
      return seq;
    };
    // A term of 64 KiB holds 682 descriptors: this is more than three of them.
    for (let seq = 0; seq < 2200; seq++) {
      expect(producer.offer(BYTES, { dtype: "uint8", dims: [16] })).toBe("published");
      expect(newest()).toBe(seq);
      if (seq % 10 !== 9) continue;
      rig.until(() => consumer.poll(() => undefined) === 0, "the consumer to have read them");
      rig.step(2);
    }
    void rig.scheduler.remove(producer);
    rig.until(() => {
      sampler.follow(rig.aeronDir, reader.snapshot(DescriptorSampler.isWanted));
      return sampler.size === 0;
    }, "the publication to be gone");
    expect(newest()).toBe(-1);
    sampler.close();
  });
});
