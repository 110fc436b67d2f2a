import { MAX_DIMS } from "../protocol/dtype.ts";
import { MAX_ID } from "../protocol/ids.ts";
import type { ClientMessage, PlaneSpec, WatchMessage } from "./messages.ts";

/** Longest message of a page, in bytes. */
export const MAX_CLIENT_MESSAGE_BYTES = 4096;
/** Views of one page, numbered from 0. */
const MAX_VIEWS = 64;
const MAX_TOKEN_LENGTH = 1024;
const MAX_PIXELS = 2 ** 24;
const MAX_SIDE = 2 ** 14;
const MAX_COORDINATE = 2 ** 31 - 1;
const MAX_STEP = 2 ** 31 - 1;

type Fields = Readonly<Record<string, unknown>>;

/** A page's message; null for anything invalid. */
export function parseClientMessage(text: string): ClientMessage | null {
  if (text.length > MAX_CLIENT_MESSAGE_BYTES) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (!isFields(value)) return null;
  switch (value["type"]) {
    case "hello": {
      const token = value["token"] ?? null;
      if (token === null) return { type: "hello", token };
      return typeof token === "string" && token.length <= MAX_TOKEN_LENGTH ? { type: "hello", token } : null;
    }
    case "watch":
      return watchOf(value);
    case "unwatch":
    case "drawn": {
      const view = value["view"];
      return isWhole(view, 0, MAX_VIEWS - 1) ? { type: value["type"], view } : null;
    }
    case "seek": {
      const timeNs = value["timeNs"];
      return isWhole(timeNs, 0, Number.MAX_SAFE_INTEGER) ? { type: "seek", timeNs } : null;
    }
    case "step": {
      const { stream, by } = value as Record<"stream" | "by", unknown>;
      return isWhole(stream, 1, MAX_ID) && isWhole(by, -MAX_STEP, MAX_STEP) ? { type: "step", stream, by } : null;
    }
    case "find": {
      const { stream, seq } = value as Record<"stream" | "seq", unknown>;
      const isSeq = isWhole(seq, 0, Number.MAX_SAFE_INTEGER);
      return isWhole(stream, 1, MAX_ID) && isSeq ? { type: "find", stream, seq } : null;
    }
    default:
      return null;
  }
}

function watchOf(value: Fields): WatchMessage | null {
  const { view, stream, maxPixels, maxSide, reduction } = value as Record<keyof WatchMessage, unknown>;
  if (!isWhole(view, 0, MAX_VIEWS - 1) || !isWhole(stream, 1, MAX_ID)) return null;
  if (!isWhole(maxPixels, 1, MAX_PIXELS) || !isWhole(maxSide, 1, MAX_SIDE)) return null;
  if (reduction !== "mean" && reduction !== "maximum") return null;
  const plane = value["plane"] ?? null;
  const spec = plane === null ? null : planeSpecOf(plane);
  if (plane !== null && spec === null) return null;
  return { type: "watch", view, stream, plane: spec, maxPixels, maxSide, reduction };
}

function planeSpecOf(value: unknown): PlaneSpec | null {
  if (!isFields(value)) return null;
  const { x, y, c, index, region } = value as Record<keyof PlaneSpec, unknown>;
  const isAxis = (axis: unknown): axis is number => isWhole(axis, 0, MAX_DIMS - 1);
  if (!isAxis(x) || !(y === null || isAxis(y)) || !(c === null || isAxis(c))) return null;
  if (!isWholes(index, MAX_DIMS)) return null;
  if (region === null) return { x, y, c, index, region };
  if (!isWholes(region, 4) || region.length !== 4) return null;
  return { x, y, c, index, region: region as unknown as PlaneSpec["region"] };
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isWholes(value: unknown, maxLength: number): value is number[] {
  return Array.isArray(value) && value.length <= maxLength && value.every((one) => isWhole(one, 0, MAX_COORDINATE));
}
