import { getLogger } from "../../core/logger.ts";
import { InputSequence } from "../input/input-sequence.ts";
import { isStdin } from "../input/open-input.ts";
import { openStream } from "../input/open-stream.ts";
import { StreamSource } from "../input/stream-source.ts";
import { checkedRateHz, refuseLayoutOptions, requirePath, SOURCE, type SourceKind } from "../spec.ts";
import { Y4mFormat } from "./format.ts";
import { frameRateHz } from "./header.ts";

const logger = getLogger("source");

export const y4mSource: SourceKind = {
  name: "y4m",
  usage: "y4m:FILE|-",
  summary: [
    "yuv4mpeg2 as FFmpeg writes it (-f yuv4mpegpipe; above 8 bits with -strict -1):",
    "420, 422, 444, 411 and mono of 8 to 16 bits",
    "420 comes as [H*3/2, W], 422 as [H*2, W], 444 as [3, H, W], mono as [H, W];",
    "odd sizes as [samples]",
    "a file is read once at its own rate; with {rate} at that rate, and repeated unless {once}",
  ],
  parse(rest, options) {
    refuseLayoutOptions("y4m", options);
    const path = requirePath("y4m", rest, SOURCE, "FILE");
    const isRepeated = checkedRateHz(options) !== undefined && options.once !== true && !isStdin(path);
    return {
      async open(openOptions = {}) {
        const format = new Y4mFormat((notice) => logger.warn(notice));
        const source = new StreamSource(new InputSequence([path], isRepeated), format, {
          describe: () => describe(rest, format, isRepeated),
          get attributes() {
            return format.attributes;
          },
          get nativeRateHz() {
            // A pipe has the rate of its writer, which may be a conversion.
            return isStdin(path) ? null : frameRateHz(format.header?.frameRate ?? null);
          },
          get knownMaxByteLength() {
            return format.header === null ? 0 : format.layout.byteLength;
          },
        });
        return openStream(source, openOptions);
      },
    };
  },
};

function describe(rest: string, { header }: Y4mFormat, isRepeated: boolean): string {
  if (header === null) return `y4m:${rest}`;
  const rateHz = frameRateHz(header.frameRate);
  const rate = rateHz === null ? "" : ` ${Number(rateHz.toFixed(3))} frames/s`;
  return `y4m:${rest} ${header.width}x${header.height} C${header.colorspace.name}${rate}${isRepeated ? ", repeated" : ""}`;
}
