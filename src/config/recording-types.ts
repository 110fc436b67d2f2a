import { formatBytesExact, formatDurationExact, parseDuration, parseSize } from "../core/units.ts";
import { scalar, type ValueType } from "./value-type.ts";

/** Size or duration after which a recording begins another file: `16GiB`, `1h`. */
export type SplitRule = { readonly bytes: number } | { readonly durationNs: number };
/** Space that must stay free on a disk: `5%`, `10GiB`. */
export type FreeRule = { readonly bytes: number } | { readonly fraction: number };
/** Compression of chunks; null for none. */
export type Compression = { readonly zstdLevel: number } | null;

const MIN_SPLIT_BYTES = 1024 * 1024;
const MIN_SPLIT_NS = 1e9;
const MIN_MEMORY_BYTES = 16 * 1024 * 1024;
const DEFAULT_ZSTD_LEVEL = 1;
const MAX_ZSTD_LEVEL = 22;
const MAX_FREE_PERCENT = 90;

export function splitRule(): ValueType<SplitRule> {
  const convert = (text: string): SplitRule | undefined => {
    const bytes = attempt(parseSize, text);
    if (bytes !== undefined) return bytes >= MIN_SPLIT_BYTES ? { bytes } : undefined;
    const durationNs = attempt(parseDuration, text);
    return durationNs !== undefined && durationNs >= MIN_SPLIT_NS ? { durationNs } : undefined;
  };
  const format = (rule: SplitRule): string =>
    "bytes" in rule ? formatBytesExact(rule.bytes) : formatDurationExact(rule.durationNs);
  const expected = "a size from 1MiB on such as 16GiB, or a duration from 1s on such as 1h";
  return scalar(expected, '"16GiB"', ["string", "bigint"], convert, { format });
}

export function freeRule(): ValueType<FreeRule> {
  const convert = (text: string): FreeRule | undefined => {
    const percent = /^(\d{1,2}(?:\.\d+)?)%$/.exec(text)?.[1];
    if (percent !== undefined)
      return Number(percent) <= MAX_FREE_PERCENT ? { fraction: Number(percent) / 100 } : undefined;
    const bytes = attempt(parseSize, text);
    return bytes === undefined ? undefined : { bytes };
  };
  const format = (rule: FreeRule): string =>
    "bytes" in rule ? formatBytesExact(rule.bytes) : `${Number((rule.fraction * 100).toFixed(6))}%`;
  const expected = `a share from 0% to ${MAX_FREE_PERCENT}% of the file system, or a size such as 10GiB`;
  return scalar(expected, '"5%"', ["string", "bigint"], convert, { format });
}

export function compression(): ValueType<Compression> {
  const convert = (text: string): Compression | undefined => {
    if (text === "none") return null;
    const match = /^zstd(?::(\d{1,2}))?$/.exec(text);
    if (match === null) return undefined;
    const zstdLevel = match[1] === undefined ? DEFAULT_ZSTD_LEVEL : Number(match[1]);
    return zstdLevel >= 1 && zstdLevel <= MAX_ZSTD_LEVEL ? { zstdLevel } : undefined;
  };
  const format = (value: Compression): string => (value === null ? "none" : `zstd:${value.zstdLevel}`);
  const expected = `none, zstd, or zstd:LEVEL with a level from 1 to ${MAX_ZSTD_LEVEL}`;
  return scalar(expected, '"zstd"', ["string"], convert, { format });
}

/** Memory of a recorder. */
export function recorderMemory(): ValueType<number> {
  const convert = (text: string): number | undefined => {
    const bytes = attempt(parseSize, text);
    return bytes === undefined || bytes < MIN_MEMORY_BYTES ? undefined : bytes;
  };
  const expected = "a size from 16MiB on such as 512MiB";
  return scalar(expected, '"512MiB"', ["string", "bigint"], convert, { format: formatBytesExact });
}

/** The file of a recording, or the folder of a flight recorder's files. */
export function recordingPath(): ValueType<string> {
  const convert = (text: string): string | undefined =>
    text.includes("\0") || !/([^/]\.mcap|\/)$/.test(text) ? undefined : text;
  const expected = "a path that ends in .mcap, or with --before a folder that ends in /";
  return scalar(expected, '"session.mcap"', ["string"], convert);
}

function attempt(parse: (text: string) => number, text: string): number | undefined {
  try {
    return parse(text);
  } catch {
    // The other kind of value may fit.
    return undefined;
  }
}
