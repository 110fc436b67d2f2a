import { CString, type Pointer, ptr, read, toArrayBuffer } from "bun:ffi";

/**
 * Memory to which native code may keep a pointer. The ArrayBuffer is created before the view and held here, because the engine
 * moves small typed arrays that own their storage (oven-sh/bun#32054). Valid for the lifetime of this object.
 */
export class NativeBuffer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The address for native code. */
  readonly address: number;

  constructor(byteLength: number) {
    const storage = new ArrayBuffer(byteLength);
    this.bytes = new Uint8Array(storage);
    this.view = new DataView(storage);
    this.address = addressOf(this.bytes);
  }

  /** The pointer stored at `offset`; user-space addresses are exact as numbers. */
  pointerAt(offset = 0): number {
    return this.view.getUint32(offset, true) + this.view.getUint32(offset + 4, true) * 0x1_0000_0000;
  }

  /** The unsigned 64-bit number at `offset`, exact up to 2^53. */
  numberAt(offset: number): number {
    return this.pointerAt(offset);
  }
}

/** A NUL-terminated string for native code. Keep the returned object referenced for as long as it is used. */
export function nativeString(text: string): NativeBuffer {
  if (text.includes("\0")) throw new RangeError("expected a string without NUL characters");
  const encoded = new TextEncoder().encode(text);
  const buffer = new NativeBuffer(encoded.length + 1);
  buffer.bytes.set(encoded);
  return buffer;
}

/** A copy of the NUL-terminated string at `address`; "" for a null pointer. */
export function stringAt(address: number): string {
  return address === 0 ? "" : new CString(address as Pointer).toString();
}

/** A copy of `byteLength` bytes of native memory. */
export function bytesAt(address: number, byteLength: number): Uint8Array {
  return byteLength === 0
    ? new Uint8Array(0)
    : new Uint8Array(toArrayBuffer(address as Pointer, 0, byteLength)).slice();
}

/** An ArrayBuffer over native memory (at most 4 GiB); its owner guarantees that the memory outlives it. */
export function overlay(address: number, byteLength: number): ArrayBuffer {
  return toArrayBuffer(address as Pointer, 0, byteLength);
}

/** The address of a view's first byte; the view must be over native memory or an ArrayBuffer that was created separately from the view. */
export function addressOf(view: NodeJS.TypedArray | DataView): number {
  return ptr(view) as number;
}

export function int32At(address: number, offset = 0): number {
  return read.i32(address as Pointer, offset);
}

/** The pointer stored in native memory; user-space addresses are exact as numbers. */
export function nativePointerAt(address: number, offset = 0): number {
  return read.ptr(address as Pointer, offset);
}
