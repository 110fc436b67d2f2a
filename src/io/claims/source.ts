import { UsageError } from "../../core/errors.ts";
import { parseSize } from "../../core/units.ts";
import { splitPathOptions } from "../path-options.ts";
import { parseKeyValues, refuseLayoutOptions, type SourceKind } from "../spec.ts";
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
    const { path, options: text } = splitPathOptions("claims", rest, "--source", "-,bytes=N");
    requireDash(path, "--source");
    const bytes = parseKeyValues(text, ["bytes"], "--source claims").get("bytes");
    if (bytes === undefined) {
      throw new UsageError(
        `--source claims:-: expected bytes=N, the size of the largest frame, as in claims:-,bytes=8MiB`,
      );
    }
    const maxByteLength = parseSize(bytes);
    return { open: async () => new ClaimSource(maxByteLength) };
  },
};
