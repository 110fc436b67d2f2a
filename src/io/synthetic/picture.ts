import type { Dtype } from "../../protocol/dtype.ts";
import type { FrameLayout } from "../types.ts";
import { unitBytes, ValueWriter } from "./values.ts";

/** Colour channels at the end of the dims (H, W, C), as cameras and OpenCV have them. */
const MAX_CHANNELS = 4;

/** More planes than this are scrolled as one: a frame must not cost a call per handful of bytes. */
const MAX_PLANES = 4_096;

export interface PictureTemplate {
  readonly bytes: Uint8Array;
  /** What scrolls as one picture. */
  readonly planeBytes: number;
  /** What the template has of a plane; it is repeated when the plane is longer. */
  readonly tileBytes: number;
  /** How far one frame scrolls. */
  readonly stepBytes: number;
}

/** Bars, a gradient and rings: something in which motion, orientation and tearing are seen at once; 0 to 255. */
function brightness(x: number, y: number, width: number, height: number, channel: number): number {
  const u = (x + 0.5) / width;
  const v = (y + 0.5) / height;
  const dx = u - 0.5;
  const dy = (v - 0.5) * (height / width);
  const distance = Math.sqrt(dx * dx + dy * dy);
  if (distance < 0.2) return 127.5 + 127.5 * Math.cos(distance * 120);
  if (v < 0.25) return ((Math.floor(u * 8) >> (channel % 3)) & 1) * 235 + 10;
  return 255 * (channel === 1 ? v : channel === 2 ? 1 - u : u);
}

/** A brightness as an element: the full range of 8 and 16 bits, 0 to 1 for floats, 0 to 255 for wider integers. */
function elementOf(dtype: Dtype, value: number): number {
  const level = Math.round(value);
  switch (dtype) {
    case "int8":
      return level - 128;
    case "uint16":
      return level * 257;
    case "int16":
      return level * 257 - 32_768;
    case "float32":
    case "float64":
      return value / 255;
    case "bool":
      return level > 127 ? 1 : 0;
    default:
      return level;
  }
}

/** Templates have at most this many units; larger frames repeat them. */
const MAX_TEMPLATE_UNITS = 4 * 1024 * 1024;

/** The test picture for any row-major layout. */
export function pictureTemplate({ dims, dtype, byteLength }: FrameLayout): PictureTemplate {
  const rank = dims.length;
  const last = dims[rank - 1] ?? 1;
  const channels = rank >= 3 && last >= 1 && last <= MAX_CHANNELS ? last : 1;
  const imageRank = channels > 1 ? rank - 1 : rank;
  const unit = unitBytes(dtype);
  // Eight packed elements are drawn as one.
  const width = Math.max(1, Math.ceil((dims[imageRank - 1] ?? 1) / (dtype === "bit" ? 8 : 1)));
  const height = Math.max(1, imageRank >= 2 ? (dims[imageRank - 2] ?? 1) : 1);
  const units = Math.ceil(byteLength / unit);
  const perPlane = width * height * channels;
  const perRow = width * channels;
  const hasPlanes = units % perPlane === 0 && units / perPlane <= MAX_PLANES && units <= MAX_TEMPLATE_UNITS;
  const tileUnits = hasPlanes ? perPlane : Math.min(units, wholeRows(perRow));
  const templateUnits = Math.max(1, hasPlanes ? units : tileUnits);
  const writer = new ValueWriter(dtype, templateUnits);
  for (let i = 0; i < templateUnits; i++) {
    const pixel = Math.floor((i % perPlane) / channels);
    const channel = channels > 1 ? i % channels : Math.floor(i / perPlane);
    const value = brightness(pixel % width, Math.floor(pixel / width), width, height, channel);
    if (dtype === "bit") writer.bytes[i] = value > 127 ? 0xff : 0;
    else writer.set(i, elementOf(dtype, value));
  }
  const stepUnits = tileUnits >= 2 * perRow ? perRow * (tileUnits >= 3 * perRow ? 2 : 1) : channels;
  return {
    bytes: writer.bytes,
    planeBytes: Math.max(1, hasPlanes ? perPlane * unit : byteLength),
    tileBytes: Math.max(1, tileUnits * unit),
    stepBytes: stepUnits * unit,
  };
}

/** Units of as many rows as a template may have; of a part of one when rows are that long. */
function wholeRows(perRow: number): number {
  return perRow > MAX_TEMPLATE_UNITS ? MAX_TEMPLATE_UNITS : MAX_TEMPLATE_UNITS - (MAX_TEMPLATE_UNITS % perRow);
}
