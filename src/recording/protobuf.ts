/** Wire types of protobuf. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

const encoder = new TextEncoder();

/** Bytes of a varint with a longer encoding than necessary, so that a value of up to 35 or 70 bits can be patched in place. */
export const PATCHABLE_VARINT32_BYTES = 5;
export const PATCHABLE_VARINT64_BYTES = 10;

/** Writes one protobuf message, field by field. Numbers are exact up to 2^53. */
export class ProtobufWriter {
  readonly #bytes: number[] = [];

  /** Bytes written so far: the position of the next field. */
  get length(): number {
    return this.#bytes.length;
  }

  text(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.lengthHead(field, value.length);
    for (const byte of value) this.#bytes.push(byte);
    return this;
  }

  varint(field: number, value: number): this {
    this.#varint(field * 8 + VARINT);
    this.#varint(value);
    return this;
  }

  fixed32(field: number, value: number): this {
    this.#varint(field * 8 + FIXED32);
    this.#little(BigInt(value), 4);
    return this;
  }

  fixed64(field: number, value: bigint): this {
    this.#varint(field * 8 + FIXED64);
    this.#little(value, 8);
    return this;
  }

  /** Repeated fixed64, packed; nothing without values. */
  packedFixed64(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    this.lengthHead(field, values.length * 8);
    for (const value of values) this.#little(BigInt(value), 8);
    return this;
  }

  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.finish());
  }

  /** Key and length of a field whose content is written elsewhere. */
  lengthHead(field: number, byteLength: number): this {
    this.#varint(field * 8 + LENGTH_DELIMITED);
    this.#varint(byteLength);
    return this;
  }

  /** Key and length of a field whose length is patched later; the length is in the last `PATCHABLE_VARINT32_BYTES`. */
  patchableLengthHead(field: number): this {
    this.#varint(field * 8 + LENGTH_DELIMITED);
    return this.#patchable(PATCHABLE_VARINT32_BYTES);
  }

  /** A varint field that is patched later: `byteLength` bytes after its key. */
  patchableVarint(field: number, byteLength: number): this {
    this.#varint(field * 8 + VARINT);
    return this.#patchable(byteLength);
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #patchable(byteLength: number): this {
    for (let i = 1; i < byteLength; i++) this.#bytes.push(0x80);
    this.#bytes.push(0);
    return this;
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes.push((rest % 0x80) + 0x80);
    this.#bytes.push(rest);
  }

  #little(value: bigint, byteLength: number): void {
    let rest = BigInt.asUintN(64, value);
    for (let i = 0; i < byteLength; i++, rest >>= 8n) this.#bytes.push(Number(rest & 0xffn));
  }
}

/** Writes a number from 0 to 2^53 over a patchable varint. Does not allocate. */
export function patchVarint(target: Uint8Array, at: number, byteLength: number, value: number): void {
  let rest = value;
  for (let i = 0; i < byteLength - 1; i++) {
    const next = Math.floor(rest / 0x80);
    target[at + i] = rest - next * 0x80 + 0x80;
    rest = next;
  }
  target[at + byteLength - 1] = rest;
}
