import { CString, type Pointer, ptr, read, toArrayBuffer } from "bun:ffi";

/**
 * Memory that native code may keep a pointer to. The ArrayBuffer is made before the view and held here, because small
 * typed arrays that own their storage are moved by the engine (oven-sh/bun#32054). Lives as long as this object does.
 */
export class NativeBuffer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where native code finds it. */
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

  /** The number 64-bit unsigned at `offset`, exact up to 2^53. */
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

/** The address of a view's first byte; the view must be over an ArrayBuffer that was made apart from it, or native memory. */
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
