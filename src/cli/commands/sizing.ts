import { OptionError, UsageError } from "../../core/errors.ts";
import { formatDims } from "../../io/layout.ts";
import { contiguousByteLength } from "../../protocol/dtype.ts";
import { roomOf } from "../../shm/room.ts";
import { shmDirOf } from "../config/aeron-dir.ts";
import { profileToml } from "../sizing/profile.ts";
import { sizingJson, sizingPairs } from "../sizing/report.ts";
import { type SizingRequest, sizeStream } from "../sizing/sizing.ts";
import type { SizingValues } from "../specs/sizing.ts";
import { tool } from "../tool/tool.ts";

/** `sizing`: computes the number and size of slots, and the delay that they tolerate. */
export const run = tool<SizingValues>(async ({ values, output }) => {
  const request = requestOf(values);
  const { output: wanted } = values;
  const sizing = sizeStream(request);
  const directory = shmDirOf(values);
  const free = { directory, freeBytes: roomOf(directory)?.freeBytes ?? null };
  const toml = profileToml(sizing, values.name, values.stream);
  if (wanted === "toml") output.line(toml);
  else output.record(sizingJson(sizing, free), sizingPairs(sizing, free));
  if (wanted === "table") {
    for (const remark of sizing.remarks) output.line(`\nNote: ${remark}.`);
    output.line(`\n${toml}`);
  }
});

function requestOf(values: SizingValues): SizingRequest {
  return {
    rateHz: values.rate,
    frameBytes: frameBytesOf(values),
    latencyNs: values.latency,
    headroom: values.headroom,
    consumers: values.consumers,
    streams: values.streams,
    keptEpochs: values.keep,
  };
}

function frameBytesOf({ frame, dims, dtype }: SizingValues): number {
  if (frame !== undefined && dims === undefined) return frame;
  if (dims === undefined || frame !== undefined) {
    const found = frame === undefined ? "neither" : "both";
    throw new UsageError(`sizing: expected one of --frame SIZE and --dims DIMS, found ${found}`, { found });
  }
  if (dims.includes(0)) {
    throw new OptionError("dims", `expected a frame that has elements, found ${formatDims(dims)}`, {
      found: formatDims(dims),
    });
  }
  return contiguousByteLength(dtype, dims);
}
