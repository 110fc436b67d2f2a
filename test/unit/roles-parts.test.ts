import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CycleClock } from "../../src/core/clock.ts";
import { CounterSet } from "../../src/core/counters.ts";
import { consumerCounters, LOSS_CAUSES, producerCounters, totalLost } from "../../src/roles/counters.ts";
import { DescriptorIntake, type ProvingRing } from "../../src/roles/descriptor-intake.ts";
import { DescriptorQueue } from "../../src/roles/descriptor-queue.ts";
import { MetadataCache } from "../../src/roles/metadata-cache.ts";
import { ReaderDirectory } from "../../src/roles/reader-directory.ts";
import {
  ConsumerHelloEncoder,
  DataSourceMetaDecoder,
  DataSourceMetaEncoder,
  FrameDescriptorEncoder,
  Mode,
  QosConsumerEncoder,
} from "../../src/sbe/generated/control/index.ts";

const STREAM_ID = 10_000;
const SECOND_NS = 1e9;

describe("DescriptorQueue", () => {
  test("agrees with a plain list that forgets its oldest when it is full", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(
          fc.oneof({ weight: 3, arbitrary: fc.constant("push") }, { weight: 2, arbitrary: fc.constant("drop") }),
          {
            maxLength: 200,
          },
        ),
        (capacity, actions) => {
          const queue = new DescriptorQueue(capacity);
          expect(queue.capacity).toBeGreaterThanOrEqual(capacity);
          const model: number[] = [];
          let seq = 2 ** 40;
          for (const action of actions) {
            if (action === "push") {
              const isFull = model.length === queue.capacity;
              expect(queue.push(seq)).toBe(isFull);
              if (isFull) model.shift();
              model.push(seq++);
            } else if (model.length > 0) {
              expect(queue.peekSeq()).toBe(model.shift() as number);
              queue.drop();
            }
            expect(queue.length).toBe(model.length);
          }
          queue.clear();
          expect(queue.length).toBe(0);
        },
      ),
    );
  });
});

describe("DescriptorIntake", () => {
  const view = new DataView(new ArrayBuffer(64));
  const encoder = new FrameDescriptorEncoder();

  /** `claimed`: frames that the ring's producer has claimed, for those that the ring is asked about. */
  function intakeOf(nslots: number, isFromStart = false, claimed = Number.MAX_SAFE_INTEGER) {
    const counters = consumerCounters();
    const back: string[] = [];
    const intake = new DescriptorIntake(STREAM_ID, counters, (why) => back.push(why), new CycleClock());
    const ring: ProvingRing = {
      nslots,
      isUntouched: isFromStart,
      hasReached: (seq) => seq < claimed,
      newestSeq: (after) => Math.max(after, intake.newestSeq),
    };
    intake.begin(5n, ring);
    const send = (
      seq: bigint,
      { epoch = 5n, headerIndex = Number(seq % BigInt(nslots)), streamId = STREAM_ID } = {},
    ) => {
      encoder
        .wrap(view, 0, 64)
        .setStreamId(streamId)
        .setEpochBigint(epoch)
        .setSeqBigint(seq)
        .setHeaderIndex(headerIndex);
      intake.onMessage(view, 0, FrameDescriptorEncoder.ENCODED_LENGTH);
    };
    return { counters, intake, send, back, ring };
  }

  test("W-19: gaps are counted by their length; whatever comes, received and gaps add up to the range of seqs", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 60 }), (steps) => {
        const { counters, intake, send } = intakeOf(16);
        let seq = -1;
        for (const step of steps) {
          seq += step;
          send(BigInt(seq));
        }
        const { gap, overwritten } = counters.snapshot();
        const first = (steps[0] as number) - 1;
        expect(intake.length + overwritten + gap).toBe(seq - first + 1);
        expect(intake.newestSeq).toBe(seq);
      }),
    );
  });

  test("W-19: what is missing before the first descriptor is a gap to a reader that was there from the start, else nothing", () => {
    for (const [isFromStart, gap] of [
      [true, 7],
      [false, 0],
    ] as const) {
      const { counters, intake, send } = intakeOf(16, isFromStart);
      send(7n);
      send(8n);
      expect([counters.of.gap.value, intake.length]).toEqual([gap, 2]);
    }
  });

  test("what was published before it was mapped is in no account, and what lies behind it no gap", () => {
    const { counters, intake, send, ring } = intakeOf(16);
    intake.end("left");
    intake.begin(5n, { ...ring, newestSeq: () => 40 });
    for (const seq of [7n, 8n, 41n, 42n, 45n]) send(seq);
    expect([counters.of.unmapped.value, counters.of.gap.value, intake.length, intake.joinedSeq]).toEqual([2, 2, 3, 40]);
  });

  test("knows the newest frame that its account leaves out, from the start or from the first descriptor", () => {
    expect(intakeOf(16, true).intake.joinedSeq).toBe(-1);
    const { intake, send } = intakeOf(16);
    expect(intake.joinedSeq).toBeNull();
    send(7n);
    send(8n);
    expect(intake.joinedSeq).toBe(6);
    intake.take();
    intake.take();
    expect(intake.joinedSeq).toBe(8);
  });

  test("W-22: a seq that goes back, or comes twice, is told, and changes nothing", () => {
    const { counters, intake, send, back } = intakeOf(16);
    for (const seq of [3n, 4n, 4n, 0n]) send(seq);
    expect(back).toEqual(["seq went back from 4 to 4", "seq went back from 4 to 0"]);
    expect(intake.newestSeq).toBe(4);
    expect(totalLost(counters)).toBe(0);
  });

  test("a descriptor of a frame that no slot bears out is refused, and makes no gap", () => {
    const { counters, intake, send } = intakeOf(16, true, 3);
    for (const seq of [0n, 2n ** 52n - 1n, 3n, 2n]) send(seq);
    expect([counters.of.messagesRefused.value, intake.newestSeq, totalLost(counters)]).toEqual([2, 2, 1]);
  });

  test("a seq beyond 2^53 is refused: two of them could look alike", () => {
    const { counters, intake, send } = intakeOf(16);
    send(1n);
    send(2n ** 53n);
    send(2n ** 64n - 1n);
    expect(counters.of.messagesRefused.value).toBe(2);
    expect(intake.newestSeq).toBe(1);
    send(2n);
    expect(intake.length).toBe(2);
    expect(totalLost(counters)).toBe(0);
  });

  test("W-23: epochs that differ in the upper half only are distinguished; after the end everything is unmapped", () => {
    const { counters, intake, send } = intakeOf(16);
    send(0n, { epoch: 5n + 2n ** 32n });
    send(0n, { epoch: 5n + 2n ** 63n });
    expect(counters.of.foreignEpoch.value).toBe(2);
    send(0n);
    intake.end("ended");
    expect([counters.of.detached.value, intake.length]).toEqual([1, 0]);
    send(1n);
    expect(counters.of.unmapped.value).toBe(1);
    expect(intake.length).toBe(0);
  });

  test("other streams' and other kinds of messages are no process's loss", () => {
    const { counters, intake, send } = intakeOf(16);
    send(0n, { streamId: STREAM_ID + 1 });
    intake.onMessage(view, 0, 3);
    expect(counters.list.every(({ value }) => value === 0)).toBe(true);
    intake.onMessage(view, 0, FrameDescriptorEncoder.ENCODED_LENGTH - 1);
    expect(counters.of.messagesRefused.value).toBe(1);
  });
});

describe("ReaderDirectory", () => {
  function directoryOf() {
    const { of } = new CounterSet({ refused: { help: "refused" } });
    const cycle = new CycleClock();
    const readers = new ReaderDirectory(STREAM_ID, of.refused, cycle);
    const view = new DataView(new ArrayBuffer(128));
    return {
      cycle,
      readers,
      refused: of.refused,
      hello(consumerId: number, streamId = STREAM_ID, intervalUs: number | null = null) {
        const message = new ConsumerHelloEncoder().wrap(view, 0, 128).setStreamId(streamId).setConsumerId(consumerId);
        message
          .setSupportsShm(1)
          .setSupportsProgress(0)
          .setMode(Mode.STREAM)
          .setMaxRateHz(0)
          .setExpectedLayoutVersion(1);
        if (intervalUs !== null) message.setSupportsProgress(1).setProgressIntervalUs(intervalUs);
        readers.onMessage(view, ConsumerHelloEncoder.ENCODED_LENGTH, 1);
      },
      qos(consumerId: number, epoch: number, lastSeqSeen: number, length = QosConsumerEncoder.ENCODED_LENGTH) {
        const message = new QosConsumerEncoder().wrap(view, 0, 128).setStreamId(STREAM_ID).setConsumerId(consumerId);
        message.setEpochNumber(epoch).setLastSeqSeenNumber(lastSeqSeen).setMode(Mode.STREAM);
        message.setDropsGapNumber(0).setDropsLateNumber(0);
        readers.onMessage(view, length, 1);
      },
    };
  }

  test("a consumer is news once; it counts as mapped when it says so, for the epoch that it names", () => {
    const { readers, hello, qos } = directoryOf();
    hello(1, STREAM_ID + 1);
    expect(readers.mustAnnounce).toBe(false);
    hello(1);
    expect(readers.mustAnnounce).toBe(true);
    readers.mustAnnounce = false;
    hello(1);
    expect(readers.mustAnnounce).toBe(false);
    expect(readers.mappedCount(7)).toBe(0);
    qos(1, 7, 0);
    expect(readers.mappedCount(7)).toBe(1);
    expect(readers.mappedCount(8)).toBe(0);
  });

  test("a stream has drained when every mapped consumer has said so since its end", () => {
    const { cycle, readers, qos } = directoryOf();
    expect(readers.haveSeen(7, 9, 0)).toBe(true);
    cycle.update(1 * SECOND_NS);
    qos(1, 7, 9);
    qos(2, 7, 3);
    qos(3, 6, 0);
    expect(readers.haveSeen(7, 9, 0)).toBe(false);
    qos(2, 7, 9);
    expect(readers.haveSeen(7, 9, 0)).toBe(true);
    // An answer from before the end says nothing about it.
    expect(readers.haveSeen(7, 9, 2 * SECOND_NS)).toBe(false);
  });

  test("what no reader of the stream can have seen drains nothing, and hides no reader that gets on", () => {
    const { readers, qos } = directoryOf();
    qos(1, 7, 2 ** 53 - 1);
    expect(readers.haveSeen(7, 9, 0)).toBe(false);
    qos(2, 7, 3);
    const before = readers.seenTotal(7, 9);
    qos(2, 7, 4);
    expect(readers.seenTotal(7, 9)).toBe(before + 1);
    // Of the only frame of a stream a reader proves nothing before it leaves.
    qos(3, 8, 0);
    expect(readers.haveSeen(8, 0, 0)).toBe(false);
    qos(3, 0, 0);
    expect(readers.haveSeen(8, 0, 0)).toBe(true);
  });

  test("a stricter demand of progress holds at once, a looser one when readers are looked at again (W-42)", () => {
    const { cycle, readers, hello } = directoryOf();
    cycle.update(SECOND_NS);
    hello(1, STREAM_ID, 400);
    hello(2, STREAM_ID, 200);
    hello(3);
    expect(readers.progressDemand?.intervalNs).toBe(200e3);
    hello(2, STREAM_ID, 300);
    readers.expire(SECOND_NS);
    expect(readers.progressDemand?.intervalNs).toBe(300e3);
    hello(1);
    hello(2);
    readers.expire(SECOND_NS);
    expect(readers.progressDemand).toBeNull();
  });

  test("ids without end do not make readers without end: those beyond the limit are refused", () => {
    const { readers, refused, hello, qos } = directoryOf();
    for (let id = 1; id <= 100_000; id++) hello(id, STREAM_ID, 200);
    for (let id = 1; id <= 100_000; id++) qos(id, 7, 0);
    expect(readers.mappedCount(7)).toBe(4096);
    expect(refused.value).toBe(2 * (100_000 - 4096));
    readers.expire(10 * SECOND_NS);
    qos(200_000, 7, 0);
    expect(readers.mappedCount(7)).toBe(1);
  });

  test("consumers that fell silent are forgotten; malformed messages are counted", () => {
    const { cycle, readers, refused, qos } = directoryOf();
    cycle.update(0);
    qos(1, 7, 0);
    readers.expire(3.9 * SECOND_NS);
    expect(readers.mappedCount(7)).toBe(1);
    readers.expire(4.1 * SECOND_NS);
    expect(readers.mappedCount(7)).toBe(0);
    qos(2, 7, 0, QosConsumerEncoder.ENCODED_LENGTH - 1);
    expect(readers.mappedCount(7)).toBe(0);
    expect(refused.value).toBe(1);
  });
});

describe("MetadataCache", () => {
  function meta(metaVersion: number, text: string, streamId = STREAM_ID): DataSourceMetaDecoder {
    const view = new DataView(new ArrayBuffer(256));
    const message = new DataSourceMetaEncoder().wrap(view, 0, 256).setStreamId(streamId).setMetaVersion(metaVersion);
    const group = message.setTimestampNs(0, 0).attributesCount(1);
    group.next();
    group.putKey("k").putFormat("text/plain").putValue(new TextEncoder().encode(text));
    const decoder = new DataSourceMetaDecoder();
    expect(decoder.wrap(view, 0, message.encodedLength)).toBeNull();
    return decoder;
  }

  test("W-45: keeps the versions that frames under way may name, and no more", () => {
    const cache = new MetadataCache(STREAM_ID);
    expect(cache.latest).toEqual([]);
    for (let version = 1; version <= 50; version++) cache.onMeta(meta(version, `v${version}`));
    const textOf = (version: number) => new TextDecoder().decode(cache.of(version)[0]?.value);
    expect([50, 49, 48, 47].map(textOf)).toEqual(["v50", "v49", "v48", "v47"]);
    expect(cache.has(1)).toBe(false);
    expect(cache.latestVersion).toBe(50);
    cache.onMeta(meta(50, "another", STREAM_ID));
    expect(textOf(50)).toBe("v50");
    cache.onMeta(meta(99, "foreign", STREAM_ID + 1));
    expect(cache.latestVersion).toBe(50);
    cache.clear();
    expect(cache.latestVersion).toBe(-1);
    expect(cache.latest).toEqual([]);
  });
});

describe("counters", () => {
  test("every cause of loss is a counter of its own, and all have a line that says what they count", () => {
    const { of, list } = consumerCounters();
    for (const cause of LOSS_CAUSES) of[cause].increment();
    expect(totalLost({ of, list } as ReturnType<typeof consumerCounters>)).toBe(LOSS_CAUSES.length);
    for (const { help } of [...list, ...producerCounters().list]) expect(help.length).toBeGreaterThan(10);
  });
});
