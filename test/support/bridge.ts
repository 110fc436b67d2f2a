import { bytesAt, NativeBuffer } from "../../ffi/memory.ts";
import { FRAGMENT_HEAD_BYTES } from "../../src/aeron/fragment-subscription.ts";
import type { MessageSink } from "../../src/aeron/ports.ts";
import { PublishResult } from "../../src/aeron/results.ts";
import { FrameAssembly, type FrameTarget } from "../../src/bridge/frame-assembly.ts";
import { DTYPES } from "../../src/protocol/dtype.ts";
import { FrameHeader, HEADER_WORD, HEADER_WORDS, MAJOR_ORDER_CODES } from "../../src/protocol/frame-header.ts";
import {
  BridgeEndEncoder,
  BridgeFrameEncoder,
  BridgePartEncoder,
  type BridgeVerdict,
  BridgeWholeEncoder,
} from "../../src/sbe/generated/bridge/index.ts";

const HEADER_AT = 8;
const FIRST_WORD = HEADER_WORD.frameIdLow;

/** The header of a one-dimensional frame of bytes. */
export function bytesHeader(seq: number, byteLength: number): FrameHeader {
  const header = new FrameHeader();
  header.frameId = seq;
  header.valuesLenBytes = byteLength;
  header.dtype = DTYPES.uint8.code;
  header.majorOrder = MAJOR_ORDER_CODES.row;
  header.ndims = 1;
  header.dims[0] = byteLength;
  return header;
}

/** Values by which a frame is known: each byte follows from the seq and its place. */
export function valuesOf(seq: number, byteLength: number): Uint8Array {
  return Uint8Array.from({ length: byteLength }, (_, i) => (seq * 31 + i * 7) & 255);
}

function withHeader(head: Uint8Array, header: FrameHeader, values: Uint8Array): Uint8Array {
  const message = new Uint8Array(head.length + values.length);
  message.set(head);
  const view = new DataView(message.buffer);
  for (let word = FIRST_WORD; word < HEADER_WORDS; word++) {
    view.setInt32(HEADER_AT + (word - FIRST_WORD) * 4, header.words[word] as number, true);
  }
  message.set(values, head.length);
  return message;
}

export function frameMessage(header: FrameHeader, values: Uint8Array): Uint8Array {
  const head = new Uint8Array(BridgeFrameEncoder.ENCODED_LENGTH);
  new BridgeFrameEncoder().wrap(new DataView(head.buffer), 0, head.length);
  return withHeader(head, header, values);
}

export function wholeMessage(header: FrameHeader, values: Uint8Array): Uint8Array {
  const head = new Uint8Array(BridgeWholeEncoder.ENCODED_LENGTH);
  new BridgeWholeEncoder().wrap(new DataView(head.buffer), 0, head.length);
  return withHeader(head, header, values);
}

export function partMessage(seq: number, valuesOffset: number, values: Uint8Array): Uint8Array {
  const message = new Uint8Array(BridgePartEncoder.ENCODED_LENGTH + values.length);
  const view = new DataView(message.buffer);
  new BridgePartEncoder().wrap(view, 0, message.length).setSeqNumber(seq).setValuesOffset(valuesOffset);
  message.set(values, BridgePartEncoder.ENCODED_LENGTH);
  return message;
}

export function endMessage(seq: number, verdict: BridgeVerdict): Uint8Array {
  const message = new Uint8Array(BridgeEndEncoder.ENCODED_LENGTH);
  new BridgeEndEncoder().wrap(new DataView(message.buffer), 0, message.length).setSeqNumber(seq).setVerdict(verdict);
  return message;
}

/** A fragment of a message, as Aeron cuts it. */
export interface Fragment {
  readonly flags: number;
  readonly bytes: Uint8Array;
}

export function cut(message: Uint8Array, payloadBytes: number): Fragment[] {
  const fragments: Fragment[] = [];
  for (let at = 0; at === 0 || at < message.length; at += payloadBytes) {
    const begin = at === 0 ? 0x80 : 0;
    const end = at + payloadBytes >= message.length ? 0x40 : 0;
    fragments.push({ flags: begin | end, bytes: message.subarray(at, at + payloadBytes) });
  }
  return fragments;
}

/** Keeps what was committed, and checks that calls come in the order of the contract. */
export class MemoryTarget implements FrameTarget {
  readonly committed: { readonly seq: number; readonly values: Uint8Array }[] = [];
  aborted = 0;
  passed = 0;
  refuses: (header: FrameHeader) => boolean = () => false;
  #values: Uint8Array | null = null;

  begin(header: FrameHeader): boolean {
    if (this.#values !== null) throw new Error("expected the end of a frame before the next begins");
    if (this.refuses(header)) return false;
    this.#values = new Uint8Array(header.valuesLenBytes);
    return true;
  }

  write(valuesOffset: number, address: number, length: number): void {
    if (this.#values === null) throw new Error("expected a frame before its values");
    if (valuesOffset + length > this.#values.length) throw new Error("expected values within the frame");
    this.#values.set(bytesAt(address, length), valuesOffset);
  }

  commit(header: FrameHeader): void {
    if (this.#values === null) throw new Error("expected a frame before its end");
    this.committed.push({ seq: header.frameId, values: this.#values });
    this.#values = null;
  }

  pass(): void {
    this.passed++;
  }

  abort(): void {
    if (this.#values === null) throw new Error("expected a frame before it is given up");
    this.#values = null;
    this.aborted++;
  }
}

/** An assembly with what it hands out. */
export function newAssembly(): { assembly: FrameAssembly; target: MemoryTarget; control: Uint8Array[] } {
  const target = new MemoryTarget();
  const control: Uint8Array[] = [];
  const assembly = new FrameAssembly(target, (view, offset, length) => {
    control.push(new Uint8Array(view.buffer, view.byteOffset + offset, length).slice());
  });
  return { assembly, target, control };
}

export function deliver(
  assembly: Pick<FrameAssembly, "onFragment" | "onFragmentEnd">,
  { flags, bytes }: Fragment,
): void {
  // Among other bytes, as in a block.
  const block = new NativeBuffer(bytes.length + 64);
  block.bytes.fill(0xee);
  block.bytes.set(bytes, 32);
  // A reader sees the head of a long fragment only.
  const head = new DataView(new ArrayBuffer(block.bytes.length));
  new Uint8Array(head.buffer).set(block.bytes.subarray(0, 32 + FRAGMENT_HEAD_BYTES));
  assembly.onFragment(flags, head, 32, bytes.length, block.address + 32);
  assembly.onFragmentEnd(flags);
}

/** Keeps what is published. */
export class MemorySink implements MessageSink {
  readonly channel = "aeron:ipc";
  readonly streamId = 1;
  readonly sessionId = 1;
  readonly isReady = true;
  readonly isConnected = true;
  readonly maxMessageBytes = Number.POSITIVE_INFINITY;
  readonly messages: Uint8Array[] = [];

  publish(address: number, length: number): PublishResult {
    this.messages.push(bytesAt(address, length));
    return PublishResult.PUBLISHED;
  }

  publishMessage(address: number, length: number): PublishResult {
    return this.publish(address, length);
  }
}
