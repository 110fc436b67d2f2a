import type { Refusal } from "./refusal.ts";
import {
  DATA_HEADER_BYTES,
  type DataShape,
  GROUP_HEADER_BYTES,
  type GroupShape,
  MAX_DATA_BYTES,
  MESSAGE_HEADER_BYTES,
  type MessageShape,
} from "./shapes.ts";

/** The view of a flyweight that wraps nothing: reading from it throws instead of showing another message's bytes. */
export const NO_VIEW = new DataView(new ArrayBuffer(0));

/**
 * One pass over a message that checks every bound before anything is read (W-34, W-36). Nothing here throws or allocates, whatever the
 * bytes are; each step returns null, or the reason of the refusal.
 */
export class Scan {
  view: DataView = NO_VIEW;
  /** Version in the message's header, once that was checked. */
  version = 0;
  /** The next byte to read. */
  position = 0;
  /** Entries of the group whose dimensions were last read. */
  entries = 0;
  /** Bytes of the data that was last passed. */
  dataLength = 0;
  refusedAt = 0;
  refusedValue = 0;
  private start = 0;
  private end = 0;

  /** Stores the found value; `at` is an offset within the view. */
  refuse(reason: Refusal, at: number, value: number): Refusal {
    this.refusedAt = at - this.start;
    this.refusedValue = value;
    return reason;
  }

  /** Checks the message header and the presence of the fixed fields; leaves the position after them. */
  header(view: DataView, offset: number, length: number, shape: MessageShape): Refusal | null {
    this.view = view;
    this.start = offset;
    this.end = offset + length;
    // Written so that NaN and fractions are refused as well.
    if (!(length >= MESSAGE_HEADER_BYTES && offset >= 0 && this.end <= view.byteLength && Number.isInteger(offset))) {
      return this.refuse(shape.truncated, offset, length);
    }
    const schemaId = view.getUint16(offset + 4, true);
    if (schemaId !== shape.schemaId) return this.refuse(shape.wrongSchema, offset + 4, schemaId);
    const templateId = view.getUint16(offset + 2, true);
    if (templateId !== shape.templateId) return this.refuse(shape.wrongTemplate, offset + 2, templateId);
    const version = view.getUint16(offset + 6, true);
    if (version > shape.version || version < shape.minVersion)
      return this.refuse(shape.wrongVersion, offset + 6, version);
    const blockLength = view.getUint16(offset, true);
    if (blockLength !== shape.blockLengths[version - shape.minVersion]) {
      return this.refuse(shape.wrongBlockLength, offset, blockLength);
    }
    this.version = version;
    this.position = offset + MESSAGE_HEADER_BYTES + blockLength;
    if (this.position > this.end) return this.refuse(shape.truncated, offset, length);
    return null;
  }

  /** Checks that a structure without a message header is within the view. */
  structure(view: DataView, offset: number, bytes: number, truncated: Refusal): Refusal | null {
    this.view = view;
    this.start = offset;
    this.end = offset + bytes;
    if (offset >= 0 && this.end <= view.byteLength && Number.isInteger(offset)) return null;
    return this.refuse(truncated, offset, Math.max(0, view.byteLength - offset));
  }

  /** Checks the dimensions of a group and, by arithmetic alone, that its entries can fit; leaves the position at the first. */
  group(shape: GroupShape): Refusal | null {
    const at = this.position;
    if (at + GROUP_HEADER_BYTES > this.end) return this.refuse(shape.truncated, at, this.end - at);
    const blockLength = this.view.getUint16(at, true);
    if (blockLength !== shape.blockLengths[this.version - shape.minVersion]) {
      return this.refuse(shape.wrongBlockLength, at, blockLength);
    }
    this.entries = this.view.getUint16(at + 2, true);
    this.position = at + GROUP_HEADER_BYTES;
    if (this.entries * (blockLength + shape.variableBytes) > this.end - this.position) {
      return this.refuse(shape.pastEnd, at + 2, this.entries);
    }
    return null;
  }

  /** Passes the fixed fields of one entry. */
  entry(blockLength: number, shape: GroupShape): Refusal | null {
    const next = this.position + blockLength;
    if (next > this.end) return this.refuse(shape.truncated, this.position, this.end - this.position);
    this.position = next;
    return null;
  }

  /** Passes a string or blob; leaves the position after it. */
  data(shape: DataShape): Refusal | null {
    const at = this.position;
    const first = at + DATA_HEADER_BYTES;
    if (first > this.end) return this.refuse(shape.truncated, at, this.end - at);
    const length = this.view.getUint32(at, true);
    if (length > MAX_DATA_BYTES) return this.refuse(shape.tooLong, at, length);
    const next = first + length;
    if (next > this.end) return this.refuse(shape.pastEnd, at, length);
    if (shape.ascii) {
      for (let i = first; i < next; i++) {
        const byte = this.view.getUint8(i);
        if (byte > 0x7f) return this.refuse(shape.nonAscii, i, byte);
      }
    }
    this.dataLength = length;
    this.position = next;
    return null;
  }

  /** Checks that no bytes are left. */
  finish(shape: MessageShape): Refusal | null {
    if (this.position === this.end) return null;
    return this.refuse(shape.trailingBytes, this.position, this.end - this.position);
  }
}
