import { describe, expect, test } from "bun:test";
import { consumerViews, streamDetail, streamViews } from "../../src/supervision/model/index.ts";
import { Supervised } from "../support/supervision.ts";

const LARGE = 2n ** 60n;

describe("the supervisor's view of streams (W-46)", () => {
  test("a stream appears, is lost after four silent periods, and is back with the next announce", () => {
    const it = new Supervised();
    it.announce();
    expect(it.news()).toEqual(["stream-appeared"]);
    for (let i = 0; i < 10; i++) {
      it.wait(1);
      it.announce();
    }
    it.wait(4);
    expect(it.news()).toEqual([]);
    it.wait(0.1);
    expect(it.news()).toEqual(["producer-lost"]);
    expect(it.lastText).toBe("producer 7 of stream 1 gave no sign of life for 4.1 s");
    expect(streamViews(it.model, it.nowNs)[0]).toMatchObject({ state: "lost", framesPerSecond: 0 });
    it.announce();
    expect(it.news()).toEqual(["producer-back"]);
  });

  test("frames are counted once while a former publication of the producer is seen beside its present one", () => {
    const it = new Supervised();
    const descriptor = (seq: number) =>
      it.model.onDescriptor(it.nowNs, { streamId: 1, epoch: 5n, seq, timestampNs: null, metaVersion: null });
    it.announce();
    for (let seq = 500; seq < 560; seq += 10) {
      descriptor(499);
      descriptor(seq);
      it.qosProducer(seq - 5);
      it.wait(0.25);
    }
    expect(streamViews(it.model, it.nowNs)[0]).toMatchObject({ frames: 551, framesPerSecond: 40.8 });
    // Two descriptors that no longer change are no sign of life.
    it.news();
    for (let i = 0; i < 20; i++) {
      descriptor(499);
      descriptor(550);
      it.wait(0.25);
    }
    expect(it.news()).toEqual(["producer-lost"]);
  });

  test("a pause of the supervisor itself is not taken for the silence of others", () => {
    const it = new Supervised();
    it.announce();
    it.qos(1);
    it.qos(2);
    it.news();
    it.nowNs += 12 * 1e9;
    it.model.onPaused(it.nowNs);
    it.wait(0);
    it.wait(4);
    expect(it.news()).toEqual([]);
    it.wait(0.1);
    expect(it.news()).toEqual(["producer-lost", "consumer-lost"]);
    expect(it.lastText).toContain("gave no sign of life for 16.1 s");
  });

  test("one hello, as of a tool that asks, makes no stream appear; a consumer repeats it", () => {
    const it = new Supervised();
    const hello = {
      consumerId: 7,
      sessionId: 1,
      mode: "stream",
      supportsShm: true,
      supportsProgress: false,
      maxRateHz: 0,
    } as const;
    it.model.onHello(it.nowNs, { ...hello, streamId: 5 });
    for (let streamId = 100; streamId < 400; streamId++) it.model.onHello(it.nowNs, { ...hello, streamId });
    expect([it.news(), it.model.streams.size]).toEqual([[], 0]);
    it.model.onHello(it.nowNs, { ...hello, streamId: 6 });
    it.wait(1);
    it.model.onHello(it.nowNs, { ...hello, streamId: 6 });
    expect([...it.model.streams.keys()]).toEqual([6]);
  });

  test("a new epoch is reported with both numbers, exact beyond 2^53, and counted as a restart", () => {
    const it = new Supervised();
    it.announce({ epoch: LARGE + 1n });
    it.announce({ epoch: LARGE + 2n });
    expect(it.lastText).toBe(`stream 1 went from epoch ${LARGE + 1n} to ${LARGE + 2n}`);
    const [stream] = [...it.model.streams.values()];
    expect(streamDetail(stream!, it.nowNs)).toMatchObject({ restarts: 1, epochs: [{ epoch: LARGE + 2n }] });
  });

  test("what is of an older epoch while the present one lives is counted and left aside", () => {
    const it = new Supervised();
    it.announce({ epoch: 9n });
    it.announce({ epoch: 8n });
    it.qosProducer(1_000, { epoch: 8n });
    it.model.onDescriptor(it.nowNs, { streamId: 1, epoch: 8n, seq: 999, timestampNs: null, metaVersion: null });
    expect(streamViews(it.model, it.nowNs)[0]).toMatchObject({ epoch: 9n, seq: null, restarts: 0 });
    expect(it.model.counts.staleEpochs).toBe(2);
  });

  test("the rate is the descriptors' where they are seen, else that of QoS; an epoch begins a new baseline", () => {
    const it = new Supervised();
    const descriptor = (seq: number, epoch = 5n): void =>
      it.model.onDescriptor(it.nowNs, { streamId: 1, epoch, seq, timestampNs: 1n, metaVersion: 1 });
    for (let i = 0; i <= 5; i++) {
      it.announce();
      it.qosProducer(i * 100);
      it.wait(1);
    }
    expect(streamViews(it.model, it.nowNs)[0]?.framesPerSecond).toBe(100);
    for (let i = 0; i <= 16; i++) {
      descriptor(600 + i * 50);
      it.wait(0.25);
    }
    expect(streamViews(it.model, it.nowNs)[0]).toMatchObject({ framesPerSecond: 200, seq: 1400 });
    it.announce({ epoch: 6n });
    descriptor(3, 6n);
    expect(streamViews(it.model, it.nowNs)[0]).toMatchObject({ framesPerSecond: null, seq: 3 });
    it.wait(1);
    descriptor(13, 6n);
    expect(streamViews(it.model, it.nowNs)[0]?.framesPerSecond).toBe(10);
  });

  test("every how many frames a consumer takes is what it was told, also when a report from before comes after the order", () => {
    const it = new Supervised();
    const tell = (mode: "stream" | "decimated", decimation: number): boolean => {
      const fact = { streamId: 1, consumerId: 42, sessionId: 9, useShm: true, mode, decimation, fallbackUri: "" };
      return it.model.onConfig(it.nowNs, fact, true);
    };
    const seen = () => consumerViews(it.model, it.nowNs)[0];
    it.announce();
    it.qos(1);
    tell("decimated", 4);
    it.qos(2);
    expect(seen()).toMatchObject({ mode: "stream", decimation: null });
    it.qos(3, {}, "decimated");
    expect(seen()).toMatchObject({ mode: "decimated", decimation: 4 });
    tell("stream", 0);
    it.qos(4);
    it.qos(5, {}, "decimated");
    expect(seen()).toMatchObject({ mode: "decimated", decimation: null });
  });

  test("the newest descriptor that only lies there keeps nobody alive", () => {
    const it = new Supervised();
    it.announce();
    for (let i = 0; i < 20; i++) {
      it.wait(0.25);
      it.model.onDescriptor(it.nowNs, { streamId: 1, epoch: 5n, seq: 10, timestampNs: null, metaVersion: null });
    }
    expect(it.news()).toEqual(["stream-appeared", "producer-lost"]);
  });

  test("an announce without a producer ends the producer, and the stream is idle or lost", () => {
    const it = new Supervised();
    it.announce({ producerId: 0 });
    expect(streamViews(it.model, it.nowNs)[0]).toMatchObject({ state: "idle", producerId: null });
    it.announce({ producerId: 7 });
    it.announce({ producerId: 0 });
    expect(it.lastText).toBe("producer 7 of stream 1 is gone: it is announced without a producer");
  });

  test("name and attributes are those of the newest metaVersion (W-45)", () => {
    const it = new Supervised();
    it.announce();
    const source = { streamId: 1, producerId: 7, epoch: 5n, summary: "s" };
    it.model.onSource(it.nowNs, { ...source, metaVersion: 1, name: "camera" });
    expect(it.model.wantsMeta(1, 1)).toBe(true);
    it.model.onMeta(it.nowNs, { streamId: 1, metaVersion: 1, attributes: [{ key: "a", format: "b", text: null }] });
    expect(it.model.wantsMeta(1, 1)).toBe(false);
    it.model.onSource(it.nowNs, { ...source, metaVersion: 2, name: "camera" });
    expect(it.model.wantsMeta(1, 2)).toBe(true);
    expect(streamDetail(it.model.streams.get(1)!, it.nowNs)).toMatchObject({ name: "camera", attributes: [] });
  });

  test("what was lost for long is forgotten, the stream last", () => {
    const it = new Supervised({ forgetNs: 30e9 });
    it.announce();
    it.qos(0);
    it.wait(3);
    it.announce();
    it.wait(2);
    expect(it.model.consumerCount).toBe(1);
    it.wait(26);
    expect(it.model.consumerCount).toBe(0);
    it.wait(5);
    expect(it.model.streams.size).toBe(0);
    expect(it.news()).toEqual([
      "stream-appeared",
      "consumer-appeared",
      "consumer-lost",
      "producer-lost",
      "stream-forgotten",
    ]);
  });

  test("streams, consumers and events are bounded, and what finds no room is counted", () => {
    const it = new Supervised({ maxStreams: 10, maxConsumers: 20, maxEvents: 5 });
    for (let streamId = 1; streamId <= 15; streamId++) it.announce({ streamId });
    for (let consumerId = 1; consumerId <= 30; consumerId++) it.qos(0, { consumerId });
    expect(it.model.streams.size).toBe(10);
    expect(it.model.consumerCount).toBe(20);
    expect(it.model.counts).toMatchObject({ streamsRefused: 5, consumersRefused: 10 });
    expect(it.model.events.after(0).map(({ id }) => id)).toEqual([26, 27, 28, 29, 30]);
  });
});

describe("the supervisor's view of consumers", () => {
  test("lag and drops are exact, and the ratio is that of the frames that passed (W-44)", () => {
    const it = new Supervised();
    it.announce();
    for (let i = 0; i <= 5; i++) {
      it.wait(1);
      it.announce();
      it.qosProducer(i * 1000 + 30);
      it.qos(i * 1000, { gap: i * 8, late: i * 2 });
    }
    const [consumer] = consumerViews(it.model, it.nowNs);
    expect(consumer).toMatchObject({ lag: 30, drops: { total: 50, perSecond: 10 }, dropRatio: 0.01 });
    expect(consumer).toMatchObject({ gap: { total: 40, perSecond: 8 }, late: { total: 10, perSecond: 2 } });
    expect(consumer).toMatchObject({ framesPerSecond: 1000, epoch: 5n, mode: "stream" });
  });

  test("causes that are not on the wire come from its counters, and are drops as well", () => {
    const it = new Supervised();
    it.announce();
    it.qos(0);
    const counts = (sinkTooSlow: number) => new Map(Object.entries({ accepted: 9, gap: 3, sinkTooSlow, resync: 0 }));
    const fact = { streamId: 1, clientId: 42, role: "consumer", pid: 12 } as const;
    it.model.onCounters(it.nowNs, { ...fact, counts: counts(4) });
    it.wait(1);
    it.qos(100, { gap: 3 });
    const [consumer] = consumerViews(it.model, it.nowNs);
    expect(consumer).toMatchObject({ pid: 12, accepted: 9, drops: { total: 7 } });
    expect(Object.keys(consumer?.causes ?? {})).toEqual(["gap", "sinkTooSlow"]);
  });

  test("counters make nobody known, and are no sign of life", () => {
    const it = new Supervised();
    it.announce();
    const fact = { streamId: 1, clientId: 42, role: "consumer", pid: 12, counts: new Map([["gap", 3]]) } as const;
    it.model.onCounters(it.nowNs, fact);
    expect(it.model.consumerCount).toBe(0);
    it.qos(0);
    for (let i = 0; i < 5; i++) {
      it.wait(1);
      it.model.onCounters(it.nowNs, fact);
    }
    expect(it.news()).toContain("consumer-lost");
  });

  test("a consumer with nothing mapped has no lag, and mapping another epoch makes no spike", () => {
    const it = new Supervised();
    it.announce();
    it.qosProducer(500);
    it.qos(0, { epoch: 0n });
    expect(consumerViews(it.model, it.nowNs)[0]).toMatchObject({ epoch: null, lag: null, lastSeqSeen: null });
    it.wait(1);
    it.qos(1_000_000, { gap: 1_000_000 });
    expect(consumerViews(it.model, it.nowNs)[0]).toMatchObject({ dropRatio: null, drops: { total: 1_000_000 } });
    it.wait(1);
    it.qos(1_000_100, { gap: 1_000_001 });
    expect(consumerViews(it.model, it.nowNs)[0]).toMatchObject({ dropRatio: 0.01, drops: { perSecond: 1 } });
  });

  test("a second session under an id is reported once when both continue, and taken over when the first falls silent (W-38)", () => {
    const it = new Supervised();
    it.announce();
    it.news();
    for (let i = 0; i < 5; i++) {
      it.wait(0.5);
      it.announce();
      it.qos(i, { sessionId: 1, gap: 1 });
      it.wait(0.5);
      it.qos(i, { sessionId: 2, gap: 5 });
    }
    expect(it.news()).toEqual(["consumer-appeared", "duplicate-id"]);
    expect(consumerViews(it.model, it.nowNs)[0]).toMatchObject({ conflicts: 4, drops: { total: 1 }, sessionId: 1 });
    for (let i = 0; i < 3; i++) {
      it.wait(1);
      it.announce();
      it.qos(i, { sessionId: 2, gap: 5 });
    }
    expect(it.news()).toEqual(["consumer-restarted"]);
    expect(consumerViews(it.model, it.nowNs)[0]).toMatchObject({ restarts: 1, drops: { total: 5 }, sessionId: 2 });
  });

  test("drops above the threshold are an event when they last, and settled when they end for as long", () => {
    const it = new Supervised({ dropRatio: 0.01, dropForNs: 5e9 });
    let [seq, gap] = [0, 0];
    const run = (seconds: number, lostPerSecond: number): void => {
      for (let i = 0; i < seconds; i++) {
        it.wait(1);
        it.announce();
        gap += lostPerSecond;
        seq += 100;
        it.qos(seq, { gap });
      }
    };
    run(5, 0);
    it.news();
    run(4, 10);
    expect(it.news()).toEqual([]);
    run(6, 10);
    expect(it.news()).toEqual(["drops-above"]);
    run(20, 10);
    expect(it.news()).toEqual([]);
    run(12, 0);
    expect(it.news()).toEqual(["drops-settled"]);
  });

  test("a consumer whose lease ends is gone at once; the same notice again says nothing", () => {
    const it = new Supervised();
    it.announce();
    it.qos(0);
    it.news();
    const fact = {
      leaseId: LARGE,
      streamId: 1,
      clientId: 42,
      role: "consumer",
      reason: "EXPIRED",
      errorMessage: "",
    } as const;
    it.model.onRevoked(it.nowNs, fact);
    expect(it.news()).toEqual(["lease-revoked", "consumer-lost"]);
    it.model.onRevoked(it.nowNs, fact);
    expect(it.news()).toEqual([]);
    it.model.onDriverShutdown(it.nowNs, "ADMIN", "maintenance");
    expect(it.lastText).toBe("the driver shut down (ADMIN): maintenance; every lease has ended");
  });

  test("messages under way when an end is announced bring no participant back, and an orderly end is no warning", () => {
    const it = new Supervised();
    it.announce();
    it.qos(5);
    it.news();
    const fact = { leaseId: 1n, streamId: 1, reason: "DETACHED", errorMessage: "" } as const;
    it.model.onRevoked(it.nowNs, { ...fact, clientId: 42, role: "consumer" });
    it.model.onRevoked(it.nowNs, { ...fact, leaseId: 2n, clientId: 7, role: "producer" });
    it.wait(0.2);
    it.qos(6, { gap: 3 });
    it.qosProducer(9);
    it.model.onDescriptor(it.nowNs, { streamId: 1, epoch: 5n, seq: 8, timestampNs: null, metaVersion: null });
    it.model.onDescriptor(it.nowNs, { streamId: 1, epoch: 5n, seq: 9, timestampNs: null, metaVersion: null });
    expect(it.news()).toEqual(["lease-revoked", "consumer-lost", "lease-revoked", "producer-lost"]);
    expect(consumerViews(it.model, it.nowNs)[0]).toMatchObject({ state: "lost", drops: { total: 3 } });
    expect(it.model.events.after(0).some(({ severity }) => severity === "warning")).toBe(false);
    it.wait(1);
    it.qos(7, { gap: 3 });
    it.announce({ producerId: 8, epoch: 6n });
    expect(it.news()).toEqual(["epoch-changed", "producer-back"]);
  });

  test("D-14: a consumer whose lease expired is not back by a late message of it, but by another lease, or when it keeps on speaking", () => {
    const expire = (): Supervised => {
      const it = new Supervised();
      it.announce();
      it.qos(5);
      const lease = { leaseId: 1n, streamId: 1, clientId: 42, role: "consumer" } as const;
      it.model.onRevoked(it.nowNs, { ...lease, reason: "EXPIRED", errorMessage: "" });
      it.wait(6);
      it.news();
      // Stopped for six seconds, it says one thing more before it finds its lease expired.
      it.qos(6);
      expect(it.news()).toEqual([]);
      expect(consumerViews(it.model, it.nowNs)[0]).toMatchObject({ state: "lost" });
      return it;
    };
    const granted = expire();
    const request = { correlationId: 9n, streamId: 1, clientId: 42, role: "consumer" } as const;
    granted.model.onAttachRequest(granted.nowNs, request);
    granted.model.onAttachAnswer(granted.nowNs, { correlationId: 9n, code: "OK", leaseId: 2n, errorMessage: "" });
    granted.qos(0);
    expect(granted.news()).toEqual(["lease-granted", "consumer-back"]);
    const speaking = expire();
    speaking.announce();
    speaking.wait(1);
    speaking.qos(7);
    expect(speaking.news()).toContain("consumer-back");
  });

  test("an attach is reported with its answer", () => {
    const it = new Supervised();
    const request = { streamId: 1, clientId: 42, role: "producer" } as const;
    it.model.onAttachRequest(it.nowNs, { ...request, correlationId: 1n });
    it.model.onAttachRequest(it.nowNs, { ...request, correlationId: 1n });
    it.model.onAttachRequest(it.nowNs, { ...request, correlationId: 2n });
    const answer = { leaseId: null, errorMessage: "there is a producer" };
    it.model.onAttachAnswer(it.nowNs, { ...answer, correlationId: 2n, code: "REJECTED" });
    expect(it.lastText).toBe("producer 42 was refused a lease of stream 1: REJECTED: there is a producer");
    it.model.onAttachAnswer(it.nowNs, { correlationId: 1n, code: "OK", leaseId: 9n, errorMessage: "" });
    it.model.onAttachAnswer(it.nowNs, { correlationId: 1n, code: "OK", leaseId: 9n, errorMessage: "" });
    expect(it.news()).toEqual(["attach-refused", "lease-granted"]);
  });
});

describe("the lag of a consumer", () => {
  test("is that at its report, although the producer is heard of before and after it", () => {
    const it = new Supervised();
    it.announce();
    it.qosProducer(0);
    it.qos(0);
    const lag = (): number | null | undefined => consumerViews(it.model, it.nowNs)[0]?.lag;
    expect(lag()).toBe(0);
    for (let i = 1; i <= 5; i++) {
      it.wait(0.25);
      it.qos(i * 1000 - 1000 + 240);
      it.wait(0.75);
      it.qosProducer(i * 1000);
      expect(lag()).toBe(10);
    }
    // One that falls silent is where it was.
    it.wait(3);
    it.qos(4990);
    expect(lag()).toBe(10);
  });
});
