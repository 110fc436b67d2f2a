import { UsageError } from "../../core/errors.ts";
import { InputSequence } from "../input/input-sequence.ts";
import { isStdin } from "../input/open-input.ts";
import { openStream } from "../input/open-stream.ts";
import { StreamSource } from "../input/stream-source.ts";
import { describeLayout } from "../layout.ts";
import { checkedRateHz, refuseLayoutOptions, requirePath, type SourceKind } from "../spec.ts";
import { NpyFormat } from "./format.ts";
import { largestFrame } from "./scan.ts";

/** The paths of a comma-separated list; `\,` is a comma within a name. */
function splitPaths(list: string): readonly string[] {
  return list.split(/(?<!\\),/).map((path) => path.replaceAll("\\,", ","));
}

export const npySource: SourceKind = {
  name: "npy",
  usage: "npy:FILE[,FILE..]|-",
  summary: [
    "NumPy .npy records; each record is a frame (np.save repeated on one handle, too)",
    "with --rate the files are repeated for ever, with --once (or no --rate) read once",
    "bool, (u)int8 to 64, float32, float64; C or Fortran order; big-endian is swapped",
  ],
  parse(rest, options) {
    refuseLayoutOptions("npy", options);
    const paths = splitPaths(requirePath("npy", rest, "--source", "FILE"));
    if (paths.includes("")) {
      throw new UsageError(`--source: expected npy:FILE,FILE, found an empty name in "npy:${rest}"`, { found: rest });
    }
    if (paths.filter(isStdin).length > 1) {
      throw new UsageError(`--source: expected standard input once at most, found "npy:${rest}"`, { found: rest });
    }
    // Standard input cannot be read twice, so a list with it is read once.
    const isRepeated = checkedRateHz(options) !== undefined && options.once !== true && !paths.some(isStdin);
    return {
      async open(openOptions = {}) {
        const largest = await largestFrame(paths);
        const format = new NpyFormat();
        const source = new StreamSource(new InputSequence(paths, isRepeated), format, {
          describe: () => `npy:${rest} ${describeLayout(format.layout)}${isRepeated ? ", repeated" : ""}`,
          attributes: [],
          nativeRateHz: null,
          knownMaxByteLength: largest,
        });
        return openStream(source, openOptions);
      },
    };
  },
};
