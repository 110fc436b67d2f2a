import type { SinkKind } from "../spec.ts";
import { SINK } from "../spec.ts";
import { ClaimSink } from "./claim-sink.ts";
import { requireDash } from "./dash.ts";

export const claimsSink: SinkKind = {
  name: "claims",
  usage: "claims:-",
  summary: [
    "hands over frames in place to a program that reads standard output",
    "and answers on standard input: docs/PYTHON.md",
  ],
  parse(rest) {
    requireDash(rest, SINK);
    return { usesStdout: true, open: async () => new ClaimSink() };
  },
};
