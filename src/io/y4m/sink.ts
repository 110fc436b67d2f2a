import { getLogger } from "../../core/logger.ts";
import { QueuedSink } from "../output/queued-sink.ts";
import { isStdout, openStreamOutput } from "../output/stream-output.ts";
import { checkedRateHz, requirePath, SINK, type SinkKind } from "../spec.ts";
import { Y4mEncoder } from "./encoder.ts";

const logger = getLogger("sink");

export const y4mSink: SinkKind = {
  name: "y4m",
  usage: "y4m:FILE|-",
  summary: [
    "yuv4mpeg2 for FFmpeg and players; size, chroma and rate come from the stream's metadata",
    "without y4m metadata: [H, W] as mono, [3, H, W] as 444, uint8 or uint16, at {rate} or 25 frames/s",
  ],
  parse(rest, options) {
    const path = requirePath("y4m", rest, SINK, "FILE or -");
    const rateHz = checkedRateHz(options);
    return {
      usesStdout: isStdout(path),
      async open(openOptions) {
        const encoder = new Y4mEncoder(rateHz, (notice) => logger.warn(notice));
        return new QueuedSink(`y4m:${rest}`, encoder, await openStreamOutput(path, openOptions));
      },
    };
  },
};
