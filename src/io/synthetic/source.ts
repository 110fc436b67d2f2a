import { suggestion } from "../../core/nearest.ts";
import { describeLayout } from "../layout.ts";
import {
  checkedRateHz,
  layoutFromUser,
  type OptionPlace,
  optionDims,
  optionDtype,
  optionError,
  parseDims,
  parseDtype,
  parseKeyValues,
  parseNumber,
  SOURCE,
  type SourceKind,
  type SpecOptions,
} from "../spec.ts";
import type { FillState, FrameLayout, Source, SourceState } from "../types.ts";
import { createPattern, PATTERNS, type Pattern, type PatternName } from "./pattern.ts";

const KEYS = ["dtype", "dims", "pattern", "rate", "count"];
const DEFAULT_DIMS = [480, 640];
const DEFAULT_RATE_HZ = 30;
const MAX_RATE_HZ = 100_000_000;

/** Most bytes that one `fill` writes, so that the duty cycle gets its turn. */
const FILL_LIMIT_BYTES = 1024 * 1024;

export interface SyntheticOptions {
  readonly layout: FrameLayout;
  readonly pattern: PatternName;
  /** Null: as fast as frames are requested. */
  readonly rateHz: number | null;
  /** Frames until the end; null: no end. */
  readonly count: number | null;
}

/** Generated frames: frame n depends only on n, and a skipped frame keeps its number. */
class SyntheticSource implements Source {
  readonly live = true;
  readonly description: string;
  readonly layout: FrameLayout;
  readonly maxByteLength: number;
  readonly attributes = [];
  readonly nativeRateHz: number | null;
  readonly #pattern: Pattern;
  readonly #count: number;
  #frame = 0;
  #filledBytes = 0;
  #isClosed = false;

  constructor({ layout, pattern, rateHz, count }: SyntheticOptions) {
    const rate = rateHz === null ? "as fast as possible" : `${rateHz} frames/s`;
    this.description = `synthetic:${pattern} ${describeLayout(layout)} ${rate}`;
    this.layout = layout;
    this.maxByteLength = layout.byteLength;
    this.nativeRateHz = rateHz;
    this.#pattern = createPattern(pattern, layout);
    this.#count = count ?? Number.POSITIVE_INFINITY;
  }

  poll(_nowNs: number): SourceState {
    return this.#isClosed || this.#frame >= this.#count ? "end" : "ready";
  }

  fill(target: Uint8Array, _nowNs: number): FillState {
    const { byteLength } = this.layout;
    if (target.length !== byteLength) {
      throw new RangeError(`expected a target of ${byteLength} bytes, found ${target.length}`);
    }
    if (this.#filledBytes === 0) this.#pattern.begin(this.#frame);
    const to = Math.min(byteLength, this.#filledBytes + FILL_LIMIT_BYTES);
    if (to > this.#filledBytes) this.#pattern.write(target, this.#filledBytes, to);
    this.#filledBytes = to;
    if (to < byteLength) return "more";
    return this.skip();
  }

  skip(): FillState {
    this.#filledBytes = 0;
    this.#frame++;
    return "done";
  }

  close(): void {
    this.#isClosed = true;
  }
}

const PLACE: OptionPlace = { ...SOURCE, part: "synthetic" };

/** The place of a key of the spec, for messages. */
function inPart(key: string): OptionPlace {
  return { ...SOURCE, part: `synthetic: ${key}` };
}

function oneOf(key: string, fromSpec: string | undefined, isOption: boolean): void {
  if (fromSpec === undefined || !isOption) return;
  throw optionError(PLACE, `expected ${key} once, found it here and as an option of its own`, { found: key });
}

function parseOptions(rest: string, options: SpecOptions): SyntheticOptions {
  const values = parseKeyValues(rest, KEYS, PLACE);
  const [dtypeText, dimsText, patternText] = [values.get("dtype"), values.get("dims"), values.get("pattern")];
  oneOf("dtype", dtypeText, options.dtype !== undefined);
  oneOf("dims", dimsText, options.dims !== undefined);
  const dtype = dtypeText === undefined ? (optionDtype(options) ?? "uint8") : parseDtype(dtypeText, inPart("dtype"));
  const dims = dimsText === undefined ? (optionDims(options) ?? DEFAULT_DIMS) : parseDims(dimsText, inPart("dims"));
  const layout = layoutFromUser(dtype, dims, inPart("dims"));
  const pattern = PATTERNS.find((name) => name === patternText);
  if (patternText !== undefined && pattern === undefined) {
    throw optionError(
      inPart("pattern"),
      `expected ${PATTERNS.join(", ")}, found "${patternText}"${suggestion(patternText, PATTERNS)}`,
      { expected: PATTERNS.join(", "), found: patternText },
    );
  }
  const rateText = values.get("rate");
  const countText = values.get("count");
  let rateHz: number | null = checkedRateHz(options) ?? DEFAULT_RATE_HZ;
  if (rateText === "max") rateHz = null;
  else if (rateText !== undefined) rateHz = parseNumber(rateText, 0.001, MAX_RATE_HZ, inPart("rate"));
  const count = countText === undefined ? null : parseNumber(countText, 0, Number.MAX_SAFE_INTEGER, inPart("count"));
  // One row has nothing to scroll through but itself, which a ramp shows better.
  return { layout, pattern: pattern ?? (dims.length >= 2 ? "picture" : "ramp"), rateHz, count };
}

export const syntheticSource: SourceKind = {
  name: "synthetic",
  usage: "synthetic:[key=value,..]",
  summary: [
    "generated frames, live: dtype=uint8 dims=480x640 (or scalar) rate=30 (or max) count=N",
    "pattern=picture  a moving test picture (the default from two dimensions on)",
    "pattern=ramp     element i of frame n is (i + n) mod 65536",
    "pattern=counter  every element of frame n is n (both wrap to the dtype)",
  ],
  parse(rest, options) {
    const parsed = parseOptions(rest, options);
    return { open: async () => new SyntheticSource(parsed) };
  },
};

/** Frame n as a `synthetic:` source makes it, for readers that verify. Allocates; not for hot paths. */
export function syntheticFrame(layout: FrameLayout, pattern: PatternName, n: number): Uint8Array {
  const target = new Uint8Array(new ArrayBuffer(layout.byteLength));
  const made = createPattern(pattern, layout);
  made.begin(n);
  if (layout.byteLength > 0) made.write(target, 0, layout.byteLength);
  return target;
}
