import { NativeBuffer } from "../../ffi/memory.ts";
import { monotonic } from "../aeron/monotonic.ts";
import type { MessageSink } from "../aeron/ports.ts";
import { PublishResult } from "../aeron/results.ts";
import { type BridgeReportDecoder, BridgeReportEncoder } from "../sbe/generated/bridge/index.ts";
import type { FarReader, FarReport } from "./far-account.ts";

/** Most readers listed in a report; the others are only counted. */
const MAX_REPORTED_READERS = 32;
const BUFFER_BYTES = 4096;
/** A receiver that holds an answer for longer counts as paused. */
const MAX_ROUND_TRIP_NS = 60e9;

/** The open message that a report answers. */
export interface ReportContext {
  readonly streamId: number;
  readonly instance: bigint;
  /** monotonicNs of the newest open, and the time since it arrived. */
  readonly echoNs: bigint;
  readonly heldNs: number;
}

/** What a report says of clocks. */
export interface Answer extends Pick<ReportContext, "echoNs" | "heldNs"> {
  /** The receiver's CLOCK_MONOTONIC when it answered. */
  readonly monotonicNs: bigint;
}

/** Encodes a receiver's reports, and publishes them. */
export class ReportMessages {
  readonly #buffer = new NativeBuffer(BUFFER_BYTES);
  readonly #report = new BridgeReportEncoder();

  send(sink: MessageSink, context: ReportContext, report: FarReport, nowNs: number): boolean {
    const message = this.#report.wrap(this.#buffer.view, 0, BUFFER_BYTES);
    message.setStreamId(context.streamId).setToStreamId(report.toStreamId).setInstanceBigint(context.instance);
    message.setReceiverBigint(report.receiver).setEchoNsBigint(context.echoNs).setHeldNsNumber(context.heldNs);
    message.setMonotonicNs(monotonic.high(nowNs), monotonic.low(nowNs));
    message.setDelayNsNumber(report.delayNs).setDelayErrorNsNumber(report.delayErrorNs);
    message.setFirstSentNumber(report.firstSent).setLastSentNumber(report.lastSent);
    const { delivered, noSlot, refused, incomplete, epochChange, checksum } = report.ledger;
    message.setDeliveredNumber(delivered).setNoSlotNumber(noSlot).setRefusedNumber(refused);
    message.setIncompleteNumber(incomplete).setEpochChangeNumber(epochChange).setChecksumNumber(checksum);
    message.setNaksNumber(report.naks).setWindowBytes(report.windowBytes);
    message.setSocketBufferBytes(report.socketBufferBytes).setConsumers(Math.min(report.consumers, 0xffff));
    const readers = report.readers.slice(0, MAX_REPORTED_READERS);
    const group = message.readersCount(readers.length);
    for (const { consumerId, accepted, gap, late, sinkTooSlow, other } of readers) {
      group.next().setConsumerId(consumerId).setAcceptedNumber(accepted).setGapNumber(gap);
      group.setLateNumber(late).setSinkTooSlowNumber(sinkTooSlow).setOtherNumber(other);
    }
    return sink.publishMessage(this.#buffer.address, message.encodedLength) === PublishResult.PUBLISHED;
  }
}

/** The contents of a report, checked only for its form. */
export function reportOf(message: BridgeReportDecoder): FarReport {
  const readers: FarReader[] = [];
  const group = message.readers;
  for (group.rewind(); readers.length < MAX_REPORTED_READERS && group.next(); ) {
    readers.push({
      consumerId: group.consumerId,
      accepted: count(group.acceptedNumber),
      gap: count(group.gapNumber),
      late: count(group.lateNumber),
      sinkTooSlow: count(group.sinkTooSlowNumber),
      other: count(group.otherNumber),
    });
  }
  return {
    toStreamId: message.toStreamId,
    receiver: message.receiver,
    firstSent: message.firstSentNumber,
    lastSent: message.lastSentNumber,
    ledger: {
      delivered: message.deliveredNumber,
      noSlot: message.noSlotNumber,
      refused: message.refusedNumber,
      incomplete: message.incompleteNumber,
      epochChange: message.epochChangeNumber,
      checksum: message.checksumNumber,
    },
    delayNs: message.hasDelayErrorNs ? count(message.delayNsNumber) : 0,
    delayErrorNs: message.hasDelayErrorNs ? count(message.delayErrorNsNumber) : 0,
    naks: count(message.naksNumber),
    windowBytes: message.windowBytes,
    socketBufferBytes: message.socketBufferBytes,
    consumers: message.consumers,
    readers,
  };
}

/** Between an open and the answer to it, which has come by now, without the time that the receiver held it; null when that cannot be. */
export function roundTripOf(answer: Answer, nowNs: number): number | null {
  const elapsedNs = Number(monotonic.toBigint(nowNs) - answer.echoNs) - answer.heldNs;
  return elapsedNs >= 0 && elapsedNs <= MAX_ROUND_TRIP_NS ? elapsedNs : null;
}

/** Not a valid count beyond 2^53. */
function count(value: number): number {
  return Number.isSafeInteger(value) ? value : 0;
}
