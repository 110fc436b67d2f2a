import { type ErrorDetails, OptionError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import { DTYPE_NAMES, type Dtype, isDtype } from "../protocol/dtype.ts";
import { layoutOf, layoutProblem, readDims } from "./layout.ts";
import type { FrameLayout, Sink, Source } from "./types.ts";

/** Options given in addition to a source or sink. */
export interface SpecOptions {
  /** A name of the wire's dtypes. */
  readonly dtype?: string | undefined;
  /** `480x640`, `scalar`, or the numbers themselves. */
  readonly dims?: string | readonly number[] | undefined;
  /** Frames per second. */
  readonly rateHz?: number | undefined;
  /** Do not repeat a file although a rate is given. */
  readonly once?: boolean | undefined;
}

/** The option, or the part of its text, that contains the fault. */
export interface OptionPlace {
  readonly option: "source" | "sink" | "dtype" | "dims" | "rate";
  /** E.g. "synthetic" for what follows `synthetic:`. */
  readonly part?: string;
}

export const SOURCE: OptionPlace = { option: "source" };
export const SINK: OptionPlace = { option: "sink" };

export function optionError(
  { option, part = "" }: OptionPlace,
  problem: string,
  details: ErrorDetails = {},
): OptionError {
  return new OptionError(option, problem, { ...details, part });
}

/** How a source or sink is opened. */
export interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
  /** True for a sink that may replace a file, because the user names it for one frame. */
  readonly replaces?: boolean | undefined;
  /** Called once when opening takes longer than a moment, e.g. "waiting for the first frame on stdin". */
  readonly onWaiting?: ((what: string) => void) | undefined;
}

/** A parsed source spec; nothing is open yet. */
export interface ParsedSource {
  readonly kind: string;
  readonly spec: string;
  /** Resolves once the first frame's layout is known, or the input has ended. @throws SourceError */
  open(options?: OpenOptions): Promise<Source>;
}

/** A parsed sink spec; nothing is open yet. */
export interface ParsedSink {
  readonly kind: string;
  readonly spec: string;
  /** True if frames go to standard output, so that nothing else may. */
  readonly usesStdout: boolean;
  /** @throws SinkError */
  open(options?: OpenOptions): Promise<Sink>;
}

/** One kind of source: an entry of the registry and of its help. */
export interface SourceKind {
  readonly name: string;
  readonly usage: string;
  /** Options are in braces: {rate}. Each interface has its own name for them. */
  readonly summary: readonly string[];
  /** `rest` is what follows `name:`. @throws OptionError */
  parse(rest: string, options: SpecOptions): Omit<ParsedSource, "kind" | "spec">;
}

/** One kind of sink: an entry of the registry and of its help. */
export interface SinkKind {
  readonly name: string;
  readonly usage: string;
  /** Options are in braces: {rate}. Each interface has its own name for them. */
  readonly summary: readonly string[];
  /** `rest` is what follows `name:`. @throws OptionError */
  parse(rest: string, options: SpecOptions): Omit<ParsedSink, "kind" | "spec">;
}

/** Splits `kind:rest` and finds the kind. @throws OptionError */
export function findKind<Kind extends { readonly name: string }>(
  kinds: readonly Kind[],
  spec: string,
  place: OptionPlace,
): { kind: Kind; rest: string } {
  const colon = spec.indexOf(":");
  const name = colon < 0 ? spec : spec.slice(0, colon);
  const kind = kinds.find((candidate) => candidate.name === name);
  if (kind !== undefined) return { kind, rest: colon < 0 ? "" : spec.slice(colon + 1) };
  const names = kinds.map((candidate) => candidate.name);
  throw optionError(
    place,
    `expected one of ${names.map((each) => `${each}:`).join(" ")}, found "${spec}"${suggestion(name, names)}`,
    { expected: names.join(", "), found: spec },
  );
}

/** The pairs of `key=value,key=value`. Unknown and repeated keys are rejected. @throws OptionError */
export function parseKeyValues(text: string, keys: readonly string[], place: OptionPlace): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  if (text === "") return values;
  for (const pair of text.split(",")) {
    const equals = pair.indexOf("=");
    const key = equals < 0 ? pair : pair.slice(0, equals);
    if (equals < 0 || !keys.includes(key)) {
      throw optionError(
        place,
        `expected key=value with one of the keys ${keys.join(", ")}, found "${pair}"${suggestion(key, keys)}`,
        { expected: keys.join(", "), found: pair },
      );
    }
    if (values.has(key)) {
      throw optionError(place, `expected each key once, found "${key}" twice`, { found: key });
    }
    values.set(key, pair.slice(equals + 1));
  }
  return values;
}

/** `text` as a decimal number in a range. @throws OptionError */
export function parseNumber(text: string, minimum: number, maximum: number, place: OptionPlace): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= minimum && value <= maximum)) {
    throw optionError(place, `expected a number from ${minimum} to ${maximum}, found "${text}"`, {
      found: text,
    });
  }
  return value;
}

/** The rate, checked. @throws OptionError */
export function checkedRateHz(options: SpecOptions): number | undefined {
  const { rateHz } = options;
  if (rateHz !== undefined && !(rateHz > 0 && Number.isFinite(rateHz))) {
    throw optionError({ option: "rate" }, `expected frames per second above 0, found ${rateHz}`, {
      found: String(rateHz),
    });
  }
  return rateHz;
}

/** Parses dims: `480x640`, `16`, or `scalar`. @throws OptionError */
export function parseDims(text: string, place: OptionPlace): readonly number[] {
  const dims = readDims(text);
  if (typeof dims === "string") throw optionError(place, dims, { rule: "W-09", expected: "NxMx...", found: text });
  return dims;
}

/** A dtype by its name. @throws OptionError */
export function parseDtype(text: string, place: OptionPlace): Dtype {
  if (isDtype(text)) return text;
  const expected = DTYPE_NAMES.join(", ");
  throw optionError(place, `expected one of ${expected}, found "${text}"${suggestion(text, DTYPE_NAMES)}`, {
    rule: "W-11",
    expected,
    found: text,
  });
}

const DTYPE: OptionPlace = { option: "dtype" };
export const DIMS: OptionPlace = { option: "dims" };

/** The dtype, if given. @throws OptionError */
export function optionDtype(options: SpecOptions): Dtype | undefined {
  return options.dtype === undefined ? undefined : parseDtype(options.dtype, DTYPE);
}

/** The dims, if given. @throws OptionError */
export function optionDims(options: SpecOptions): readonly number[] | undefined {
  const { dims } = options;
  return typeof dims === "string" ? parseDims(dims, DIMS) : dims;
}

/** A layout from the user's input. @throws OptionError if the wire cannot express it */
export function layoutFromUser(dtype: Dtype, dims: readonly number[], place: OptionPlace): FrameLayout {
  const problem = layoutProblem(dtype, dims);
  if (problem !== null) throw optionError(place, `${problem}`, { rule: "W-09" });
  return layoutOf(dtype, dims);
}

/** Rejects dtype and dims if the format contains them itself. @throws OptionError */
export function refuseLayoutOptions(kind: string, options: SpecOptions): void {
  for (const name of ["dtype", "dims"] as const) {
    if (options[name] === undefined) continue;
    throw optionError(
      { option: name },
      `expected only with raw: and synthetic:, found with ${kind}:, which says it itself`,
      { found: kind },
    );
  }
}

/** The path after the colon. @throws OptionError if there is none, or it cannot be a file's */
export function requirePath(kind: string, rest: string, place: OptionPlace, what: string): string {
  if (rest === "") {
    throw optionError(place, `expected ${kind}:${what}, found "${kind}:" without a path`, {
      expected: `${kind}:${what}`,
      found: `${kind}:`,
    });
  }
  if (rest.includes("\0")) {
    throw optionError(place, `the path of ${kind}: has a character of code 0, which no name of a file can have`, {
      expected: "a path",
      found: rest,
    });
  }
  return rest;
}
