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

/** Formats that have a file for each frame. */
const IN_FOLDERS: readonly SinkFormat[] = ["npy", "png"];

/** Where each stream goes: to the path itself if it is the only one, else to one of its own name. */
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

/** Writes frames by way of a sink; returns what it says in the end. @throws SinkError, UsageError */
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
    // What is not all of it is not left behind under the name of all of it.
    if (!isComplete && isFile && !mayReplace) rmSync(path, { force: true });
  }
  return sink.summary();
}

/** Has the sink work until something is so. */
async function pump(sink: Sink, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    if (sink.doWork(processNs()) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

function sinkFrame(frame: RecordedFrame): SinkFrame {
  const bytes = contiguousBytes(frame, frame.bytes);
  const { seq, timestampNs, attributes, dtype, dims, majorOrder } = frame;
  // What a recording does not know of its source will not come later.
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
