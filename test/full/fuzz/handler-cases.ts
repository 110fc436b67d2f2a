import { monotonic } from "../../../src/aeron/monotonic.ts";
import { CycleClock, processNs, SystemClock } from "../../../src/core/clock.ts";
import { FrameHeader } from "../../../src/protocol/frame-header.ts";
import { ConsumerInbox } from "../../../src/roles/consumer-inbox.ts";
import { consumerCounters, producerCounters } from "../../../src/roles/counters.ts";
import { DescriptorIntake } from "../../../src/roles/descriptor-intake.ts";
import { Frame } from "../../../src/roles/frame.ts";
import { HOST_PORTS } from "../../../src/roles/host-ports.ts";
import { MetadataCache } from "../../../src/roles/metadata-cache.ts";
import { ProgressReader } from "../../../src/roles/progress-reader.ts";
import { ReaderDirectory } from "../../../src/roles/reader-directory.ts";
import { StreamMapping } from "../../../src/roles/stream-mapping.ts";
import { QosConsumerDecoder } from "../../../src/sbe/generated/control/index.ts";
import { encodeJson, messageByKey, messageKeyAt } from "../../../src/sbe/index.ts";
import { HeaderRing } from "../../../src/shm/header-ring.ts";
import { AllowedBaseDirs } from "../../../src/shm/index.ts";
import { announceOf, createSmallStream, STREAM_ID, TemporaryDirectory } from "../../support/shm.ts";
import { Arena } from "./arena.ts";
import { valuesOf } from "./message-cases.ts";
import { infoOf, MessageCorpus } from "./message-corpus.ts";
import { Random } from "./random.ts";
import { type Counts, check, count } from "./tally.ts";

const CONSUMER_ID = 77;
/** Also its slot. */
const WRITTEN_SEQ = 5;
const CASES_PER_MAPPING = 32;
const INBOX = [
  "ShmPoolAnnounce",
  "DataSourceAnnounce",
  "DataSourceMeta",
  "QosProducer",
  "QosConsumer",
  "ConsumerConfig",
  "FrameProgress",
];
const DIRECTORY = ["ConsumerHello", "QosConsumer"];
/** Between two looks of the collector: closed mappings give their addresses back when they are collected. */
const CASES_PER_COLLECTION = 5000;

/** Every message through the handlers of both roles, as Aeron would deliver it, with a stream that is really there. */
export class HandlerCases {
  readonly counts: Counts = {};
  readonly #directory = new TemporaryDirectory();
  readonly #regions = createSmallStream(this.#directory);
  readonly #corpus = new MessageCorpus(this.#fitting());
  readonly #arena = new Arena(16 * 1024);
  readonly #consumer = consumerCounters();
  readonly #producer = producerCounters();
  readonly #metadata = new MetadataCache(STREAM_ID);
  readonly #cycle = new CycleClock();
  readonly #readers = new ReaderDirectory(STREAM_ID, this.#producer.of.messagesRefused, this.#cycle);
  readonly #mapping = new StreamMapping(
    {
      streamId: STREAM_ID,
      baseDirs: AllowedBaseDirs.resolve([this.#directory.path]),
      needsLease: false,
      clock: new SystemClock(),
      regions: HOST_PORTS.regions,
    },
    this.#consumer,
    {
      onMapped: () => count(this.counts, "mapped"),
      onUnmapping: () => count(this.counts, "unmapped by an announce"),
    },
  );
  readonly #progress = new ProgressReader(
    new Frame(
      () => 0,
      () => [],
    ),
    this.#consumer,
    (frame) => check(frame.bytes.length <= 4096, () => `progress shows ${frame.bytes.length} bytes of a slot of 4096`),
  );
  readonly #inbox = new ConsumerInbox(
    {
      onAnnounce: (message) => {
        this.#read("ShmPoolAnnounce", message);
        this.#mapping.onAnnounce(message);
      },
      onMeta: (message) => {
        this.#read("DataSourceMeta", message);
        this.#metadata.onMeta(message);
      },
      onSource: (message) => this.#read("DataSourceAnnounce", message),
      onQosProducer: (message) => this.#read("QosProducer", message),
      onQosConsumer: (message) => this.#read("QosConsumer", message),
      onConfig: (message) => this.#read("ConsumerConfig", message),
      onProgress: (message) => {
        this.#read("FrameProgress", message);
        const { reader } = this.#mapping;
        if (reader !== null && message.streamId === STREAM_ID) this.#progress.onProgress(reader, message);
      },
    },
    this.#consumer.of.messagesRefused,
  );
  readonly #intake = new DescriptorIntake(
    STREAM_ID,
    this.#consumer,
    () => count(this.counts, "seq went back"),
    this.#cycle,
  );
  readonly #qos = new QosConsumerDecoder();
  readonly #announce = this.#fitting()[0] as Uint8Array;
  #cases = 0;
  /** True while the intake has an epoch. */
  #isBegun = false;

  constructor() {
    // A frame that is being written, for FrameProgress to speak of.
    const header = new FrameHeader();
    header.frameId = WRITTEN_SEQ;
    header.valuesLenBytes = 4096;
    header.payloadSlot = WRITTEN_SEQ;
    header.poolId = 1;
    header.dtype = 1;
    header.majorOrder = 1;
    header.ndims = 2;
    header.dims.set([64, 64]);
    const ring = new HeaderRing(this.#regions.headerRing.mapping, this.#regions.nslots);
    ring.markWriting(WRITTEN_SEQ, WRITTEN_SEQ);
    ring.writeHeader(WRITTEN_SEQ, header);
  }

  /** A well-formed report about our stream whose numbers no stream of ours reaches: it is refused as well. */
  #isInexactQos(view: DataView, length: number): boolean {
    if (this.#qos.wrap(view, 0, length) !== null || this.#qos.streamId !== STREAM_ID) return false;
    return !Number.isSafeInteger(this.#qos.epochNumber) || !Number.isSafeInteger(this.#qos.lastSeqSeenNumber);
  }

  run(seed: number): void {
    if (this.#cases % CASES_PER_MAPPING === 0) this.#renew();
    const random = new Random(seed);
    const message = this.#corpus.next(random);
    const view = this.#arena.place(message, random.bits(), 0xa5);
    const key = messageKeyAt(view, 0, message.length);
    const info = messageByKey(key);
    const isMalformed = info !== undefined && info.createDecoder().wrap(view, 0, message.length) !== null;
    // As in a poll of a duty cycle: an exception that came out here would come out of it.
    const refused = this.#consumer.of.messagesRefused;
    const before = refused.value;
    this.#inbox.onMessage(view, message.length, random.bits() | 0);
    const isInbox = info !== undefined && INBOX.includes(info.name);
    check(refused.value - before === Number(isInbox && isMalformed), () => `inbox: ${info?.name} counted wrongly`);

    const refusedByProducer = this.#producer.of.messagesRefused;
    const beforeProducer = refusedByProducer.value;
    this.#cycle.update(this.#cases * 1e6);
    this.#readers.onMessage(view, message.length, 0);
    const isDirectory = info !== undefined && DIRECTORY.includes(info.name);
    const isInexact = info?.name === "QosConsumer" && !isMalformed && this.#isInexactQos(view, message.length);
    check(
      refusedByProducer.value - beforeProducer === Number(isDirectory && (isMalformed || isInexact)),
      () => `directory: ${info?.name} counted wrongly`,
    );
    this.#takeDescriptor(random, view, message.length, info?.name === "FrameDescriptor" && isMalformed);

    if (isInbox || isDirectory || info?.name === "FrameDescriptor") {
      count(this.counts, isMalformed ? `malformed ${info.name}` : `accepted ${info.name}`);
    } else {
      count(this.counts, "not for these handlers");
    }
    this.#cases++;
    if (this.#cases % 256 === 0) this.#readers.expire(this.#cases * 1e6);
    if (this.#cases % CASES_PER_COLLECTION === 0) Bun.gc(true);
  }

  close(): void {
    for (const { name, value } of [...this.#consumer.list, ...this.#producer.list]) {
      if (value > 0 && name !== "gap") count(this.counts, `counter ${name}`, value);
    }
    this.#mapping.unmap("the end");
    this.#regions.close();
    this.#directory[Symbol.dispose]();
  }

  /** A descriptor has exactly one outcome. */
  #takeDescriptor(random: Random, view: DataView, length: number, isMalformed: boolean): void {
    if (this.#cases % 64 === 0) {
      this.#intake.end("left");
      const ring = { nslots: 8, isUntouched: random.oneIn(2), hasReached: () => true, newestSeq: () => -1 };
      this.#isBegun = !random.oneIn(8);
      if (this.#isBegun) this.#intake.begin(BigInt(this.#regions.epoch), ring);
    }
    const { of } = this.#consumer;
    // Seqs near 2^53 count as many frames at once; beyond 2^53 a counter would not grow by 1.
    if (of.detached.value > 2 ** 50) {
      count(this.counts, "counter detached", of.detached.value);
      of.detached.set(0);
    }
    const outcomes = [of.messagesRefused, of.unmapped, of.foreignEpoch, of.identity, of.overwritten];
    // While an epoch is mapped, `detached` counts what passed before, as `gap` counts what never came.
    if (!this.#isBegun) outcomes.push(of.detached);
    const before = outcomes.map(({ value }) => value);
    const others = (): number => this.#intake.length + (this.counts["seq went back"] ?? 0);
    const [refused, othersBefore] = [of.messagesRefused.value, others()];
    this.#intake.onMessage(view, 0, length);
    // A full queue drops its oldest: one counts as overwritten, and the length stays. Each counter by itself: a sum would round.
    const counted = outcomes.reduce((total, { value }, i) => total + value - (before[i] as number), 0);
    const outcome = counted + others() - othersBefore;
    check(outcome === 0 || outcome === 1, () => `intake: a message with ${outcome} outcomes`);
    if (isMalformed) check(of.messagesRefused.value === refused + 1, () => "intake: a malformed one was not counted");
    check(of.gap.value >= 0, () => `intake: gap ${of.gap.value}`);
    while (this.#intake.length > 0 && random.oneIn(4)) this.#intake.take();
  }

  /** Maps the stream that is there, as after a restart of its readers, and forgets what hostile messages have said. */
  #renew(): void {
    const nowNs = processNs();
    this.#regions.refreshActivity(monotonic.high(nowNs), monotonic.low(nowNs));
    this.#mapping.remap("a new round");
    this.#inbox.onMessage(this.#arena.place(this.#announce, 0, 0xa5), this.#announce.length, 0);
    check(this.#mapping.state === "mapped", () => `the stream's own announce was refused: ${this.#mapping.refusal}`);
  }

  #read(name: string, decoder: object): void {
    const before = valuesOf(infoOf(name), decoder);
    this.#arena.poison(0x5a);
    check(before === valuesOf(infoOf(name), decoder), () => `${name}: values depend on what surrounds the message`);
    this.#arena.poison(0xa5);
  }

  /** Messages of the stream that is there: changes to them get further than those to others. */
  #fitting(): Uint8Array[] {
    const announce = announceOf(this.#regions);
    const epoch = String(this.#regions.epoch);
    const streamId = STREAM_ID;
    const frame = { streamId, epoch, headerIndex: WRITTEN_SEQ };
    const reader = { streamId, consumerId: CONSUMER_ID };
    const progress = { progressIntervalUs: 250, progressBytesDelta: null, progressRowsDelta: 4 };
    const { pools, layoutVersion, headerNslots, headerSlotBytes, maxDims, headerRegionUri, producerId } = announce;
    const regions = { streamId, producerId, epoch, layoutVersion, headerNslots, headerSlotBytes, maxDims };
    return [
      encodeJson("ShmPoolAnnounce", { ...regions, payloadPools: pools, headerRegionUri }),
      encodeJson("FrameDescriptor", { ...frame, seq: "5", timestampNs: "1", metaVersion: 1 }),
      encodeJson("FrameDescriptor", { ...frame, seq: "77", timestampNs: null, metaVersion: null }),
      encodeJson("FrameProgress", {
        ...frame,
        frameId: String(WRITTEN_SEQ),
        payloadBytesFilled: "64",
        state: "PROGRESS",
        rowsFilled: 1,
      }),
      encodeJson("QosProducer", { streamId, producerId: 1, epoch, currentSeq: "9", watermark: null }),
      encodeJson("QosConsumer", { ...reader, epoch, lastSeqSeen: "3", dropsGap: "0", dropsLate: "0", mode: "STREAM" }),
      encodeJson("ConsumerHello", {
        ...reader,
        ...progress,
        supportsShm: true,
        supportsProgress: true,
        mode: "LATEST",
        maxRateHz: 0,
        expectedLayoutVersion: 1,
      }),
      encodeJson("DataSourceMeta", {
        streamId,
        metaVersion: 1,
        timestampNs: "5",
        attributes: [{ key: "unit", format: "text/plain", value: "bW0=" }],
      }),
    ];
  }
}
