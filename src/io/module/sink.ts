import { absolutePath } from "../../core/exact-text.ts";
import { parseFreeKeyValues, splitPathOptions } from "../path-options.ts";
import type { SinkKind } from "../spec.ts";
import { SINK } from "../spec.ts";
import type { Sink } from "../types.ts";
import type { CopySink, ViewSink } from "./contract.ts";
import { CopyModuleSink } from "./copy-sink.ts";
import { requireOneOf, requireTypes } from "./definition.ts";
import { ModuleFaults } from "./faults.ts";
import { loadExport } from "./load.ts";
import { ViewModuleSink } from "./view-sink.ts";

const TYPES = {
  description: "string",
  needsAttributes: "boolean",
  summary: "function",
  close: "function",
  settled: "function",
  frame: "function",
  copiedFrame: "function",
} as const;

export const moduleSink: SinkKind = {
  name: "module",
  usage: "module:FILE[,..]",
  summary: [
    "a module (TypeScript, JavaScript) that exports `sink` or a default: examples/modules",
    "key=value is passed to it if that is a function",
  ],
  parse(rest) {
    const { path, options } = splitPathOptions("module", rest, SINK, "FILE");
    const context = { options: parseFreeKeyValues(options, { ...SINK, part: "module" }) };
    const faults = new ModuleFaults("sink", path, absolutePath(path));
    return {
      usesStdout: false,
      async open(openOptions = {}): Promise<Sink> {
        const definition = await loadExport(faults, context, openOptions);
        requireTypes(definition, TYPES, faults);
        const kind = requireOneOf(definition, ["frame", "copiedFrame"], faults);
        return kind === "frame"
          ? new ViewModuleSink(definition as unknown as ViewSink, faults)
          : new CopyModuleSink(definition as unknown as CopySink, faults);
      },
    };
  },
};
