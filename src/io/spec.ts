import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import type { Dtype } from "../protocol/dtype.ts";
import { layoutOf, layoutProblem, parseDims, parseDtype } from "./layout.ts";
import type { FrameLayout, Sink, Source } from "./types.ts";

/** What the command line says beside `--source` or `--sink`. */
export interface SpecOptions {
  /** `--dtype`: a name of the wire's dtypes. */
  readonly dtype?: string | undefined;
  /** `--dims`: `480x640`, `scalar`, or the numbers themselves. */
  readonly dims?: string | readonly number[] | undefined;
  /** `--rate`, frames per second. */
  readonly rateHz?: number | undefined;
  /** `--once`: do not repeat a file although a rate is given. */
  readonly once?: boolean | undefined;
}

/** How a source or sink is opened. */
export interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
  /** True for a sink that may replace a file, because the user names it for one frame. */
  readonly replaces?: boolean | undefined;
  /** Called once when opening takes longer than a moment, e.g. "waiting for the first frame on stdin". */
  readonly onWaiting?: ((what: string) => void) | undefined;
}

/** A source spec that was understood; nothing is open yet. */
export interface ParsedSource {
  readonly kind: string;
  readonly spec: string;
  /** Resolves once the first frame's layout is known, or the input has ended. @throws SourceError */
  open(options?: OpenOptions): Promise<Source>;
}

/** A sink spec that was understood; nothing is open yet. */
export interface ParsedSink {
  readonly kind: string;
  readonly spec: string;
  /** True when frames go to standard output, so that nothing else may. */
  readonly usesStdout: boolean;
  /** @throws SinkError */
  open(options?: OpenOptions): Promise<Sink>;
}

/** One kind of source: an entry of the registry and of `--help`. */
export interface SourceKind {
  readonly name: string;
  readonly usage: string;
  readonly summary: readonly string[];
  /** `rest` is what follows `name:`. @throws UsageError */
  parse(rest: string, options: SpecOptions): Omit<ParsedSource, "kind" | "spec">;
}

/** One kind of sink: an entry of the registry and of `--help`. */
export interface SinkKind {
  readonly name: string;
  readonly usage: string;
  readonly summary: readonly string[];
  /** `rest` is what follows `name:`. @throws UsageError */
  parse(rest: string, options: SpecOptions): Omit<ParsedSink, "kind" | "spec">;
}

/** Splits `kind:rest` and finds the kind. @throws UsageError */
export function findKind<Kind extends { readonly name: string }>(
  kinds: readonly Kind[],
  spec: string,
  option: string,
): { kind: Kind; rest: string } {
  const colon = spec.indexOf(":");
  const name = colon < 0 ? spec : spec.slice(0, colon);
  const kind = kinds.find((candidate) => candidate.name === name);
  if (kind !== undefined) return { kind, rest: colon < 0 ? "" : spec.slice(colon + 1) };
  const names = kinds.map((candidate) => candidate.name);
  throw new UsageError(
    `${option}: expected one of ${names.map((each) => `${each}:`).join(" ")}, found "${spec}"${suggestion(name, names)}`,
    { expected: names.join(", "), found: spec },
  );
}

/** The pairs of `key=value,key=value`. Unknown and repeated keys are refused. @throws UsageError */
export function parseKeyValues(text: string, keys: readonly string[], option: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  if (text === "") return values;
  for (const pair of text.split(",")) {
    const equals = pair.indexOf("=");
    const key = equals < 0 ? pair : pair.slice(0, equals);
    if (equals < 0 || !keys.includes(key)) {
      throw new UsageError(
        `${option}: expected key=value with one of the keys ${keys.join(", ")}, found "${pair}"${suggestion(key, keys)}`,
        { expected: keys.join(", "), found: pair },
      );
    }
    if (values.has(key)) {
      throw new UsageError(`${option}: expected each key once, found "${key}" twice`, { found: key });
    }
    values.set(key, pair.slice(equals + 1));
  }
  return values;
}

/** `text` as a decimal number in a range. @throws UsageError */
export function parseNumber(text: string, minimum: number, maximum: number, option: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= minimum && value <= maximum)) {
    throw new UsageError(`${option}: expected a number from ${minimum} to ${maximum}, found "${text}"`, {
      found: text,
    });
  }
  return value;
}

/** The rate of `--rate`, checked. @throws UsageError */
export function checkedRateHz(options: SpecOptions): number | undefined {
  const { rateHz } = options;
  if (rateHz !== undefined && !(rateHz > 0 && Number.isFinite(rateHz))) {
    throw new UsageError(`--rate: expected frames per second above 0, found ${rateHz}`, { found: String(rateHz) });
  }
  return rateHz;
}

/** The dtype of `--dtype`, if given. @throws UsageError */
export function optionDtype(options: SpecOptions): Dtype | undefined {
  return options.dtype === undefined ? undefined : parseDtype(options.dtype, "--dtype");
}

/** The dims of `--dims`, if given. @throws UsageError */
export function optionDims(options: SpecOptions): readonly number[] | undefined {
  const { dims } = options;
  return typeof dims === "string" ? parseDims(dims, "--dims") : dims;
}

/** A layout from what the user typed. @throws UsageError when the wire cannot express it */
export function layoutFromUser(dtype: Dtype, dims: readonly number[], option: string): FrameLayout {
  const problem = layoutProblem(dtype, dims);
  if (problem !== null) throw new UsageError(`${option}: ${problem}`, { rule: "W-09" });
  return layoutOf(dtype, dims);
}

/** Refuses `--dtype` and `--dims` where the format says them itself. @throws UsageError */
export function refuseLayoutOptions(kind: string, options: SpecOptions): void {
  for (const name of ["dtype", "dims"] as const) {
    if (options[name] === undefined) continue;
    throw new UsageError(
      `--${name}: expected only with raw: and synthetic:, found with ${kind}:, which says it itself`,
      {
        found: kind,
      },
    );
  }
}

/** The path after the colon. @throws UsageError when there is none, or one that the runtime cannot express */
export function requirePath(kind: string, rest: string, option: string, what: string): string {
  if (rest === "") {
    throw new UsageError(`${option}: expected ${kind}:${what}, found "${kind}:" without a path`, {
      expected: `${kind}:${what}`,
      found: `${kind}:`,
    });
  }
  // The runtime hands over what is not UTF-8 as U+FFFD: another file than the one that was meant.
  if (/[\ufffd\0]/.test(rest)) {
    throw new UsageError(
      `${option}: the path of ${kind}: is not valid UTF-8 and cannot be opened by that name; ` +
        "give it another name, or a symbolic link with one",
      { expected: "a path in UTF-8", found: rest },
    );
  }
  return rest;
}
