import type { ByteWindow } from "./byte-window.ts";
import type { DecodedFrame } from "./decoded-frame.ts";
import type { FrameDecoder } from "./frame-decode.ts";
import { RecordingError } from "./recording-error.ts";
import { TextField } from "./text-field.ts";

/** Plain CDR in either byte order; XCDR2 uses the same alignment for these types. */
const LITTLE_ENDIAN_KINDS: readonly number[] = [0x01, 0x03, 0x07, 0x09, 0x0b];
const BIG_ENDIAN_KINDS: readonly number[] = [0x00, 0x02, 0x06, 0x08, 0x0a];
const ENCAPSULATION_BYTES = 4;

/** Consecutive values; aligned to their size if the format aligns. */
class Values {
  isLittleEndian = true;
  isAligned = true;
  /** Origin of the alignment. */
  origin = 0;
  at = 0;
  #end = 0;
  #window: ByteWindow | null = null;

  begin(window: ByteWindow, at: number, byteLength: number): void {
    this.#window = window;
    this.at = at;
    this.origin = at;
    this.#end = at + byteLength;
  }

  u8(): number {
    const from = this.#take(1);
    return this.#window?.bytes[from] as number;
  }

  u32(): number {
    if (this.isAligned) this.at += (4 - ((this.at - this.origin) % 4)) % 4;
    const from = this.#take(4);
    return (this.#window as ByteWindow).view.getUint32(from, this.isLittleEndian);
  }

  /** A text; CDR's length includes the terminating zero. */
  text(field: TextField): string {
    const length = this.u32();
    this.requireLeft(length);
    const textBytes = this.isAligned ? Math.max(0, length - 1) : length;
    const text = field.read(this.#window as ByteWindow, this.at, textBytes);
    this.at += length;
    return text;
  }

  requireLeft(byteLength: number): void {
    if (byteLength <= this.#end - this.at) return;
    throw new RecordingError(
      "damaged",
      `${this.#window?.name}: the image at byte ${this.origin} claims ${byteLength} bytes, and ${this.#end - this.at} are left`,
    );
  }

  #take(byteLength: number): number {
    this.requireLeft(byteLength);
    const from = (this.#window as ByteWindow).load(this.at, byteLength);
    this.at += byteLength;
    return from;
  }
}

/** The fields of an image after its header's stamp, in both ROS versions. */
class ImageFields {
  readonly values = new Values();
  readonly #frameId = new TextField();
  readonly #encoding = new TextField();

  read(where: string, seconds: number, nanos: number, into: DecodedFrame): void {
    const { values } = this;
    into.frameId = values.text(this.#frameId);
    const height = values.u32();
    const width = values.u32();
    const encoding = values.text(this.#encoding);
    const isBigEndian = values.u8() !== 0;
    const step = values.u32();
    into.byteLength = values.u32();
    values.requireLeft(into.byteLength);
    into.dataAt = values.at;
    into.seq = 0;
    into.epoch = 0n;
    into.metaVersion = 0;
    into.timestampNs = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
    into.clock = "realtime";
    into.setImage(where, encoding, width, height, step, isBigEndian);
  }
}

/** `sensor_msgs/msg/Image` as written by ROS 2. */
export class CdrImageDecoder implements FrameDecoder {
  readonly #fields = new ImageFields();

  decode(window: ByteWindow, at: number, byteLength: number, into: DecodedFrame): void {
    const where = `${window.name}: the image at byte ${at}`;
    const { values } = this.#fields;
    values.begin(window, at, byteLength);
    values.isAligned = true;
    values.u8();
    const kind = values.u8();
    const isLittleEndian = LITTLE_ENDIAN_KINDS.includes(kind);
    if (!isLittleEndian && !BIG_ENDIAN_KINDS.includes(kind)) {
      throw new RecordingError("unsupported", `${where} is in an unsupported form of CDR (0x${kind.toString(16)})`);
    }
    values.isLittleEndian = isLittleEndian;
    values.at = at + ENCAPSULATION_BYTES;
    values.origin = values.at;
    const seconds = values.u32();
    const nanos = values.u32();
    this.#fields.read(where, seconds, nanos, into);
  }
}

/** `sensor_msgs/Image` as written by ROS 1. */
export class Ros1ImageDecoder implements FrameDecoder {
  readonly #fields = new ImageFields();

  decode(window: ByteWindow, at: number, byteLength: number, into: DecodedFrame): void {
    const { values } = this.#fields;
    values.begin(window, at, byteLength);
    values.isAligned = false;
    values.isLittleEndian = true;
    const seq = values.u32();
    const seconds = values.u32();
    const nanos = values.u32();
    this.#fields.read(`${window.name}: the image at byte ${at}`, seconds, nanos, into);
    into.seq = seq;
  }
}
