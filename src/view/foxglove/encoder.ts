import type { RecordingTime } from "../../recorder/recording-time.ts";
import type { Frame } from "../../roles/frame.ts";
import type { FoxgloveStream } from "./foxglove-stream.ts";

/** Longest message of a frame: larger frames are not sent. */
export const MAX_FRAME_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Opcode u8, subscription id u32, log time u64. */
const HEAD = { opcode: 0, subscription: 1, timeLow: 5, timeHigh: 9 } as const;
const HEAD_BYTES = 13;
const MESSAGE_DATA = 1;

/** "other-schema": the frame no longer fits its channel's schema. */
export type Encoded = "encoded" | "torn" | "too-large" | "other-schema";

/** Encodes the newest frame of a stream for all its subscriptions; only this message is kept. */
export class FoxgloveEncoder {
  readonly #time: RecordingTime;
  #bytes = new Uint8Array(new ArrayBuffer(0));
  #head = new DataView(this.#bytes.buffer);
  #length = 0;
  #stream: FoxgloveStream | null = null;
  #seq = 0;
  #epoch: bigint | null = null;
  #nowNs = 0;
  #outcome: Encoded = "torn";
  readonly #stamp = { seq: 0, timestampHigh: 0, timestampLow: 0, seconds: 0, nanos: 0 };
  readonly #onFrame = (frame: Frame): void => {
    this.#outcome = this.#write(frame);
  };

  constructor(time: RecordingTime) {
    this.#time = time;
  }

  /** Size of the kept message. */
  get keptBytes(): number {
    return this.#bytes.length;
  }

  get length(): number {
    return this.#length;
  }

  /** The last encoded message, addressed to one subscription; overwritten by the next. */
  messageFor(subscriptionId: number): Uint8Array<ArrayBuffer> {
    this.#head.setUint32(HEAD.subscription, subscriptionId, true);
    return this.#bytes.subarray(0, this.#length);
  }

  /** Encodes a frame unless it is already encoded. */
  encode(stream: FoxgloveStream, seq: number, nowNs: number): Encoded {
    const { epoch } = stream.eye;
    if (stream === this.#stream && seq === this.#seq && epoch === this.#epoch) return "encoded";
    this.#stream = stream;
    this.#nowNs = nowNs;
    const isIntact = stream.eye.read(seq, this.#onFrame);
    const outcome = isIntact ? this.#outcome : "torn";
    if (outcome !== "encoded") this.#stream = null;
    this.#seq = seq;
    this.#epoch = epoch;
    return outcome;
  }

  /** Drops the kept message, so that it is not sent for another stream of that name. */
  forget(): void {
    this.#stream = null;
  }

  #write(frame: Frame): Encoded {
    const stream = this.#stream as FoxgloveStream;
    const message = stream.messageOf(frame);
    if (message.schema !== stream.channel?.schema) return "other-schema";
    const dataAt = HEAD_BYTES + message.prefixBytes;
    this.#length = dataAt + frame.byteLength;
    if (this.#length > MAX_FRAME_MESSAGE_BYTES) return "too-large";
    // Surplus memory from an earlier frame size is released.
    if (this.#bytes.length < this.#length || this.#bytes.length > this.#length * 4 + 65_536) {
      this.#bytes = new Uint8Array(new ArrayBuffer(this.#length));
      this.#head = new DataView(this.#bytes.buffer);
    }
    this.#stampFrame(frame, stream.clock);
    this.#bytes[HEAD.opcode] = MESSAGE_DATA;
    this.#head.setUint32(HEAD.timeLow, this.#time.low(this.#nowNs), true);
    this.#head.setUint32(HEAD.timeHigh, this.#time.high(this.#nowNs), true);
    message.writePrefix(this.#bytes, HEAD_BYTES, this.#stamp);
    this.#bytes.set(frame.bytes, dataAt);
    return "encoded";
  }

  #stampFrame(frame: Frame, clock: string): void {
    const { timestampHigh, timestampLow } = frame.header;
    const atNs = this.#time.processNsOf(clock, timestampHigh, timestampLow, this.#nowNs);
    this.#stamp.seq = frame.seq;
    this.#stamp.timestampHigh = timestampHigh;
    this.#stamp.timestampLow = timestampLow;
    this.#stamp.seconds = this.#time.seconds(atNs);
    this.#stamp.nanos = this.#time.nanos(atNs);
  }
}
