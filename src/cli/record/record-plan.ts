import { resolve } from "node:path";
import type { Origins } from "../../config/index.ts";
import { OptionError, UsageError } from "../../core/errors.ts";
import type { RecordingOptions } from "../../recorder/recording-options.ts";
import type { CommandContext } from "../command.ts";
import { requireStreamText } from "../observe/find-stream.ts";
import { Output } from "../output.ts";
import type { RecordValues } from "../record-command.ts";

/** What a role with one stream would have; nothing is read from it. */
const SOME_STREAM = 10_000;

/** What is to be recorded and where to, checked as far as that goes without opening or waiting for anything. */
export class RecordPlan {
  /** With a stream that stands for none: a recorder has several. */
  readonly values: RecordValues & { readonly stream: number };
  readonly origins: Origins;
  /** Ids and names. */
  readonly streams: readonly string[];
  readonly recording: RecordingOptions;
  readonly output: Output;

  /** @throws UsageError */
  constructor(
    { values, origins }: Pick<CommandContext<RecordValues>, "values" | "origins">,
    positionals: readonly string[] = [],
  ) {
    this.values = { ...values, stream: SOME_STREAM };
    this.origins = origins;
    for (const stream of positionals) requireStreamText(stream, "record");
    this.streams = [...new Set([...positionals, ...(values.streams ?? [])])];
    if (this.streams.length === 0 && !values.all) {
      throw new UsageError("record: no stream is named: give ids or names (`tensorpool ls` lists them), or --all", {
        expected: "a stream",
      });
    }
    this.recording = recordingOptions(values);
    this.output = new Output({ format: values.output });
  }

  get count(): number {
    return this.values.count ?? Number.POSITIVE_INFINITY;
  }
}

/** @throws OptionError */
function recordingOptions({ to, split, keep, minFree, compress, buffer, pageCache }: RecordValues): RecordingOptions {
  if (keep !== undefined && split === undefined) {
    throw new OptionError("keep", "only parts are removed: pass --split as well", { expected: "--split" });
  }
  return {
    path: resolve(to),
    ...(split === undefined ? {} : "bytes" in split ? { splitBytes: split.bytes } : { splitNs: split.durationNs }),
    ...(keep === undefined ? {} : { keepBytes: keep }),
    minFree,
    bufferBytes: buffer,
    pageCacheBytes: pageCache,
    ...(compress === null ? {} : { zstdLevel: compress.zstdLevel }),
  };
}
