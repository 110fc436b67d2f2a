import { existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { processNs } from "../../core/clock.ts";
import { openSink } from "../../io/index.ts";
import type { Sink, SinkFrame } from "../../io/types.ts";
import { contiguousBytes } from "../../recording/export/contiguous.ts";
import type { RecordedFrame } from "../../recording/recorded-frame.ts";
import type { RecordingSet, SetStream } from "../../recording/recording-set.ts";
import { alreadyThere, defaultPath } from "./whole-file.ts";

export type SinkFormat = "npy" | "raw" | "png" | "y4m";

/** Formats that write one file per frame. */
const IN_FOLDERS: readonly SinkFormat[] = ["npy", "png"];

/** The path of each stream: the given path if there is only one stream, else one with the stream's name. */
export function sinkPaths(
  format: SinkFormat,
  path: string | null,
  set: RecordingSet,
  streams: readonly SetStream[],
): readonly string[] {
  const isFolder = IN_FOLDERS.includes(format);
  const base = path ?? defaultPath(set, isFolder ? "" : `.${format}`);
  if (streams.length === 1) return [isFolder ? join(base, "/") : base];
  return streams.map(({ name, streamId }) => {
    const plain = name.replaceAll(/^\/+|\/+$/g, "").replaceAll(/[^\w.-]+/g, "_") || `stream-${streamId}`;
    return isFolder ? join(base, plain, "/") : base.replace(/(\.[^./]*)?$/, (ending) => `-${plain}${ending}`);
  });
}

/** Writes frames through a sink; returns the sink's closing message. @throws SinkError, UsageError */
export async function exportToSink(
  format: SinkFormat,
  path: string,
  frames: Iterable<RecordedFrame>,
  mayReplace: boolean,
): Promise<readonly string[]> {
  const isFile = !path.endsWith("/");
  if (isFile && existsSync(path)) {
    if (!mayReplace || !statSync(path).isFile()) throw alreadyThere(path);
  }
  const sink = await openSink(`${format}:${path}`, { replaces: mayReplace });
  let isComplete = false;
  try {
    for (const frame of frames) {
      await pump(sink, () => sink.hasRoom);
      sink.accept(sinkFrame(frame));
      sink.settle(true);
      sink.doWork(processNs());
    }
    await pump(sink, () => sink.drained);
    isComplete = true;
  } finally {
    await sink.close();
    // A partial file must not stay under the name of a complete one.
    if (!isComplete && isFile && !mayReplace) rmSync(path, { force: true });
  }
  return sink.summary();
}

/** Runs the sink until a condition holds. */
async function pump(sink: Sink, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    if (sink.doWork(processNs()) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

function sinkFrame(frame: RecordedFrame): SinkFrame {
  const bytes = contiguousBytes(frame, frame.bytes);
  const { seq, timestampNs, attributes, dtype, dims, majorOrder } = frame;
  // Attributes missing from a recording will not arrive later.
  const metaVersion = attributes.length === 0 ? 0 : frame.metaVersion;
  return {
    seq,
    timestampNs,
    ageNs: 0,
    metaVersion,
    attributes,
    dtype,
    dims,
    majorOrder,
    byteLength: bytes.length,
    bytes,
  };
}
