import { resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { contiguousByteLength, isDtype } from "../../protocol/dtype.ts";
import { MAX_ID } from "../../protocol/ids.ts";
import { defaultShmDir } from "../../shm/default-dir.ts";
import { roomOf } from "../../shm/room.ts";
import type { CommandContext } from "../command.ts";
import { ExitCode } from "../exit.ts";
import type { OptionValues } from "../option-spec.ts";
import { Output, parseOutputFormat } from "../output.ts";
import { profileToml } from "../sizing/profile.ts";
import { sizingJson, sizingPairs } from "../sizing/report.ts";
import { DEFAULT_KEPT_EPOCHS, type SizingRequest, sizeStream } from "../sizing/sizing.ts";

const DEFAULT_STREAM_ID = 10_000;
const DEFAULT_LATENCY_NS = 100e6;
const DEFAULT_HEADROOM = 3;

/** `sizing`: how many slots, how large, and what they tolerate. */
export async function run({ options }: CommandContext): Promise<number> {
  const request = requestOf(options);
  const firstStreamId = options.integer("stream", 1, MAX_ID) ?? DEFAULT_STREAM_ID;
  const name = nameOf(options);
  const wanted = options.text("output") ?? "table";
  const output = new Output({ format: wanted === "toml" ? "table" : parseOutputFormat(wanted) });
  const sizing = sizeStream(request);
  const directory = resolve(options.text("shm-dir") ?? defaultShmDir());
  const free = { directory, freeBytes: roomOf(directory)?.freeBytes ?? null };
  const toml = profileToml(sizing, name, firstStreamId);
  if (wanted === "toml") output.line(toml);
  else output.record(sizingJson(sizing, free), sizingPairs(sizing, free));
  if (wanted === "table") {
    for (const remark of sizing.remarks) output.line(`\nNote: ${remark}.`);
    output.line(`\n${toml}`);
  }
  await output.flush();
  return ExitCode.DONE;
}

function requestOf(options: OptionValues): SizingRequest {
  options.required("rate", "30");
  return {
    rateHz: options.rate("rate") as number,
    frameBytes: frameBytesOf(options),
    latencyNs: options.duration("latency") ?? DEFAULT_LATENCY_NS,
    headroom: headroomOf(options),
    consumers: options.integer("consumers", 0, 10_000) ?? 1,
    streams: options.integer("streams", 1, 10_000) ?? 1,
    keptEpochs: options.integer("keep", 0, 1000) ?? DEFAULT_KEPT_EPOCHS,
  };
}

function frameBytesOf(options: OptionValues): number {
  const dims = options.text("dims");
  const size = options.size("frame");
  if ((size === undefined) === (dims === undefined)) {
    const found = size === undefined ? "neither" : "both";
    throw new UsageError(`sizing: expected one of --frame SIZE and --dims DIMS, found ${found}`, { found });
  }
  if (size !== undefined) return size;
  const dtype = options.text("dtype") ?? "uint8";
  if (!isDtype(dtype)) throw new UsageError(`--dtype: expected a dtype such as uint16, found "${dtype}"`);
  const parsed = (dims ?? "").split("x").map((dim) => (/^[1-9]\d{0,9}$/.test(dim) ? Number(dim) : Number.NaN));
  if (parsed.length > 8 || parsed.some(Number.isNaN)) {
    throw new UsageError(`--dims: expected one to eight sizes such as 480x640, found "${dims}"`, { found: dims ?? "" });
  }
  return contiguousByteLength(dtype, parsed);
}

function headroomOf(options: OptionValues): number {
  const text = options.text("headroom");
  if (text === undefined) return DEFAULT_HEADROOM;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= 64)) {
    throw new UsageError(`--headroom: expected a number from 1 to 64, 2 to 4 as a rule, found "${text}"`, {
      found: text,
    });
  }
  return value;
}

function nameOf(options: OptionValues): string {
  const name = options.text("name") ?? "camera";
  if (/^[A-Za-z0-9_-]+$/.test(name)) return name;
  throw new UsageError(`--name: expected letters, digits, - and _, found ${JSON.stringify(name)}`, { found: name });
}
