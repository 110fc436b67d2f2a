import { parseSize } from "../../core/units.ts";
import { splitPathOptions } from "../path-options.ts";
import { optionError, parseKeyValues, refuseLayoutOptions, SOURCE, type SourceKind } from "../spec.ts";
import { ClaimSource } from "./claim-source.ts";
import { requireDash } from "./dash.ts";

export const claimsSource: SourceKind = {
  name: "claims",
  usage: "claims:-,bytes=N",
  summary: [
    "frames of at most N bytes (8MiB), filled in place by the program that reads standard output",
    "and answers on standard input: docs/PYTHON.md",
  ],
  parse(rest, options) {
    refuseLayoutOptions("claims", options);
    const { path, options: text } = splitPathOptions("claims", rest, SOURCE, "-,bytes=N");
    requireDash(path, SOURCE);
    const bytes = parseKeyValues(text, ["bytes"], { ...SOURCE, part: "claims" }).get("bytes");
    if (bytes === undefined) {
      throw optionError(
        { ...SOURCE, part: "claims:-" },
        "expected bytes=N, the size of the largest frame, as in claims:-,bytes=8MiB",
      );
    }
    const maxByteLength = parseSize(bytes);
    return { open: async () => new ClaimSource(maxByteLength) };
  },
};
