import { UsageError } from "./errors.ts";

/** Sizes: a bare letter means powers of 1024, as in Aeron's own settings; `kB` and similar units mean powers of 1000. */
const SIZE_UNITS: ReadonlyMap<string, bigint> = new Map([
  ["", 1n],
  ["b", 1n],
  ["k", 1024n],
  ["m", 1024n ** 2n],
  ["g", 1024n ** 3n],
  ["t", 1024n ** 4n],
  ["kib", 1024n],
  ["mib", 1024n ** 2n],
  ["gib", 1024n ** 3n],
  ["tib", 1024n ** 4n],
  ["kb", 1000n],
  ["mb", 1000n ** 2n],
  ["gb", 1000n ** 3n],
  ["tb", 1000n ** 4n],
]);

const DURATION_UNITS: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["µs", 1_000n],
  ["μs", 1_000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["min", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
  ["d", 86_400_000_000_000n],
]);

const RATE_UNITS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["/s", 1],
  ["fps", 1],
  ["hz", 1],
  ["khz", 1_000],
  ["mhz", 1_000_000],
]);

const SIZE_EXPECTED = "a size such as 4096, 64KiB or 1.5GB";
const DURATION_EXPECTED = "a duration with its unit, such as 250us, 10ms, 1.5s or 2m";
const RATE_EXPECTED = "a rate above 0 such as 30, 29.97, 30000/1001 or 1kHz";

/** Bytes of `64KiB`, `64k`, `8MiB`, `1GB`, `4096`. Whole bytes up to 2^53 - 1, exactly; throws UsageError otherwise. */
export function parseSize(text: string): number {
  return parseExact(text, SIZE_UNITS, SIZE_EXPECTED, "bytes");
}

/** Nanoseconds of `250us`, `10ms`, `1.5s`, `2m`; only 0 needs no unit. Throws UsageError. */
export function parseDuration(text: string): number {
  if (/^\s*0+\s*$/.test(text)) return 0;
  return parseExact(text, DURATION_UNITS, DURATION_EXPECTED, "nanoseconds");
}

/** Hertz of `30`, `29.97`, `30000/1001`, `30fps`, `30/s`, `1kHz`; finite and above 0. Throws UsageError. */
export function parseRate(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)(?:\/(\d+))?\s*(\/s|[a-z]*)\s*$/i.exec(text);
  const factor = RATE_UNITS.get(match?.[3]?.toLowerCase() ?? "");
  if (match === null || factor === undefined) throw unexpected(RATE_EXPECTED, text);
  const rateHz = (Number(match[1]) / Number(match[2] ?? "1")) * factor;
  if (!(rateHz > 0 && Number.isFinite(rateHz))) throw unexpected(RATE_EXPECTED, text);
  return rateHz;
}

function parseExact(text: string, units: ReadonlyMap<string, bigint>, expected: string, base: string): number {
  const match = /^\s*(\d{1,40})(?:\.(\d{1,40}))?\s*([a-zµμ]*)\s*$/i.exec(text);
  const factor = units.get(match?.[3]?.toLowerCase() ?? "");
  if (match === null || factor === undefined) throw unexpected(expected, text);
  const decimals = match[2] ?? "";
  const scale = 10n ** BigInt(decimals.length);
  const scaled = BigInt(`${match[1]}${decimals}`) * factor;
  if (scaled % scale !== 0n) throw unexpected(`a whole number of ${base}`, text);
  const value = scaled / scale;
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw unexpected(`at most ${Number.MAX_SAFE_INTEGER} ${base}`, text);
  return Number(value);
}

function unexpected(expected: string, found: string): UsageError {
  return new UsageError(`expected ${expected}, found "${found}"`, { expected, found });
}

type Scale = readonly (readonly [unit: string, size: number])[];

const BINARY: Scale = [
  ["TiB", 1024 ** 4],
  ["GiB", 1024 ** 3],
  ["MiB", 1024 ** 2],
  ["KiB", 1024],
  ["B", 1],
];
const DECIMAL: Scale = [
  ["T", 1e12],
  ["G", 1e9],
  ["M", 1e6],
  ["k", 1e3],
  ["", 1],
];
const TIME: Scale = [
  ["d", 86_400e9],
  ["h", 3_600e9],
  ["min", 60e9],
  ["s", 1e9],
  ["ms", 1e6],
  ["us", 1e3],
  ["ns", 1],
];

/** For display, three significant digits (four from 1000 to 1023): `640 KiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  return rounded(bytes, BINARY);
}

/** A text that `parseSize` parses to the same number: `64KiB`, `4097B`. */
export function formatBytesExact(bytes: number): string {
  return exact(bytes, BINARY);
}

/** For display, three significant digits: `1.23 ms`, `250 us`, `2.5 min`. */
export function formatDuration(durationNs: number): string {
  return rounded(durationNs, TIME);
}

/** A text that `parseDuration` parses to the same number: `250us`, `1500ms`. */
export function formatDurationExact(durationNs: number): string {
  return exact(durationNs, TIME);
}

/** Per second, for display: `30/s`, `1.23 M/s`. */
export function formatRate(perSecond: number): string {
  const text = rounded(perSecond, DECIMAL);
  return `${text}/s`;
}

/** Bytes per second in powers of 1000, for display: `4.4 GB/s`. */
export function formatByteRate(bytesPerSecond: number): string {
  const text = rounded(bytesPerSecond, DECIMAL);
  return /\d$/.test(text) ? `${text} B/s` : `${text}B/s`;
}

/** A whole number with thousands separators: `1,234,567`. */
export function formatCount(count: number | bigint): string {
  return count.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

function rounded(value: number, scale: Scale): string {
  if (!Number.isFinite(value)) return "-";
  const magnitude = Math.abs(value);
  // A unit is used from the value that rounds up to it: 999,600 per second are 1 M/s, not 1000 k/s.
  const [unit, size] = scale.find(([, candidate]) => candidate === 1 || magnitude / candidate >= 0.9995) ?? ["", 1];
  const scaled = value / size;
  const digits = Math.abs(scaled) >= 100 ? scaled.toFixed(0) : String(Number(scaled.toPrecision(3)));
  return unit === "" ? digits : `${digits} ${unit}`;
}

function exact(value: number, scale: Scale): string {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`expected a whole number from 0 on, found ${value}`);
  if (value === 0) return `0${(scale.at(-1) as Scale[number])[0]}`;
  const [unit, size] = scale.find(([, candidate]) => value % candidate === 0) ?? ["", 1];
  return `${value / size}${unit}`;
}
