import { InputSequence } from "../input/input-sequence.ts";
import { isStdin } from "../input/open-input.ts";
import { openStream } from "../input/open-stream.ts";
import { StreamSource } from "../input/stream-source.ts";
import { describeLayout } from "../layout.ts";
import {
  checkedRateHz,
  DIMS,
  layoutFromUser,
  optionDims,
  optionDtype,
  optionError,
  requirePath,
  SOURCE,
  type SourceKind,
} from "../spec.ts";
import { RawFormat } from "./format.ts";

export const rawSource: SourceKind = {
  name: "raw",
  usage: "raw:FILE|-",
  summary: [
    "frames of one size without headers, little-endian, e.g. {dtype} uint16 {dims} 480x640",
    "with {rate} a file is repeated until stopped, with {once} (or no {rate}) read once",
  ],
  parse(rest, options) {
    const path = requirePath("raw", rest, SOURCE, "FILE");
    const dtype = optionDtype(options);
    const dims = optionDims(options);
    if (dtype === undefined || dims === undefined) {
      const missing = [dtype === undefined ? "dtype" : "", dims === undefined ? "dims" : ""]
        .filter(Boolean)
        .join(" and ");
      throw optionError(
        { ...SOURCE, part: `raw:${rest}` },
        `raw bytes have no header that says their type and shape; give ${missing}`,
        { found: `no ${missing}` },
      );
    }
    const layout = layoutFromUser(dtype, dims, DIMS);
    if (layout.byteLength === 0) {
      throw optionError(DIMS, "expected frames of at least one byte for raw:, found a dimension of 0", {
        found: "0",
      });
    }
    const isRepeated = checkedRateHz(options) !== undefined && options.once !== true && !isStdin(path);
    return {
      async open(openOptions = {}) {
        const source = new StreamSource(new InputSequence([path], isRepeated), new RawFormat(layout), {
          describe: () => `raw:${rest} ${describeLayout(layout)}${isRepeated ? ", repeated" : ""}`,
          attributes: [],
          nativeRateHz: null,
          knownMaxByteLength: layout.byteLength,
        });
        return openStream(source, openOptions);
      },
    };
  },
};
