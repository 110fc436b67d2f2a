import { claimsSink } from "./claims/sink.ts";
import { claimsSource } from "./claims/source.ts";
import { mcapSource } from "./mcap/source.ts";
import { moduleSink } from "./module/sink.ts";
import { moduleSource } from "./module/source.ts";
import { npySink } from "./npy/sink.ts";
import { npySource } from "./npy/source.ts";
import { pngSink } from "./png/sink.ts";
import { rawSink } from "./raw/sink.ts";
import { rawSource } from "./raw/source.ts";
import { nullSink } from "./sinks/null.ts";
import { statsSink } from "./sinks/stats.ts";
import {
  findKind,
  type OpenOptions,
  type ParsedSink,
  type ParsedSource,
  SINK,
  type SinkKind,
  SOURCE,
  type SourceKind,
  type SpecOptions,
} from "./spec.ts";
import { syntheticSource } from "./synthetic/source.ts";
import type { Sink, Source } from "./types.ts";
import { y4mSink } from "./y4m/sink.ts";
import { y4mSource } from "./y4m/source.ts";

export type { Dtype, MajorOrder } from "../protocol/dtype.ts";
export { SinkError, type SinkErrorCode, SourceError, type SourceErrorCode } from "./errors.ts";
export { describeLayout, formatDims, layoutOf } from "./layout.ts";
export { newReplay, type Replay, resolveRange } from "./mcap/replay.ts";
export type { ReplayClock } from "./mcap/replay-clock.ts";
export type { ReplaySource } from "./mcap/replay-source.ts";
export * from "./module/index.ts";
export { encodePng, type PictureFrame } from "./png/encode.ts";
export type { PngOptions, ValueRange } from "./png/options.ts";
export type { OpenOptions, ParsedSink, ParsedSource, SpecOptions } from "./spec.ts";
export { PATTERNS, type PatternName } from "./synthetic/pattern.ts";
export { syntheticFrame } from "./synthetic/source.ts";
export type * from "./types.ts";

/** Every kind of source, in help order. */
export const SOURCE_KINDS: readonly SourceKind[] = [
  syntheticSource,
  npySource,
  y4mSource,
  rawSource,
  mcapSource,
  moduleSource,
  claimsSource,
];

/** Every kind of sink, in help order. */
export const SINK_KINDS: readonly SinkKind[] = [
  statsSink,
  npySink,
  pngSink,
  y4mSink,
  rawSink,
  moduleSink,
  claimsSink,
  nullSink,
];

/** Parses a source spec such as `npy:a.npy`; opens nothing. @throws UsageError */
export function parseSource(spec: string, options: SpecOptions = {}): ParsedSource {
  const { kind, rest } = findKind(SOURCE_KINDS, spec, SOURCE);
  return { kind: kind.name, spec, ...kind.parse(rest, options) };
}

/** Parses a sink spec such as `y4m:-`; opens nothing. @throws UsageError */
export function parseSink(spec: string, options: SpecOptions = {}): ParsedSink {
  const { kind, rest } = findKind(SINK_KINDS, spec, SINK);
  return { kind: kind.name, spec, ...kind.parse(rest, options) };
}

/** Opens a source and waits until its layout is known. @throws UsageError, SourceError */
export async function openSource(spec: string, options: SpecOptions & OpenOptions = {}): Promise<Source> {
  return parseSource(spec, options).open(options);
}

/** Opens a sink. @throws UsageError, SinkError */
export async function openSink(spec: string, options: SpecOptions & OpenOptions = {}): Promise<Sink> {
  return parseSink(spec, options).open(options);
}

interface HelpEntry {
  readonly usage: string;
  readonly summary: readonly string[];
}

/** `nameOf`: the reader's name of an option that a summary gives in braces. */
function helpTable(entries: readonly HelpEntry[], nameOf: (option: string) => string): string {
  const width = Math.max(...entries.map(({ usage }) => usage.length)) + 2;
  const lines = entries.flatMap(({ usage, summary }) =>
    summary.map(
      (line, index) =>
        `  ${(index === 0 ? usage : "").padEnd(width)}${line.replace(/\{(\w+)\}/g, (_, option: string) => nameOf(option))}`,
    ),
  );
  return lines.join("\n");
}

/** The help text for sources. */
export function sourceHelp(nameOf: (option: string) => string): string {
  return helpTable(SOURCE_KINDS, nameOf);
}

/** The help text for sinks. */
export function sinkHelp(nameOf: (option: string) => string): string {
  return helpTable(SINK_KINDS, nameOf);
}
