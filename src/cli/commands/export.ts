import { formatBytes, formatCount } from "../../core/units.ts";
import { resolveRange } from "../../io/index.ts";
import { FramePlaces } from "../../recording/export/frame-places.ts";
import { hdf5Of } from "../../recording/export/hdf5.ts";
import { kerchunkReferences } from "../../recording/export/kerchunk.ts";
import type { RecordedFrame } from "../../recording/recorded-frame.ts";
import { RecordingSet, type SetStream } from "../../recording/recording-set.ts";
import { ExitCode } from "../exit.ts";
import { printError } from "../output/console.ts";
import { requireFiles } from "../recording/require-files.ts";
import { exportToSink, type SinkFormat, sinkPaths } from "../recording/sink-export.ts";
import { defaultPath, writeWhole } from "../recording/whole-file.ts";
import type { CommandContext } from "../specs/command.ts";
import type { ExportValues } from "../specs/recording.ts";

/** The frames to export and their destination. */
interface Job {
  readonly set: RecordingSet;
  readonly streams: readonly SetStream[];
  readonly fromNs: number;
  readonly toNs: number;
  readonly every: number;
  readonly path: string | null;
  readonly isForced: boolean;
}

/** `export FILE.. --to FORMAT[:PATH]`: exports recorded frames. */
export async function run({ values, positionals }: CommandContext<ExportValues>): Promise<number> {
  const { format, path } = values.to;
  using set = RecordingSet.open(requireFiles("export", positionals, " --to npy:frames/"));
  const streams = values.streams?.map((each) => set.stream(each)) ?? set.streams;
  const range = resolveRange(set, streams, values.from ?? null, values.until ?? null);
  const job: Job = { set, streams, ...range, every: values.every, path, isForced: values.force };
  const lines =
    format === "kerchunk" || format === "hdf5" ? await exportReferences(job, format) : await exportValues(job, format);
  if (!values.quiet) for (const line of lines) printError(line);
  return ExitCode.DONE;
}

/** Yields every Nth frame of a stream within the time range. */
function* framesOf({ set, fromNs, toNs, every }: Job, stream: SetStream): Generator<RecordedFrame, void, undefined> {
  let n = 0;
  for (const frame of set.frames(stream, fromNs, toNs)) if (n++ % every === 0) yield frame;
}

async function exportReferences(job: Job, format: "kerchunk" | "hdf5"): Promise<readonly string[]> {
  const places = new FramePlaces();
  for (const stream of job.streams) for (const frame of framesOf(job, stream)) places.add(frame);
  const { arrays } = places;
  const path = job.path ?? defaultPath(job.set, format === "kerchunk" ? ".json" : ".h5");
  const bytes = format === "kerchunk" ? new TextEncoder().encode(kerchunkReferences(arrays)) : hdf5Of(arrays);
  await writeWhole(path, bytes, job.isForced);
  return arrays
    .map(
      ({ group, name, dtype, dims, offsets }) =>
        `${path}: ${group}/${name} refers to ${formatCount(offsets.length)} frames, ${dtype} ${dims.join("x") || "scalar"}`,
    )
    .concat(`${path}: ${formatBytes(bytes.length)}; the recording has to stay where it is`);
}

async function exportValues(job: Job, format: SinkFormat): Promise<readonly string[]> {
  const paths = sinkPaths(format, job.path, job.set, job.streams);
  const lines: string[] = [];
  for (const [i, stream] of job.streams.entries()) {
    lines.push(...(await exportToSink(format, paths[i] as string, framesOf(job, stream), job.isForced)));
  }
  return lines;
}
