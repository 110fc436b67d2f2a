import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { monotonic } from "../../src/aeron/monotonic.ts";
import type { Messaging } from "../../src/aeron/ports.ts";
import { type Endpoint, readEndpoint } from "../../src/bridge/channels.ts";
import type { FarReport } from "../../src/bridge/far-account.ts";
import { NOTHING_RECEIVED } from "../../src/bridge/ledger.ts";
import type { OutputStream } from "../../src/bridge/output-stream.ts";
import { ReceiverRoute } from "../../src/bridge/receiver-route.ts";
import { ReportSender } from "../../src/bridge/report-sender.ts";
import { ReturnPath } from "../../src/bridge/return-path.ts";
import { streamIdentity } from "../../src/bridge/stream-path.ts";
import { FrameHeader } from "../../src/protocol/frame-header.ts";
import { BridgeFlow, BridgeOpenDecoder, BridgeOpenEncoder } from "../../src/sbe/generated/bridge/index.ts";
import { MemorySink } from "../support/bridge.ts";

const INSTANCE = 7n;
const REPORT: FarReport = {
  toStreamId: 2,
  receiver: 1n,
  firstSent: 0,
  lastSent: 0,
  ledger: NOTHING_RECEIVED,
  delayNs: 2_000_000,
  delayErrorNs: 300_000,
  naks: 0,
  windowBytes: 0,
  socketBufferBytes: 0,
  consumers: 0,
  readers: [],
};

/** A sender's way back and a receiver's reports, whose clock is `offsetNs` ahead. Times are the sender's. */
class Hosts {
  readonly path: ReturnPath;
  readonly #reports: ReportSender;
  readonly #sink = new MemorySink();
  readonly #offsetNs: number;
  #deliver: (view: DataView, length: number) => void = () => {};

  constructor(offsetNs = 0) {
    this.#offsetNs = offsetNs;
    const sink = this.#sink;
    const connection = {
      addSubscription: (_channel: string, _streamId: number, onMessage: (view: DataView, length: number) => void) => {
        this.#deliver = onMessage;
        return { poll: () => this.#receive() };
      },
      addPublication: () => sink,
      remove: () => {},
    } as unknown as Messaging;
    const to = readEndpoint("192.0.2.7:4400") as Endpoint;
    this.path = new ReturnPath(connection, { to, streamId: 1, instance: INSTANCE, sent: () => 0 });
    this.#reports = new ReportSender(connection, 1);
  }

  /** The receiver reads an open that was sent in the cycle of `sentNs`, in its cycle of `cycleNs`. */
  open(sentNs: number, cycleNs: number): void {
    this.#reports.onOpen("192.0.2.1", 4000, INSTANCE, monotonic.toBigint(sentNs), cycleNs + this.#offsetNs);
    this.#reports.onLedger();
  }

  /** A cycle of the receiver begins; it may report. */
  report(cycleNs: number, report = REPORT): number {
    return this.#reports.doWork(cycleNs + this.#offsetNs, () => report);
  }

  #receive(): number {
    const messages = this.#sink.messages.splice(0);
    for (const bytes of messages) this.#deliver(new DataView(bytes.buffer, bytes.byteOffset), bytes.length);
    return messages.length;
  }
}

describe("clocks that a bridge relates", () => {
  test("W-47: are within the error, wherever in their cycles both sides send and receive", () => {
    const time = fc.integer({ min: 0, max: 1_000_000 });
    const cycle = fc.record({ beforeNs: time, afterNs: time });
    const offsets = fc.integer({ min: 0, max: 2 ** 45 });
    fc.assert(
      fc.property(offsets, time, time, time, cycle, cycle, (offsetNs, sendNs, thereNs, backNs, far, near) => {
        const hosts = new Hosts(offsetNs);
        const openNs = 1e9;
        const readNs = openNs + sendNs + thereNs;
        hosts.open(openNs, readNs - far.beforeNs);
        const answerNs = readNs + far.afterNs;
        expect(hosts.report(answerNs)).toBe(1);
        const heardNs = answerNs + backNs;
        hosts.path.poll(heardNs - near.beforeNs);
        const nowNs = heardNs + near.afterNs;
        hosts.path.poll(nowNs);
        const { clock } = hosts.path;
        expect(Math.abs(clock.offsetNs - offsetNs)).toBeLessThanOrEqual(clock.errorAt(nowNs));
        // Both cycles and both ways, and nothing else.
        const possibleNs = sendNs + thereNs + far.afterNs + backNs + near.afterNs;
        expect(clock.errorAt(nowNs)).toBeLessThanOrEqual(possibleNs / 2);
      }),
    );
  });

  test("are forgotten when the connection ends, and so is an answer that came in the same cycle", () => {
    const hosts = new Hosts();
    const { path } = hosts;
    hosts.open(1e9, 1e9);
    hosts.report(1e9);
    path.poll(1e9);
    path.poll(1.1e9);
    expect(path.clock.errorAt(1.1e9)).toBeLessThan(0.1e9);
    hosts.open(1.2e9, 1.2e9);
    hosts.report(1.2e9);
    path.poll(1.2e9);
    path.onConnection();
    path.poll(1.3e9);
    expect(path.clock.errorAt(1.3e9)).toBe(Number.POSITIVE_INFINITY);
  });

  test("the delay of a receiver is shown with its own error, and no longer than for 5 s after its last report", () => {
    const hosts = new Hosts();
    const { path } = hosts;
    expect(path.delayAt(0)).toBeNull();
    hosts.open(1e9, 1e9);
    hosts.report(1e9);
    path.poll(1e9);
    expect(path.delayAt(6e9)).toEqual({ delayNs: 2_000_000, errorNs: 300_000 });
    expect(path.delayAt(6.1e9)).toBeNull();
  });

  test("W-36: an error that no round trip can have is none: the delay of frames is not known then", () => {
    const delayWith = (farErrorNs: bigint): unknown => {
      const output = { streamId: 2, producer: null, begin: () => {}, end: () => {}, setAttributes: () => {} };
      const route = new ReceiverRoute({
        streamId: 1,
        output: output as unknown as OutputStream,
        identity: streamIdentity("/far", 2),
        maxRegionBytes: 2 ** 24,
        hasOwnLayout: false,
      });
      const bytes = new Uint8Array(512);
      const message = new BridgeOpenEncoder().wrap(new DataView(bytes.buffer), 0, bytes.length);
      message.setStreamId(1).setNslots(64).setInstanceBigint(INSTANCE).setEpochBigint(5n).setJoinedSeqNumber(3);
      message.setMonotonicNsBigint(1n).setFarMonotonicNsBigint(1n).setFarErrorNsBigint(farErrorNs);
      message.setPartBytes(4096).setSeqStep(1).setFlow(BridgeFlow.DROP);
      message.poolsCount(1).next().setStrideBytes(4096);
      message.putPath(streamIdentity("/near", 1));
      const open = new BridgeOpenDecoder();
      expect(open.wrap(new DataView(bytes.buffer), 0, message.encodedLength)).toBeNull();
      expect(route.take({}, open, 0)).toBeNull();
      route.delay.onCycle(1e9);
      const header = new FrameHeader();
      header.timestampHigh = monotonic.high(1e9 - 5000);
      header.timestampLow = monotonic.low(1e9 - 5000);
      route.delay.onFrame(header);
      route.delay.onCycle(1e9);
      route.delay.take();
      return route.delay.newest;
    };
    expect(delayWith(2n ** 64n - 2n)).toBeNull();
    expect(delayWith(30_000_000_001n)).toBeNull();
    expect(delayWith(1000n)).toEqual({ delayNs: 5000, errorNs: 1000 });
  });
});
