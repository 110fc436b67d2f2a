import { DEFAULT_LIMITS } from "../output/frame-queue.ts";
import { QueuedSink } from "../output/queued-sink.ts";
import { openStreamOutput } from "../output/stream-output.ts";
import type { OpenOptions } from "../spec.ts";
import type { Sink } from "../types.ts";
import { PngEncoder } from "./encoder.ts";
import { parsePngOptions } from "./options.ts";
import { PngOutput } from "./output.ts";

/**
 * A picture of one frame in one file, or `-` for standard output; `options` as after `png:DIR,`. @throws UsageError, SinkError
 */
export async function openPngFile(path: string, options: string, openOptions: OpenOptions = {}): Promise<Sink> {
  const encoder = new PngEncoder(parsePngOptions(options));
  const output = new PngOutput(await openStreamOutput(path, openOptions));
  return new QueuedSink(`png:${path}`, encoder, output, { ...DEFAULT_LIMITS, isGathering: false });
}
