import { stat } from "node:fs/promises";
import { errnoOf } from "../../core/system-errors.ts";
import { DirectoryOutput } from "../output/directory-output.ts";
import { DEFAULT_LIMITS } from "../output/frame-queue.ts";
import { QueuedSink } from "../output/queued-sink.ts";
import { isStdout, openStreamOutput, writeError } from "../output/stream-output.ts";
import { requirePath, SINK, type SinkKind } from "../spec.ts";
import { NpyEncoder } from "./encoder.ts";

async function isDirectory(path: string): Promise<boolean> {
  if (path.endsWith("/")) return true;
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw writeError(path, error);
  }
}

export const npySink: SinkKind = {
  name: "npy",
  usage: "npy:DIR/|FILE|-",
  summary: [
    "DIR/ (or a folder that exists): a file per frame, frame-<start>-<seq>-<timestamp>.npy",
    "FILE, -: records one after the other (np.load repeated on one handle)",
    "FILE is FILE.part until the end; no file that exists is replaced",
    "dtype bytes is written as uint8, bit as its packed bytes",
  ],
  parse(rest) {
    const path = requirePath("npy", rest, SINK, "DIR, FILE or -");
    return {
      usesStdout: isStdout(path),
      async open(options) {
        const description = `npy:${rest}`;
        const encoder = new NpyEncoder();
        if (!isStdout(path) && (await isDirectory(path))) {
          const output = await DirectoryOutput.open(path, "npy");
          return new QueuedSink(description, encoder, output, { ...DEFAULT_LIMITS, isGathering: false });
        }
        return new QueuedSink(description, encoder, await openStreamOutput(path, options));
      },
    };
  },
};
