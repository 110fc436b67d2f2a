const BYTE_UNITS = ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"];
const NONE = "–";
/** Created once: creation costs more than use. */
const COUNT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** Three significant digits in a readable form. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(1);
  if (Math.abs(value) >= 100) return formatCount(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

/** A whole number with thousands separators. */
export function formatCount(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : COUNT.format(value);
}

export function formatRate(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : `${formatNumber(value)}/s`;
}

export function formatByteRate(bytesPerSecond: number | null | undefined): string {
  if (bytesPerSecond === null || bytesPerSecond === undefined) return NONE;
  let value = bytesPerSecond;
  let unit = 0;
  for (; value >= 1000 && unit < BYTE_UNITS.length - 1; unit++) value /= 1000;
  return `${formatNumber(value)} ${BYTE_UNITS[unit]}`;
}

export function formatSeconds(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE;
  if (seconds < 1e-3) return `${formatNumber(seconds * 1e6)} µs`;
  if (seconds < 1) return `${formatNumber(seconds * 1e3)} ms`;
  if (seconds < 120) return `${formatNumber(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${formatNumber(seconds / 3600)} h`;
}

/** `uint16 2,048 × 1,024`. */
export function formatShape(dtype: string | null, dims: readonly number[] | null): string {
  if (dtype === null || dims === null) return NONE;
  return dims.length === 0 ? dtype : `${dtype} ${dims.join(" × ")}`;
}

export function formatTime(iso: string): string {
  return formatClock(Date.parse(iso));
}

/** The local time of day, from milliseconds since 1970. */
export function formatClock(ms: number): string {
  return Number.isFinite(ms) ? CLOCK.format(ms) : NONE;
}

/** Text of foreign origin on one line: control characters, which could reverse or hide text, are replaced. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

const pad = (value: number, digits: number): string => String(value).padStart(digits, "0");

/** A position in a recording, to the millisecond: `1:02.345`, or `2:01:02.345` for more than an hour. */
export function formatPlace(timeNs: number, lengthNs: number): string {
  const ms = Math.max(0, Math.round(timeNs / 1e6));
  const [hours, minutes, seconds] = [Math.floor(ms / 3.6e6), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  const rest = `${pad(seconds, 2)}.${pad(ms % 1000, 3)}`;
  return lengthNs >= 3600e9 ? `${hours}:${pad(minutes, 2)}:${rest}` : `${Math.floor(ms / 60_000)}:${rest}`;
}

/** Nanoseconds of a typed position: seconds, `m:s` or `h:m:s`; null if it is invalid. */
export function parsePlace(text: string): number | null {
  const parts = text.trim().replace(/s$/, "").split(":");
  if (parts.length > 3 || !parts.every((part) => /^\d+(\.\d*)?$|^\.\d+$/.test(part))) return null;
  return Math.round(parts.reduce((sum, part) => sum * 60 + Number(part), 0) * 1e9);
}

/** A local date and time, to the millisecond. */
export function formatDate(ms: number): string {
  const date = new Date(ms);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1, 2)}-${pad(date.getDate(), 2)}`;
  return `${day} ${formatClock(ms)}.${pad(date.getMilliseconds(), 3)}`;
}

export function formatBytes(bytes: number): string {
  return formatByteRate(bytes).replace("/s", "");
}
