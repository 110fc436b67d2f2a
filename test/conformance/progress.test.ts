import { describe, expect, test } from "bun:test";
import {
  DEFAULT_PROGRESS,
  PROGRESS_FLOOR,
  ProgressThrottle,
  strictestDemand,
} from "../../src/protocol/progress-throttle.ts";
import type { ConsumerOptions } from "../../src/roles/consumer-options.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";
import { settle, voice, Wiretap } from "./wiretap.ts";

const ROWS = { dtype: "uint8", dims: [64, 64] } as const;
const CONSUMER_ID = 4242;

/** A consumer that reads progress, and what it was shown. */
function progressOptions(shown: [seq: number, bytes: number, rows: number | null][]): Partial<ConsumerOptions> {
  return {
    consumerId: CONSUMER_ID,
    progress: {
      intervalUs: 100,
      bytesDelta: 4096,
      handler: (frame, rowsFilled) => void shown.push([frame.seq, frame.byteLength, rowsFilled]),
    },
  };
}

describe("W-41, W-42, W-43: FrameProgress", () => {
  test("W-41: is sent only while some consumer has said that it reads progress", async () => {
    await using rig = new Rig();
    const tap = new Wiretap(rig);
    const { producer } = rig.pair();
    const claim = producer.tryClaim(4096);
    claim?.beginProgress(ROWS);
    rig.clock.jump(1e6);
    claim?.reportProgress(2048);
    claim?.commit(ROWS);
    settle(rig);
    expect(producer.isProgressWanted).toBe(false);
    expect(tap.of("FrameProgress")).toEqual([]);
  });

  test("W-41: STARTED, PROGRESS, COMPLETE, never back, with the frame's seq and no more bytes than it has", async () => {
    await using rig = new Rig();
    const tap = new Wiretap(rig);
    const { producer } = rig.pair({}, {}, progressOptions([]));
    rig.until(() => producer.isProgressWanted, "a reader of progress");
    for (let n = 0; n < 2; n++) {
      const claim = producer.tryClaim(4096);
      claim?.beginProgress(ROWS);
      for (let rows = 16; rows <= 64; rows += 16) {
        rig.clock.jump(1e6);
        claim?.reportProgress(rows * 64, rows);
        rig.step();
      }
      expect(() => claim?.reportProgress(64)).toThrow(expect.objectContaining({ code: "progress" }));
      expect(() => claim?.reportProgress(4097)).toThrow(expect.objectContaining({ code: "progress" }));
      claim?.commit(ROWS);
    }
    settle(rig);
    const said = tap
      .of("FrameProgress")
      .map(({ frameId, state, payloadBytesFilled }) => [frameId, state, Number(payloadBytesFilled)]);
    for (const seq of ["0", "1"]) {
      const ofFrame = said.filter(([frameId]) => frameId === seq);
      expect(ofFrame.map(([, state]) => state)).toEqual([
        "STARTED",
        "PROGRESS",
        "PROGRESS",
        "PROGRESS",
        "PROGRESS",
        "COMPLETE",
      ]);
      expect(ofFrame.map(([, , bytes]) => bytes)).toEqual([0, 1024, 2048, 3072, 4096, 4096]);
    }
    // The descriptor stays the only word that a frame is there.
    expect(tap.of("FrameDescriptor").map(({ seq }) => seq)).toEqual(["0", "1"]);
  });

  test("W-41: one that goes back, says more than the frame has, or names another slot is dropped and counted", async () => {
    await using rig = new Rig();
    const shown: [number, number, number | null][] = [];
    const { producer, consumer } = rig.pair({}, {}, progressOptions(shown));
    const say = voice(rig, "control");
    producer.tryClaim(4096)?.beginProgress(ROWS);
    const progress = {
      streamId: STREAM_ID,
      epoch: String(producer.epoch),
      headerIndex: 0,
      state: "PROGRESS",
      rowsFilled: null,
    };
    const refused = consumer.counters.of.progressRefused;
    settle(rig);
    shown.length = 0;
    say("FrameProgress", { ...progress, frameId: "0", payloadBytesFilled: "128" });
    rig.until(() => shown.length === 1, "the first rows");
    say("FrameProgress", { ...progress, frameId: "0", payloadBytesFilled: "64" });
    rig.until(() => refused.value === 1, "one that went back");
    say("FrameProgress", { ...progress, frameId: "0", payloadBytesFilled: "4097" });
    rig.until(() => refused.value === 2, "one beyond the frame");
    say("FrameProgress", { ...progress, frameId: "1", payloadBytesFilled: "64" });
    rig.until(() => refused.value === 3, "one of another slot");
    // Of another epoch, and of a frame that is not being written: no process's fault, and nothing to see.
    say("FrameProgress", { ...progress, epoch: "1", frameId: "0", payloadBytesFilled: "256" });
    say("FrameProgress", { ...progress, headerIndex: 3, frameId: "3", payloadBytesFilled: "256" });
    settle(rig);
    expect(shown).toEqual([[0, 128, null]]);
    expect(refused.value).toBe(3);
  });

  test("W-42: the smallest interval and delta that are asked for win, but not below the producer's floors", () => {
    expect(DEFAULT_PROGRESS).toEqual({ intervalNs: 250_000, bytesDelta: 65_536 });
    const asked = [
      { intervalNs: 500_000, bytesDelta: 10_000 },
      { intervalNs: 100_000, bytesDelta: 80_000 },
    ];
    expect(strictestDemand(asked)).toEqual({ intervalNs: 100_000, bytesDelta: 10_000 });
    expect(strictestDemand([...asked, { intervalNs: 1, bytesDelta: 1 }])).toEqual(PROGRESS_FLOOR);
  });

  test("W-42: intermediate updates are dropped, and the latest is sent when the interval has passed", () => {
    const throttle = new ProgressThrottle();
    const demand = { intervalNs: 250_000, bytesDelta: 65_536 };
    throttle.begin(0);
    const sent: [number, number][] = [];
    for (let nowNs = 10_000; nowNs <= 1_000_000; nowNs += 10_000) {
      const bytes = nowNs / 100;
      if (!throttle.isDue(nowNs, bytes, demand)) continue;
      throttle.sent(nowNs, bytes);
      sent.push([nowNs, bytes]);
    }
    expect(sent).toEqual([250_000, 500_000, 750_000, 1_000_000].map((nowNs) => [nowNs, nowNs / 100]));
    // Nothing new: nothing to send, however long ago the last one was.
    expect(throttle.isDue(9_000_000, 10_000, demand)).toBe(false);
  });

  test("W-43: a reader sees the filled prefix, or whole rows, of a frame that is being written, and nothing of it afterwards", async () => {
    await using rig = new Rig();
    const shown: [number, number, number | null][] = [];
    const { producer, consumer } = rig.pair({}, {}, progressOptions(shown));
    rig.until(() => producer.isProgressWanted, "a reader of progress");
    const claim = producer.tryClaim(4096);
    claim?.beginProgress(ROWS);
    for (const [bytes, rows] of [
      [100, null],
      [1000, 15],
      [4096, 64],
    ] as const) {
      rig.clock.jump(1e6);
      claim?.reportProgress(bytes, rows);
      settle(rig);
    }
    expect(shown.slice(-3)).toEqual([
      [0, 100, null],
      [0, 960, 15],
      [0, 4096, 64],
    ]);
    const before = shown.length;
    claim?.commit(ROWS);
    const say = voice(rig, "control");
    const progress = {
      streamId: STREAM_ID,
      epoch: String(producer.epoch),
      headerIndex: 0,
      state: "PROGRESS",
      rowsFilled: null,
    };
    say("FrameProgress", { ...progress, frameId: "0", payloadBytesFilled: "4096" });
    settle(rig);
    expect(shown.length).toBe(before);
    rig.until(() => consumer.poll(() => undefined) > 0, "the frame itself");
    expect(consumer.counters.of.accepted.value).toBe(1);
  });

  test("W-43: the header is there before the payload; of arrays with gaps only whole rows are shown", async () => {
    await using rig = new Rig();
    const shown: [number, number, number | null][] = [];
    const { producer, consumer } = rig.pair({}, {}, progressOptions(shown));
    rig.until(() => producer.isProgressWanted, "a reader of progress");
    const claim = producer.tryClaim(4096);
    claim?.beginProgress({ dtype: "uint8", dims: [32, 64], strides: [128, 1] });
    rig.clock.jump(1e6);
    claim?.reportProgress(1024, null);
    settle(rig);
    expect(shown.filter(([, bytes]) => bytes > 0)).toEqual([]);
    expect(consumer.counters.of.progressRefused.value).toBeGreaterThan(0);
    rig.clock.jump(1e6);
    claim?.reportProgress(2000, 15);
    settle(rig);
    expect(shown.at(-1)).toEqual([0, 1920, 15]);
  });
});
