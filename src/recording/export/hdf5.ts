import type { Dtype } from "../../protocol/dtype.ts";
import { type FrameArray, frameDims } from "./frame-places.ts";
import { Hdf5Bytes, lookup3 } from "./hdf5-bytes.ts";

/** "No address" in HDF5. */
const UNDEFINED = 0xffff_ffff_ffff_ffffn;
/** A message of an object header has at most 64 KiB, which limits the external segments of a dataset. */
const MAX_SEGMENTS = 2600;

const MESSAGE = {
  dataspace: 1,
  linkInfo: 2,
  datatype: 3,
  fillValue: 5,
  link: 6,
  externalFiles: 7,
  layout: 8,
  groupInfo: 10,
} as const;

interface Message {
  readonly type: number;
  readonly body: Uint8Array;
}

/** Name and address of an object in a group. */
interface Link {
  readonly name: string;
  readonly address: number;
}

/**
 * An HDF5 file whose datasets are the frames' values in the recording itself (external segments): each stream is a group with the dataset
 * `frames`, next to `seq`, `timestamp_ns` and `log_time_ns`. More frames than a dataset has segments are split into several datasets,
 * joined by a virtual one.
 */
export function hdf5Of(arrays: readonly FrameArray[]): Uint8Array {
  const file = new Hdf5Bytes();
  file.raw(new Uint8Array(SUPERBLOCK_BYTES));
  const groups = new Map<string, Link[]>();
  for (const array of arrays) {
    const links = groups.get(array.group) ?? [];
    groups.set(array.group, links);
    addArray(file, array, links);
  }
  const root = [...groups].map(([name, links]) => ({ name, address: addGroup(file, links) }));
  const rootAddress = addGroup(file, root);
  writeSuperblock(file, rootAddress);
  return file.bytes;
}

const SUPERBLOCK_BYTES = 48;
const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a] as const;

function writeSuperblock(file: Hdf5Bytes, rootAddress: number): void {
  const head = new Hdf5Bytes();
  head.u8(...SIGNATURE);
  // Version 3 (1.10, for virtual datasets), sizes of offsets and lengths, no flags.
  head.u8(3, 8, 8, 0);
  head.u64(0).u64(UNDEFINED).u64(file.length).u64(rootAddress);
  head.u32(lookup3(head.bytes));
  file.bytes.set(head.bytes);
}

function addArray(file: Hdf5Bytes, array: FrameArray, links: Link[]): void {
  const { name, offsets, seqs, timestampsNs, logTimesNs } = array;
  const suffix = name.slice("frames".length);
  const count = offsets.length;
  const parts = Math.ceil(count / MAX_SEGMENTS);
  if (parts <= 1) links.push({ name, address: addExternal(file, array, 0, count) });
  else {
    const partNames = Array.from({ length: parts }, (_, i) => `${name}-part-${String(i + 1).padStart(5, "0")}`);
    for (const [i, part] of partNames.entries()) {
      const from = i * MAX_SEGMENTS;
      links.push({ name: part, address: addExternal(file, array, from, Math.min(count, from + MAX_SEGMENTS)) });
    }
    const sources = partNames.map((part) => `/${array.group}/${part}`);
    links.push({ name, address: addVirtual(file, array, sources) });
  }
  links.push({ name: `seq${suffix}`, address: addNumbers(file, seqs.map(BigInt)) });
  links.push({ name: `timestamp_ns${suffix}`, address: addNumbers(file, timestampsNs) });
  links.push({ name: `log_time_ns${suffix}`, address: addNumbers(file, logTimesNs) });
}

/** HDF5 is row-major: the dims of a column-major frame are reversed. */
function shapeOf(array: FrameArray, count: number): readonly number[] {
  const dims = frameDims(array);
  return [count, ...(array.majorOrder === "column" ? [...dims].reverse() : dims)];
}

function addExternal(file: Hdf5Bytes, array: FrameArray, from: number, to: number): number {
  const names = [...new Set(array.paths.slice(from, to))];
  const heap = addNames(file, names);
  const segments = new Hdf5Bytes();
  segments
    .u8(1, 0, 0, 0)
    .u16(to - from)
    .u16(to - from)
    .u64(heap.address);
  for (let i = from; i < to; i++) {
    segments
      .u64(heap.offsets.get(array.paths[i] as string) ?? 0)
      .u64(array.offsets[i] as number)
      .u64(array.frameBytes);
  }
  const layout = new Hdf5Bytes()
    .u8(3, 1)
    .u64(UNDEFINED)
    .u64((to - from) * array.frameBytes);
  return addObject(file, [
    dataspace(shapeOf(array, to - from)),
    datatype(array.dtype),
    fillValue(1),
    { type: MESSAGE.externalFiles, body: segments.bytes },
    { type: MESSAGE.layout, body: layout.bytes },
  ]);
}

/** A dataset composed of its sources, one after another along the first dimension. */
function addVirtual(file: Hdf5Bytes, array: FrameArray, sources: readonly string[]): number {
  const shape = shapeOf(array, array.offsets.length);
  const block = new Hdf5Bytes();
  block.u8(0).u64(sources.length);
  for (const [i, source] of sources.entries()) {
    const from = i * MAX_SEGMENTS;
    const to = Math.min(array.offsets.length, from + MAX_SEGMENTS);
    block.text(".").u8(0).text(source).u8(0);
    // Selects all of the source.
    block.u32(3).u32(1).u32(0).u32(0);
    const rank = shape.length;
    // One block of the virtual dataset: its first and last element.
    block
      .u32(2)
      .u32(1)
      .u32(0)
      .u32(8 + rank * 8)
      .u32(rank)
      .u32(1)
      .u32(from);
    for (let k = 1; k < rank; k++) block.u32(0);
    block.u32(to - 1);
    for (let k = 1; k < rank; k++) block.u32((shape[k] as number) - 1);
  }
  block.u32(lookup3(block.bytes));
  const heap = addGlobalHeap(file, block.bytes);
  const layout = new Hdf5Bytes().u8(4, 3).u64(heap).u32(1);
  return addObject(file, [
    dataspace(shape),
    datatype(array.dtype),
    fillValue(2),
    { type: MESSAGE.layout, body: layout.bytes },
  ]);
}

function addNumbers(file: Hdf5Bytes, values: readonly bigint[]): number {
  file.align(8);
  const at = file.length;
  file.raw(new Uint8Array(BigInt64Array.from(values).buffer));
  const layout = new Hdf5Bytes()
    .u8(3, 1)
    .u64(values.length === 0 ? UNDEFINED : at)
    .u64(values.length * 8);
  return addObject(file, [
    dataspace([values.length]),
    datatype("int64"),
    fillValue(1),
    { type: MESSAGE.layout, body: layout.bytes },
  ]);
}

function addGroup(file: Hdf5Bytes, links: readonly Link[]): number {
  const info = new Hdf5Bytes().u8(0, 0).u64(UNDEFINED).u64(UNDEFINED);
  return addObject(file, [
    { type: MESSAGE.linkInfo, body: info.bytes },
    { type: MESSAGE.groupInfo, body: Uint8Array.of(0, 0) },
    ...links.map(linkTo),
  ]);
}

function linkTo({ name, address }: Link): Message {
  const text = new TextEncoder().encode(name);
  // Version 1; the length of the name has four bytes.
  const body = new Hdf5Bytes().u8(1, 2).u32(text.length).raw(text).u64(address);
  return { type: MESSAGE.link, body: body.bytes };
}

/** An object header of version 2 with all its messages in one block. */
function addObject(file: Hdf5Bytes, messages: readonly Message[]): number {
  const body = new Hdf5Bytes();
  for (const { type, body: content } of messages) body.u8(type).u16(content.length).u8(0).raw(content);
  const header = new Hdf5Bytes();
  // "OHDR", version 2, the size of the block has four bytes.
  header.text("OHDR").u8(2, 2).u32(body.length).raw(body.bytes);
  header.u32(lookup3(header.bytes));
  file.align(8);
  const at = file.length;
  file.raw(header.bytes);
  return at;
}

function dataspace(dims: readonly number[]): Message {
  // Version 2, no largest dims, a simple extent.
  const body = new Hdf5Bytes().u8(2, dims.length, 0, 1);
  for (const dim of dims) body.u64(dim);
  return { type: MESSAGE.dataspace, body: body.bytes };
}

/** `writeTime`: when it is written: 1 never, 2 if it is set. */
function fillValue(writeTime: number): Message {
  // Version 3; late space allocation (2), undefined fill value.
  return { type: MESSAGE.fillValue, body: Uint8Array.of(3, 2 | (writeTime === 1 ? 1 << 2 : 2 << 2)) };
}

const FLOATS: Readonly<Record<string, { bytes: number; properties: readonly number[]; bias: number; sign: number }>> = {
  float32: { bytes: 4, properties: [23, 8, 0, 23], bias: 127, sign: 31 },
  float64: { bytes: 8, properties: [52, 11, 0, 52], bias: 1023, sign: 63 },
};
const INTEGERS: Readonly<Record<string, { bytes: number; isSigned: boolean }>> = {
  uint8: { bytes: 1, isSigned: false },
  int8: { bytes: 1, isSigned: true },
  uint16: { bytes: 2, isSigned: false },
  int16: { bytes: 2, isSigned: true },
  uint32: { bytes: 4, isSigned: false },
  int32: { bytes: 4, isSigned: true },
  uint64: { bytes: 8, isSigned: false },
  int64: { bytes: 8, isSigned: true },
  bytes: { bytes: 1, isSigned: false },
  bit: { bytes: 1, isSigned: false },
};

function datatype(dtype: Dtype): Message {
  const body = new Hdf5Bytes();
  const float = FLOATS[dtype];
  if (float !== undefined) {
    // Class 1 (floating-point), version 1: little-endian, the mantissa is normalized with its first bit implied.
    body
      .u8(0x11, 0x20, float.sign, 0)
      .u32(float.bytes)
      .u16(0)
      .u16(float.bytes * 8);
    body.u8(...float.properties).u32(float.bias);
    return { type: MESSAGE.datatype, body: body.bytes };
  }
  if (dtype === "bool") return booleans();
  const { bytes, isSigned } = INTEGERS[dtype] as (typeof INTEGERS)[string];
  // Class 0 (fixed-point), version 1.
  body
    .u8(0x10, isSigned ? 8 : 0, 0, 0)
    .u32(bytes)
    .u16(0)
    .u16(bytes * 8);
  return { type: MESSAGE.datatype, body: body.bytes };
}

/** Like h5py: an enumeration of FALSE and TRUE over a signed byte. */
function booleans(): Message {
  const body = new Hdf5Bytes();
  // Class 8 (enumerated), version 3, two members.
  body.u8(0x38, 2, 0, 0).u32(1);
  body.u8(0x10, 8, 0, 0).u32(1).u16(0).u16(8);
  body.text("FALSE\0TRUE\0").u8(0, 1);
  return { type: MESSAGE.datatype, body: body.bytes };
}

/** A local heap of names; the first name in it is the empty one. */
function addNames(
  file: Hdf5Bytes,
  names: readonly string[],
): { address: number; offsets: ReadonlyMap<string, number> } {
  const data = new Hdf5Bytes().u64(0);
  const offsets = new Map<string, number>();
  for (const name of names) {
    offsets.set(name, data.length);
    data.text(name).u8(0).align(8);
  }
  file.align(8);
  const dataAt = file.length;
  file.raw(data.bytes).align(8);
  const address = file.length;
  // "HEAP", version 0; its free list is empty (1).
  file.text("HEAP").u8(0, 0, 0, 0).u64(data.length).u64(1).u64(dataAt);
  return { address, offsets };
}

/** A global heap collection with one object. */
function addGlobalHeap(file: Hdf5Bytes, object: Uint8Array): number {
  file.align(8);
  const address = file.length;
  const padded = Math.ceil(object.length / 8) * 8;
  const used = 16 + 16 + padded;
  // A collection has at least 4096 bytes; the rest of it is object 0.
  const total = Math.max(4096, used + 16);
  file.text("GCOL").u8(1, 0, 0, 0).u64(total);
  file.u16(1).u16(1).u32(0).u64(object.length).raw(object).align(8);
  file
    .u16(0)
    .u16(0)
    .u32(0)
    .u64(total - used);
  file.raw(new Uint8Array(total - used - 16));
  return address;
}
