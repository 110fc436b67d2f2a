import { InputSequence } from "../input/input-sequence.ts";
import { isStdin } from "../input/open-input.ts";
import { openStream } from "../input/open-stream.ts";
import { StreamSource } from "../input/stream-source.ts";
import { describeLayout } from "../layout.ts";
import { checkedRateHz, refuseLayoutOptions, type SourceKind } from "../spec.ts";
import { NpyFormat } from "./format.ts";
import { expandDirectories, parseNpyList } from "./paths.ts";
import { largestFrame } from "./scan.ts";

export const npySource: SourceKind = {
  name: "npy",
  usage: "npy:FILE[,FILE..]|DIR/|-",
  summary: [
    "NumPy .npy records; each record is a frame (np.save repeated on one handle, too)",
    "DIR/: the .npy files of a folder, in the order of their names, as the sink writes them",
    "FILE,frames-axis=0: an array (N, H, W) as N frames (-1: the last axis, of Fortran order)",
    "with {rate} the files are repeated until stopped, with {once} (or no {rate}) read once",
    "bool, (u)int8 to 64, float32, float64; C or Fortran order; big-endian is swapped",
  ],
  parse(rest, options) {
    refuseLayoutOptions("npy", options);
    const { paths, framesAxis } = parseNpyList(rest);
    // Standard input cannot be read twice, so a list that contains it is read once.
    const isRepeated = checkedRateHz(options) !== undefined && options.once !== true && !paths.some(isStdin);
    return {
      async open(openOptions = {}) {
        const files = await expandDirectories(paths);
        const largest = await largestFrame(files, framesAxis);
        const format = new NpyFormat(framesAxis);
        const source = new StreamSource(new InputSequence(files, isRepeated), format, {
          describe: () => `npy:${shortened(rest)} ${describeLayout(format.layout)}${isRepeated ? ", repeated" : ""}`,
          attributes: [],
          nativeRateHz: null,
          knownMaxByteLength: largest,
        });
        return openStream(source, openOptions);
      },
    };
  },
};

const SHOWN_CHARACTERS = 200;

/** A list of many files is named by its first part. */
function shortened(list: string): string {
  return list.length > SHOWN_CHARACTERS ? `${list.slice(0, SHOWN_CHARACTERS)}...` : list;
}
