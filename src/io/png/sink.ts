import { DirectoryOutput } from "../output/directory-output.ts";
import { DEFAULT_LIMITS } from "../output/frame-queue.ts";
import { QueuedSink } from "../output/queued-sink.ts";
import { splitPathOptions } from "../path-options.ts";
import type { SinkKind } from "../spec.ts";
import { SINK } from "../spec.ts";
import { PngEncoder } from "./encoder.ts";
import { parsePngOptions } from "./options.ts";
import { PngOutput } from "./output.ts";

export const pngSink: SinkKind = {
  name: "png",
  usage: "png:DIR[,..]",
  summary: [
    "a file per frame, frame-<start>-<seq>-<timestamp>.png; [H, W], [H, W, 1 to 4] or [1, 3 or 4, H, W]",
    "uint8 and uint16 exact, bool and bit black and white, others from each frame's min to max",
    "scale=auto (min to max), none (exact or refused) or MIN..MAX; bits=8|16",
    "channels=first|last where three dimensions could be either; of y4m frames the luma plane",
  ],
  parse(rest) {
    const { path, options } = splitPathOptions("png", rest, SINK, "DIR");
    const pngOptions = parsePngOptions(options);
    return {
      usesStdout: false,
      async open() {
        const output = new PngOutput(await DirectoryOutput.open(path, "png"));
        const limits = { ...DEFAULT_LIMITS, isGathering: false };
        return new QueuedSink(`png:${rest}`, new PngEncoder(pngOptions), output, limits);
      },
    };
  },
};
