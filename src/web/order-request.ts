import { suggestion } from "../core/nearest.ts";
import { quoted, shortened } from "../core/text.ts";
import type { ConsumerMode } from "../protocol/mode-filter.ts";
import { ApiError, MAX_QUOTED } from "./responses.ts";

/** The order for a consumer in a request. */
export interface OrderRequest {
  readonly mode: ConsumerMode;
  readonly decimation: number;
  readonly useShm: boolean;
}

/** Longest accepted body. */
export const MAX_BODY_BYTES = 4096;
const MODES: readonly ConsumerMode[] = ["stream", "latest", "decimated"];
const KEYS = ["mode", "decimation", "useShm"];
const MAX_DECIMATION = 0xffff;

/** Reads `{ "mode": "decimated", "decimation": 4, "useShm": true }`. @throws ApiError 400, 413, 415 */
export async function readOrder(request: Request): Promise<OrderRequest> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "none";
  // Forms of other sites cannot have this type.
  if (type !== "application/json") {
    throw new ApiError(415, "wrong-type", `expected Content-Type: application/json, found ${quoted(type, MAX_QUOTED)}`);
  }
  const announced = Number(request.headers.get("content-length") ?? 0);
  const text = announced > MAX_BODY_BYTES ? null : await request.text();
  if (text === null || text.length > MAX_BODY_BYTES) {
    throw new ApiError(413, "too-long", `expected at most ${MAX_BODY_BYTES} bytes, found more`);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw badRequest(`expected JSON, found ${quoted(text, MAX_QUOTED)}: ${(error as Error).message}`);
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw badRequest(`expected an object with a mode, found ${shown(body)}`);
  }
  return orderOf(body as Readonly<Record<string, unknown>>);
}

function orderOf(body: Readonly<Record<string, unknown>>): OrderRequest {
  for (const key of Object.keys(body)) {
    if (KEYS.includes(key)) continue;
    throw badRequest(`expected the keys ${KEYS.join(", ")}, found ${quoted(key, MAX_QUOTED)}${suggestion(key, KEYS)}`);
  }
  const mode = MODES.find((candidate) => candidate === body.mode);
  if (mode === undefined) {
    throw badRequest(`mode: expected one of ${MODES.join(", ")}, found ${shown(body.mode)}`);
  }
  const { decimation = mode === "decimated" ? undefined : 1, useShm = true } = body;
  const isCount =
    Number.isInteger(decimation) && (decimation as number) >= 1 && (decimation as number) <= MAX_DECIMATION;
  if (!isCount) {
    const found = shown(decimation);
    throw badRequest(`decimation: expected a whole number from 1 to ${MAX_DECIMATION}, found ${found}`);
  }
  if (mode !== "decimated" && decimation !== 1) {
    throw badRequest(`decimation: expected mode "decimated" with it, found mode "${mode}"`);
  }
  if (typeof useShm !== "boolean") throw badRequest(`useShm: expected true or false, found ${shown(useShm)}`);
  return { mode, decimation: decimation as number, useShm };
}

function badRequest(message: string): ApiError {
  return new ApiError(400, "bad-request", message);
}

function shown(value: unknown): string {
  return shortened(JSON.stringify(value) ?? "nothing", MAX_QUOTED);
}
