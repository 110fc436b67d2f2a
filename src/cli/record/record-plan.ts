import { join } from "node:path";
import type { Origins } from "../../config/index.ts";
import { OptionError, UsageError } from "../../core/errors.ts";
import { absolutePath } from "../../core/exact-text.ts";
import type { RecordingOptions } from "../../recorder/recording-options.ts";
import { requireStreamText } from "../observe/find-stream.ts";
import { Output } from "../output/output.ts";
import type { CommandContext } from "../specs/command.ts";
import type { RecordValues } from "../specs/record.ts";
import { FlightPlan } from "./flight-plan.ts";

const FLIGHT_FOLDER = "a folder that ends in /: --before writes a file for each trigger";
/** The names of flight files derive from it: `flight-<time>-<number>.mcap`. */
const FLIGHT_FILE = "flight.mcap";

/** Placeholder for the stream of a single-stream role; its value is never used. */
const SOME_STREAM = 10_000;

/** The streams to record and the destination, validated as far as possible without opening or waiting for anything. */
export class RecordPlan {
  /** With a placeholder stream, because a recorder has several. */
  readonly values: RecordValues & { readonly stream: number };
  readonly origins: Origins;
  /** Ids and names of streams. */
  readonly streams: readonly string[];
  readonly recording: RecordingOptions;
  /** Null if everything is recorded. */
  readonly flight: FlightPlan | null;
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
    this.flight = FlightPlan.of(values);
    this.recording = recordingOptions(values, this.flight);
    this.output = new Output({ format: values.output });
  }

  get count(): number {
    return this.values.count ?? Number.POSITIVE_INFINITY;
  }
}

/** @throws OptionError */
function recordingOptions(values: RecordValues, flight: FlightPlan | null): RecordingOptions {
  const { to, split, keep, minFree, compress, buffer, pageCache } = values;
  if (keep !== undefined && split === undefined && flight === null) {
    throw new OptionError("keep", "only parts are removed: pass --split as well", { expected: "--split" });
  }
  const isFolder = to.endsWith("/");
  if (isFolder !== (flight !== null)) {
    const expected = isFolder ? "a file that ends in .mcap: only --before writes to a folder" : FLIGHT_FOLDER;
    throw new OptionError("to", `expected ${expected}, found "${to}"`, { expected, found: to });
  }
  return {
    path: isFolder ? join(absolutePath(to), FLIGHT_FILE) : absolutePath(to),
    ...(flight === null ? {} : { flight: flight.options }),
    ...(split === undefined ? {} : "bytes" in split ? { splitBytes: split.bytes } : { splitNs: split.durationNs }),
    ...(keep === undefined ? {} : { keepBytes: keep }),
    minFree,
    bufferBytes: buffer,
    pageCacheBytes: pageCache,
    ...(compress === null ? {} : { zstdLevel: compress.zstdLevel }),
  };
}
