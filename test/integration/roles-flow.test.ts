import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { configureLogging } from "../../src/core/logger.ts";
import { StreamWriter } from "../../src/core/stream-writer.ts";
import type { WaitPoint } from "../../src/core/wait-point.ts";
import type { FillState, Source, SourceState } from "../../src/io/types.ts";
import { contiguousLayout } from "../../src/protocol/frame-layout.ts";
import type { Consumer } from "../../src/roles/consumer.ts";
import { type ProducerCounters, totalLost } from "../../src/roles/counters.ts";
import type { OfferResult } from "../../src/roles/producer-options.ts";
import { SourcePump } from "../../src/roles/source-pump.ts";
import { Rig } from "../support/rig.ts";

const SHAPE = { dtype: "uint8", dims: [4] } as const;
const BYTES = new Uint8Array(4);

/** Claims whose outcome is counted. */
function outcomes({ of }: ProducerCounters): number {
  return (
    of.published.value +
    of.aborted.value +
    of.descriptorBackPressured.value +
    of.descriptorNotConnected.value +
    of.descriptorAdminAction.value +
    of.descriptorClosed.value
  );
}

/** A source of frames that arrive in parts, as from a pipe. */
class PartialSource implements Source {
  readonly description = "in parts";
  readonly live = false;
  layout = contiguousLayout("uint8", [4]);
  readonly maxByteLength = 4;
  readonly attributes = [];
  readonly nativeRateHz = null;
  /** What `fill` says next. */
  answer: FillState = "done";
  frames = 0;
  skipped = 0;
  isClosed = false;
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  poll(): SourceState {
    return this.frames + this.skipped < this.#count ? "ready" : "end";
  }

  fill(target: Uint8Array): FillState {
    target.fill(this.frames + 1);
    if (this.answer === "done") this.frames++;
    return this.answer;
  }

  skip(): FillState {
    this.skipped++;
    return "done";
  }

  close(): void {
    this.isClosed = true;
  }
}

function pump(
  rig: Rig,
  producer: ReturnType<Rig["producer"]>,
  source: Source,
  { waitConsumers = 0, count = Number.POSITIVE_INFINITY } = {},
) {
  const agent = new SourcePump(producer, source, {
    rateHz: null,
    count,
    waitConsumers,
    onDone: () => {
      state.isDone = true;
    },
  });
  const state = { isDone: false, agent };
  rig.add(agent);
  return state;
}

describe("--flow wait", () => {
  for (const nslots of [4, 8, 16, 32, 64, 256]) {
    test(`nothing is lost on the way through a ring of ${nslots} slots, however slow the reader`, async () => {
      await using rig = new Rig();
      const { producer, consumer } = rig.pair({ flow: "wait" }, { nslots });
      const frames = 5 * nslots + 50;
      const source = new PartialSource(frames);
      pump(rig, producer, source);
      const values: number[] = [];
      let step = 0;
      rig.until(() => {
        // The reader looks now and then, and takes one frame at a time.
        if (step++ % 3 === 0) consumer.poll((frame) => void values.push(frame.bytes[0] as number), { limit: 1 });
        return values.length === frames || totalLost(consumer.counters) > 0;
      }, "all frames");
      expect(totalLost(consumer.counters)).toBe(0);
      expect(values).toEqual(Array.from({ length: frames }, (_, n) => (n + 1) & 255));
    });
  }

  test("a source whose frame waits for a slot is not waited for", async () => {
    await using rig = new Rig();
    const { producer } = rig.pair({ flow: "wait" });
    const waitPoint: WaitPoint = { arm: () => true, wait: () => true };
    const source = Object.assign(new PartialSource(1), { waitPoint });
    const claims = Array.from({ length: 8 }, () => producer.tryClaim(4));
    const { agent } = pump(rig, producer, source);
    rig.step(3);
    expect([producer.lastRefusal, agent.waitPoint()]).toEqual(["slots-busy", null]);
    source.answer = "more";
    for (const claim of claims) claim?.abort();
    rig.step(3);
    expect([producer.counters.of.claimed.value, agent.waitPoint()]).toEqual([9, waitPoint]);
  });

  test("a ring too small for that is refused with the number that is needed, and leaves nothing behind", async () => {
    await using rig = new Rig();
    expect(() => rig.producer({ flow: "wait" }, { nslots: 2 })).toThrow("flow: wait needs at least 4 slots");
    expect(existsSync(rig.baseDir)).toBe(false);
  });

  test("a reader that takes nothing holds the source back until the time is up, then its frames are dropped and counted", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { producer, consumer } = rig.pair({ flow: "wait", waitTimeoutNs: 3e9 });
    rig.until(() => {
      producer.offer(BYTES, SHAPE);
      return producer.isWaiting;
    }, "a full window");
    expect(producer.tryClaim(4)).toBeNull();
    expect(producer.lastRefusal).toBe("waiting");
    rig.step(50);
    expect(producer.isWaiting).toBe(true);
    rig.clock.jump(3.1e9);
    rig.step(2);
    expect(producer.isWaiting).toBe(false);
    expect(producer.counters.of.waitTimeouts.value).toBe(1);
    expect(outcomes(producer.counters)).toBe(producer.counters.of.claimed.value);
    expect(consumer.counters.of.accepted.value).toBe(0);
  });

  test("a stream whose last reader has left waits once, logs that once, and continues as soon as a consumer reads again", async () => {
    const lines: string[] = [];
    configureLogging({ sink: { write: (text: string) => lines.push(text) } });
    try {
      await using rig = new Rig({ tellsPauses: false });
      const { producer, consumer } = rig.pair({ flow: "wait", waitTimeoutNs: 3e9 });
      const of = producer.counters.of;
      await rig.remove(consumer);
      rig.until(() => !producer.isConnected, "the reader to be gone");
      producer.offer(BYTES, SHAPE);
      rig.step(50);
      expect(producer.isWaiting).toBe(true);
      rig.clock.jump(3.1e9);
      rig.step(2);
      for (let n = 0; n < 20; n++) {
        expect(producer.isWaiting).toBe(false);
        producer.offer(BYTES, SHAPE);
      }
      expect([of.waits.value, of.waitTimeouts.value, of.descriptorNotConnected.value]).toEqual([1, 1, 21]);
      const said = lines.filter((line) => line.includes("no consumer reads"));
      expect(said.join("")).toMatch(/WARN .*stream 10000: waiting 3 s for one, then frames are dropped/);
      expect(said).toHaveLength(1);

      const next = rig.consumer();
      rig.until(() => next.isMapped && next.hasAttributes && producer.hasReaders(1), "another reader");
      rig.until(() => {
        producer.offer(BYTES, SHAPE);
        return producer.isWaiting;
      }, "a full window");
      // A reader is there: its frames have all the time that they had before.
      rig.step(50);
      expect(producer.isWaiting).toBe(true);
      expect(of.descriptorBackPressured.value).toBe(0);
      let got = 0;
      rig.until(() => {
        next.poll(() => void got++);
        return !producer.isWaiting && got === of.published.value;
      }, "all frames");
      await rig.remove(next);
      rig.until(() => !producer.isConnected, "the next reader to be gone");
      producer.offer(BYTES, SHAPE);
      expect(producer.isWaiting).toBe(true);
      expect(lines.filter((line) => line.includes("no consumer reads"))).toHaveLength(2);
    } finally {
      configureLogging({ sink: new StreamWriter(2) });
    }
  });

  test("frames that are held back when the producer closes have an outcome too", async () => {
    await using rig = new Rig();
    const producer = rig.producer({ flow: "wait" });
    rig.until(() => rig.connection.isReady, "the connection");
    producer.offer(BYTES, SHAPE);
    const claim = producer.tryClaim(4);
    expect(claim).toBeNull();
    expect(producer.isWaiting).toBe(true);
    await rig.scheduler.remove(producer);
    expect(outcomes(producer.counters)).toBe(producer.counters.of.claimed.value);
    expect(producer.counters.of.descriptorNotConnected.value).toBe(1);
  });

  test("a finite source ends when its readers have seen the last frame", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({ flow: "wait" });
    const source = new PartialSource(3);
    const state = pump(rig, producer, source, { waitConsumers: 1 });
    rig.until(() => source.frames === 3, "all frames to be published");
    rig.settle();
    expect(state.isDone).toBe(false);
    rig.until(() => {
      consumer.poll(() => undefined);
      return state.isDone;
    }, "the end");
    expect(consumer.counters.of.accepted.value).toBe(3);
    await rig.scheduler.close();
    expect(source.isClosed).toBe(true);
  });
});

describe("what becomes of an offered tensor", () => {
  test("with a full window it is queued and published later, so that nobody offers it twice", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({ flow: "wait" });
    const results: OfferResult[] = [];
    rig.until(() => {
      results.push(producer.offer(BYTES, SHAPE));
      return producer.isWaiting;
    }, "a full window");
    expect(results.pop()).toBe("queued");
    expect(new Set(results)).toEqual(new Set(["published"]));
    rig.until(() => {
      consumer.poll(() => undefined);
      return consumer.counters.of.accepted.value === results.length + 1;
    }, "every offered frame, once");
    expect(producer.counters.of.published.value).toBe(results.length + 1);
  });

  test("behind a slot that is being filled it is queued; in a burst as well", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({}, { nslots: 32 });
    const claim = producer.tryClaim(4);
    expect(producer.offer(BYTES, SHAPE)).toBe("queued");
    claim?.commit(SHAPE);
    producer.setBurst(true);
    expect(producer.offer(BYTES, SHAPE)).toBe("queued");
    producer.setBurst(false);
    expect(producer.offer(BYTES, SHAPE)).toBe("published");
    rig.until(() => {
      consumer.poll(() => undefined);
      return consumer.counters.of.accepted.value === 4;
    }, "all four frames");
  });

  test("one that finds no room is dropped, also when others went out with the same call", async () => {
    await using rig = new Rig();
    const { producer } = rig.pair();
    let dropped = 0;
    for (let n = 0; n < 40; n++) {
      const before = producer.counters.of.published.value;
      const result = producer.offer(BYTES, SHAPE);
      expect(result).toBe(producer.counters.of.published.value > before ? "published" : "descriptor-dropped");
      if (result === "descriptor-dropped") dropped++;
    }
    expect(dropped).toBe(producer.counters.of.descriptorBackPressured.value);
    expect(dropped).toBeGreaterThan(0);
  });
});

test("a stream of one frame has drained once its readers have read it, and not before", async () => {
  await using rig = new Rig();
  const { producer, consumer } = rig.pair();
  producer.offer(BYTES, SHAPE);
  producer.finish();
  // What a reader says of frame 0 it says of no frame, too.
  rig.clock.jump(1.1e9);
  rig.settle();
  expect(producer.isDrained).toBe(false);
  rig.until(() => {
    consumer.poll(() => undefined);
    return producer.isDrained;
  }, "the frame to be read");
  expect(consumer.counters.of.accepted.value).toBe(1);
});

describe("--flow drop", () => {
  test("a reader that takes nothing costs the producer nothing: descriptors are dropped and counted", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    for (let n = 0; n < 500; n++) {
      rig.step();
      expect(producer.tryClaim(4)?.commit(SHAPE)).toBeUndefined();
    }
    expect(producer.counters.of.claimed.value).toBe(500);
    expect(outcomes(producer.counters)).toBe(500);
    expect(producer.counters.of.descriptorBackPressured.value).toBeGreaterThan(0);
    drainAll(rig, consumer);
    expect(consumer.counters.of.accepted.value).toBeLessThanOrEqual(8);
  });

  test("nobody there at all: counted as not connected", async () => {
    await using rig = new Rig();
    const producer = rig.producer();
    expect(producer.offer(BYTES, SHAPE)).toBe("descriptor-dropped");
    rig.until(() => rig.connection.isReady, "the connection");
    expect(producer.offer(BYTES, SHAPE)).toBe("descriptor-dropped");
    expect(producer.counters.of.descriptorNotConnected.value).toBe(2);
  });

  test("a count of frames is one of the source's: without a consumer it is reached by frames that are dropped", async () => {
    await using rig = new Rig();
    const producer = rig.producer();
    const source = new PartialSource(Number.POSITIVE_INFINITY);
    const state = pump(rig, producer, source, { count: 10 });
    rig.until(() => state.isDone, "the end");
    expect(source.frames).toBe(10);
    const { claimed, published, descriptorNotConnected } = producer.counters.of;
    expect([claimed.value, published.value, descriptorNotConnected.value]).toEqual([10, 0, 10]);
  });

  test("a count includes frames that no pool holds", async () => {
    await using rig = new Rig();
    const producer = rig.producer();
    const source = new PartialSource(Number.POSITIVE_INFINITY);
    source.layout = contiguousLayout("uint8", [2 ** 20]);
    const state = pump(rig, producer, source, { count: 10 });
    rig.until(() => state.isDone, "the end");
    expect([source.skipped, producer.counters.of.noPool.value]).toEqual([10, 10]);
  });

  test("a healthy reader misses nothing while another one takes nothing at all", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({}, { nslots: 64 });
    const stuck = rig.consumer();
    rig.until(() => stuck.isMapped && producer.isConnected && producer.mappedConsumers === 2, "both consumers");
    let published = 0;
    // Of this process's own time: what a busy machine takes away from it between two steps does not count.
    let silenceNs = 0;
    let longestSilenceNs = 0;
    let lastNs = Bun.nanoseconds();
    rig.until(() => {
      if (producer.offer(BYTES, SHAPE) === "published") published++;
      const before = consumer.counters.of.accepted.value;
      consumer.poll(() => undefined);
      const nowNs = Bun.nanoseconds();
      silenceNs = consumer.counters.of.accepted.value > before ? 0 : silenceNs + Math.min(1e6, nowNs - lastNs);
      longestSilenceNs = Math.max(longestSilenceNs, silenceNs);
      lastNs = nowNs;
      return published >= 20_000;
    }, "20,000 frames");
    expect(longestSilenceNs).toBeLessThan(100e6);
    expect(stuck.counters.of.accepted.value).toBe(0);
  });
});

describe("a pause in the middle of a frame", () => {
  test("a source that was filling a slot continues with the next frame in the new epoch", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const source = new PartialSource(4);
    source.answer = "more";
    pump(rig, producer, source);
    rig.step(3);
    const { epoch } = producer;
    rig.clock.jump(6e9);
    rig.step();
    expect(producer.epoch).toBeGreaterThan(epoch);
    rig.until(() => consumer.epoch === BigInt(producer.epoch), "the new epoch to be mapped");
    source.answer = "done";
    rig.until(() => {
      consumer.poll(() => undefined);
      return consumer.counters.of.accepted.value > 0;
    }, "frames of the new epoch");
    expect(source.skipped).toBe(1);
    expect(outcomes(producer.counters)).toBe(producer.counters.of.claimed.value);
  });
});

function drainAll(rig: Rig, consumer: Consumer): void {
  for (let quiet = 0; quiet < 50; ) {
    rig.step();
    quiet = consumer.poll(() => undefined) === 0 ? quiet + 1 : 0;
  }
}
