import { absolutePath } from "../../core/exact-text.ts";
import { parseFreeKeyValues, splitPathOptions } from "../path-options.ts";
import { refuseLayoutOptions, SOURCE, type SourceKind } from "../spec.ts";
import type { Source } from "../types.ts";
import type { FillSource, FrameSource, YieldedFrames } from "./contract.ts";
import { requireOneOf, requireTypes } from "./definition.ts";
import { ModuleFaults } from "./faults.ts";
import { FillModuleSource } from "./fill-source.ts";
import { FrameModuleSource } from "./frame-source.ts";
import { loadExport } from "./load.ts";

const TYPES = {
  description: "string",
  live: "boolean",
  close: "function",
  poll: "function",
  fill: "function",
  frames: "function",
} as const;

export const moduleSource: SourceKind = {
  name: "module",
  usage: "module:FILE[,..]",
  summary: [
    "a module (TypeScript, JavaScript) that exports `source` or a default: examples/modules",
    "key=value is passed to it if that is a function",
  ],
  parse(rest, options) {
    const { path, options: text } = splitPathOptions("module", rest, SOURCE, "FILE");
    const context = { options: parseFreeKeyValues(text, { ...SOURCE, part: "module" }) };
    refuseLayoutOptions("module", options);
    const faults = new ModuleFaults("source", path, absolutePath(path));
    return {
      async open(openOptions = {}): Promise<Source> {
        const exported = await loadExport(faults, context, openOptions);
        const isIterable = Symbol.asyncIterator in exported || Symbol.iterator in exported;
        const definition = isIterable ? { frames: () => exported as unknown as YieldedFrames } : exported;
        requireTypes(definition, TYPES, faults);
        if (requireOneOf(definition, ["fill", "frames"], faults) === "fill") {
          return new FillModuleSource(definition as unknown as FillSource, faults);
        }
        const source = new FrameModuleSource(definition as unknown as FrameSource, faults);
        await source.start(openOptions);
        return source;
      },
    };
  },
};
