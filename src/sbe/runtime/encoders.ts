import { EncodeError } from "./encode-error.ts";
import { NO_VIEW } from "./scan.ts";
import { DATA_HEADER_BYTES, GROUP_HEADER_BYTES, MAX_DATA_BYTES, MESSAGE_HEADER_BYTES } from "./shapes.ts";

/** Position of the next part of a message; shared by the message and its groups. */
export class EncodeCursor {
  view: DataView = NO_VIEW;
  start = 0;
  position = 0;
  end = 0;

  /** Reserves the next `bytes`; returns where they begin. */
  take(bytes: number, what: string): number {
    const at = this.position;
    // Written so that NaN is refused as well.
    if (!(bytes <= this.end - at)) {
      const expected = `${at + bytes - this.start} bytes up to the end of ${what}`;
      const found = `room for ${this.end - this.start}`;
      throw new EncodeError("no-room", `${what}: expected ${expected}, found ${found}`, { expected, found });
    }
    this.position = at + bytes;
    return at;
  }
}

/** Values of the message header. */
export interface MessageHeader {
  readonly name: string;
  readonly blockLength: number;
  readonly templateId: number;
  readonly schemaId: number;
  readonly version: number;
}

/** A block of fixed fields and the parts that follow it, in order: a message or one entry of a group. */
abstract class PartsEncoder {
  protected view: DataView = NO_VIEW;
  /** Where the fixed fields begin. */
  protected block = 0;
  private written = 0;
  protected readonly cursor: EncodeCursor;
  private readonly name: string;
  private readonly parts: readonly string[];

  constructor(cursor: EncodeCursor, name: string, parts: readonly string[]) {
    this.cursor = cursor;
    this.name = name;
    this.parts = parts;
  }

  /** Called before part number `index` is written; checks the order. */
  protected enter(index: number): void {
    if (this.written !== index) {
      const expected = this.parts[this.written] ?? "no further part";
      const found = `${this.parts[index]}`;
      throw new EncodeError("order", `${this.name}: expected ${expected}, found ${found}`, { expected, found });
    }
    this.written = index + 1;
  }

  protected restart(view: DataView, block: number): void {
    this.view = view;
    this.block = block;
    this.written = 0;
  }

  protected assertPartsWritten(): void {
    if (this.written === this.parts.length) return;
    const missing = `${this.parts[this.written]}`;
    throw new EncodeError("incomplete", `${this.name}: expected ${missing} to be written, found nothing`, {
      expected: missing,
    });
  }

  protected putAscii(index: number, text: string): void {
    this.enter(index);
    const what = `${this.name}.${this.parts[index]}`;
    const at = this.beginData(text.length, what);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        const found = `U+${code.toString(16).padStart(4, "0")} at character ${i}`;
        throw new EncodeError("non-ascii", `${what}: expected US-ASCII, found ${found}`, {
          expected: "US-ASCII",
          found,
        });
      }
      this.view.setUint8(at + i, code);
    }
  }

  protected putBytes(index: number, bytes: Uint8Array): void {
    this.enter(index);
    const at = this.beginData(bytes.length, `${this.name}.${this.parts[index]}`);
    new Uint8Array(this.view.buffer, this.view.byteOffset + at, bytes.length).set(bytes);
  }

  private beginData(length: number, what: string): number {
    if (length > MAX_DATA_BYTES) {
      const expected = `at most ${MAX_DATA_BYTES} bytes`;
      throw new EncodeError("out-of-range", `${what}: expected ${expected}, found ${length}`, {
        rule: "W-34",
        expected,
      });
    }
    const at = this.cursor.take(DATA_HEADER_BYTES + length, what);
    this.view.setUint32(at, length, true);
    return at + DATA_HEADER_BYTES;
  }
}

/** Common parts of all flyweights that write a message. */
export abstract class MessageEncoder extends PartsEncoder {
  constructor(name: string, parts: readonly string[]) {
    super(new EncodeCursor(), name, parts);
  }

  /** Bytes of the whole message with its SBE header. Throws EncodeError while a group or data is missing. */
  get encodedLength(): number {
    this.assertPartsWritten();
    return this.cursor.position - this.cursor.start;
  }

  /**
   * Begins a message of at most `limit` bytes at `offset`: writes the header, and 0 or null into every field. Groups and data follow in the
   * order of the schema. Throws EncodeError if the fixed fields do not fit.
   */
  abstract wrap(view: DataView, offset: number, limit: number): this;

  protected begin(view: DataView, offset: number, limit: number, header: MessageHeader): void {
    const cursor = this.cursor;
    cursor.view = view;
    cursor.start = offset;
    cursor.position = offset;
    cursor.end = Math.min(offset + limit, view.byteLength);
    cursor.take(MESSAGE_HEADER_BYTES + header.blockLength, header.name);
    view.setUint16(offset, header.blockLength, true);
    view.setUint16(offset + 2, header.templateId, true);
    view.setUint16(offset + 4, header.schemaId, true);
    view.setUint16(offset + 6, header.version, true);
    this.restart(view, offset + MESSAGE_HEADER_BYTES);
  }
}

/** Common parts of the flyweights that write structures into shared memory. */
export abstract class StructureEncoder {
  protected view: DataView = NO_VIEW;
  protected block = 0;

  /** Writes 0 into every field of the structure at `offset`. Throws EncodeError if it does not fit. */
  abstract wrap(view: DataView, offset: number): this;

  protected begin(view: DataView, offset: number, name: string, bytes: number): void {
    if (!(offset >= 0 && offset + bytes <= view.byteLength)) {
      const expected = `${bytes} bytes from ${offset}`;
      throw new EncodeError("no-room", `${name}: expected ${expected}, found a buffer of ${view.byteLength}`, {
        expected,
      });
    }
    this.view = view;
    this.block = offset;
  }
}

/** Writes the entries of a group: `next()`, the fields, then the entry's own groups and data in order. */
export abstract class GroupEncoder extends PartsEncoder {
  private left = 0;
  private readonly path: string;
  private readonly blockLength: number;

  constructor(cursor: EncodeCursor, path: string, parts: readonly string[], blockLength: number) {
    super(cursor, path, parts);
    this.path = path;
    this.blockLength = blockLength;
  }

  /** Throws unless the announced number of entries was written. */
  assertComplete(): void {
    if (this.left > 0) {
      throw new EncodeError("incomplete", `${this.path}: expected ${this.left} more entries, found none`);
    }
    if (this.view !== NO_VIEW) this.assertPartsWritten();
  }

  /** Writes the dimensions. For the enclosing encoder. */
  begin(count: number): this {
    if (!(Number.isInteger(count) && count >= 0 && count <= 0xffff)) {
      const expected = "0 to 65535 entries";
      throw new EncodeError("out-of-range", `${this.path}: expected ${expected}, found ${count}`, { expected });
    }
    const at = this.cursor.take(GROUP_HEADER_BYTES, this.path);
    this.cursor.view.setUint16(at, this.blockLength, true);
    this.cursor.view.setUint16(at + 2, count, true);
    this.left = count;
    this.view = NO_VIEW;
    return this;
  }

  /** Begins the next entry: writes 0 or null into its fields. */
  next(): this {
    if (this.view !== NO_VIEW) this.assertPartsWritten();
    if (this.left === 0) throw new EncodeError("order", `${this.path}: expected no further entry, found one`);
    this.left--;
    const at = this.cursor.take(this.blockLength, this.path);
    this.restart(this.cursor.view, at);
    this.initialise();
    return this;
  }

  /** Writes 0 or null into every field of the entry. */
  protected abstract initialise(): void;
}
