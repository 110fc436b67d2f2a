import { QueuedSink } from "../output/queued-sink.ts";
import { isStdout, openStreamOutput } from "../output/stream-output.ts";
import { requirePath, SINK, type SinkKind } from "../spec.ts";
import { RawEncoder } from "./encoder.ts";

export const rawSink: SinkKind = {
  name: "raw",
  usage: "raw:FILE|-",
  summary: ["the values of each frame, one after the other, little-endian; all frames of one layout"],
  parse(rest) {
    const path = requirePath("raw", rest, SINK, "FILE or -");
    return {
      usesStdout: isStdout(path),
      async open(options) {
        return new QueuedSink(`raw:${rest}`, new RawEncoder(), await openStreamOutput(path, options));
      },
    };
  },
};
