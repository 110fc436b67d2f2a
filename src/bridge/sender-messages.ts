import { NativeBuffer } from "../../ffi/memory.ts";
import { monotonic } from "../aeron/monotonic.ts";
import type { FrameSink } from "../aeron/ports.ts";
import { PublishResult } from "../aeron/results.ts";
import type { Attribute, Flow } from "../protocol/attribute.ts";
import { type FrameHeader, HEADER_WORD, HEADER_WORDS } from "../protocol/frame-header.ts";
import { metaBytes } from "../protocol/wire-text.ts";
import {
  BridgeEndEncoder,
  BridgeFlow,
  BridgeFrameEncoder,
  BridgeLedgerEncoder,
  BridgeOpenEncoder,
  BridgePartEncoder,
  BridgeVerdict,
  BridgeWholeEncoder,
} from "../sbe/generated/bridge/index.ts";
import { DataSourceMetaEncoder } from "../sbe/generated/control/index.ts";
import { MESSAGE_HEADER_BYTES } from "../sbe/index.ts";
import type { FarClock } from "./far-clock.ts";
import type { SenderLedger } from "./ledger.ts";

const FRAME_HEAD_BYTES = BridgeFrameEncoder.ENCODED_LENGTH;
const PART_HEAD_BYTES = BridgePartEncoder.ENCODED_LENGTH;
/** Enough for the bytes before the values of any message. */
export const HEAD_BYTES = FRAME_HEAD_BYTES;
const FIRST_WORD = HEADER_WORD.frameIdLow;
const INITIAL_BYTES = 16 * 1024;

/** The fields of BridgeOpen about a source. */
export interface OpenFields {
  readonly streamId: number;
  readonly instance: bigint;
  readonly epoch: bigint;
  readonly nslots: number;
  readonly strideBytes: readonly number[];
  readonly joinedSeq: number;
  readonly partBytes: number;
  readonly seqStep: number;
  readonly flow: Flow;
  /** Null: none so far. */
  readonly returnPort: number | null;
  readonly path: string;
  /** The receiver's clock. */
  readonly clock: FarClock;
}

/** Encodes and publishes a sender's messages. */
export class SenderMessages {
  readonly #open = new BridgeOpenEncoder();
  readonly #meta = new DataSourceMetaEncoder();
  readonly #ledger = new BridgeLedgerEncoder();
  readonly #end = new BridgeEndEncoder();
  readonly #frameHead = headOf(new BridgeFrameEncoder(), FRAME_HEAD_BYTES);
  readonly #wholeHead = headOf(new BridgeWholeEncoder(), FRAME_HEAD_BYTES);
  readonly #partHead = new NativeBuffer(PART_HEAD_BYTES);
  readonly #part = new BridgePartEncoder();
  #buffer = new NativeBuffer(INITIAL_BYTES);

  sendOpen(publication: FrameSink, fields: OpenFields, nowNs: number): boolean {
    const { bytes, view } = this.#buffer;
    const message = this.#open.wrap(view, 0, bytes.length);
    message.setStreamId(fields.streamId).setNslots(fields.nslots).setInstanceBigint(fields.instance);
    message.setEpochBigint(fields.epoch).setJoinedSeqNumber(fields.joinedSeq);
    message.setMonotonicNs(monotonic.high(nowNs), monotonic.low(nowNs));
    const errorNs = fields.clock.errorAt(nowNs);
    if (Number.isFinite(errorNs)) {
      const farNs = monotonic.toBigint(nowNs) + BigInt(Math.round(fields.clock.offsetNs));
      message.setFarMonotonicNsBigint(farNs < 0n ? 0n : farNs).setFarErrorNsNumber(Math.ceil(errorNs));
    }
    message.setPartBytes(fields.partBytes).setSeqStep(fields.seqStep);
    message.setFlow(fields.flow === "wait" ? BridgeFlow.WAIT : BridgeFlow.DROP);
    if (fields.returnPort !== null) message.setReturnPort(fields.returnPort);
    const pools = message.poolsCount(fields.strideBytes.length);
    for (const strideBytes of fields.strideBytes) pools.next().setStrideBytes(strideBytes);
    message.putPath(fields.path);
    return this.#publish(publication, message.encodedLength);
  }

  sendMeta(publication: FrameSink, streamId: number, metaVersion: number, attributes: readonly Attribute[]): boolean {
    const needed = metaBytes(attributes);
    if (needed > this.#buffer.bytes.length) this.#buffer = new NativeBuffer(2 ** Math.ceil(Math.log2(needed)));
    const message = this.#meta.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setStreamId(streamId).setMetaVersion(metaVersion).setTimestampNs(0, 0);
    const group = message.attributesCount(attributes.length);
    for (const { key, format, value } of attributes) {
      group.next();
      group.putKey(key).putFormat(format).putValue(value);
    }
    return this.#publish(publication, message.encodedLength);
  }

  sendLedger(publication: FrameSink, streamId: number, instance: bigint, ledger: SenderLedger): boolean {
    const message = this.#ledger.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setStreamId(streamId).setInstanceBigint(instance);
    message.setSeenNumber(ledger.seen).setSentNumber(ledger.sent).setSkippedNumber(ledger.skipped);
    message.setBackPressuredNumber(ledger.backPressured).setNotConnectedNumber(ledger.notConnected);
    message.setOverwrittenNumber(ledger.overwritten).setGapInSourceNumber(ledger.gapInSource);
    message.setTooLargeNumber(ledger.tooLarge).setRefusedNumber(ledger.refused);
    return this.#publish(publication, BridgeLedgerEncoder.ENCODED_LENGTH);
  }

  /** The head of a frame's first message, with its first values. */
  sendFrame(publication: FrameSink, header: FrameHeader, values: number, valuesBytes: number): PublishResult {
    putHeader(this.#frameHead, header);
    return publication.publishPieces(this.#frameHead.address, FRAME_HEAD_BYTES, values, valuesBytes);
  }

  sendPart(
    publication: FrameSink,
    seq: number,
    valuesOffset: number,
    values: number,
    valuesBytes: number,
  ): PublishResult {
    this.#part.wrap(this.#partHead.view, 0, PART_HEAD_BYTES).setSeqNumber(seq).setValuesOffset(valuesOffset);
    return publication.publishPieces(this.#partHead.address, PART_HEAD_BYTES, values, valuesBytes);
  }

  sendEnd(publication: FrameSink, seq: number, isIntact: boolean, checksum: number | null): PublishResult {
    const verdict = isIntact ? BridgeVerdict.OK : BridgeVerdict.ABORTED;
    const message = this.#end.wrap(this.#buffer.view, 0, BridgeEndEncoder.ENCODED_LENGTH);
    message.setSeqNumber(seq).setVerdict(verdict);
    if (checksum !== null) message.setChecksumNumber(checksum);
    return publication.publish(this.#buffer.address, BridgeEndEncoder.ENCODED_LENGTH);
  }

  /** The head of a single-message frame, at an address that was claimed for it. */
  wholeHead(header: FrameHeader): number {
    putHeader(this.#wholeHead, header);
    return this.#wholeHead.address;
  }

  #publish(publication: FrameSink, length: number): boolean {
    return publication.publishPieces(this.#buffer.address, length, 0, 0) === PublishResult.PUBLISHED;
  }
}

function headOf(encoder: BridgeFrameEncoder | BridgeWholeEncoder, byteLength: number): NativeBuffer {
  const buffer = new NativeBuffer(byteLength);
  encoder.wrap(buffer.view, 0, byteLength);
  return buffer;
}

function putHeader({ view }: NativeBuffer, { words }: FrameHeader): void {
  for (let word = FIRST_WORD; word < HEADER_WORDS; word++) {
    view.setInt32(MESSAGE_HEADER_BYTES + (word - FIRST_WORD) * 4, words[word] as number, true);
  }
}
