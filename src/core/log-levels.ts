import { UsageError } from "./errors.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "off"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Higher is more serious; a message is written if its rank is at least that of the level. */
export const LEVEL_RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3, off: 4 };

/** Throws UsageError naming the levels. */
export function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((candidate) => candidate === text.toLowerCase());
  if (level !== undefined) return level;
  const expected = LOG_LEVELS.join(", ");
  throw new UsageError(`unknown log level "${text}": expected one of ${expected}`, { expected, found: text });
}

export interface LogFilter {
  /** Level of components that are not named; null if the text sets none. */
  readonly level: LogLevel | null;
  readonly byComponent: ReadonlyMap<string, LogLevel>;
}

/** Reads `info,producer=debug`, the form of the environment variable TENSORPOOL_LOG. Throws UsageError. */
export function parseLogFilter(text: string): LogFilter {
  let level: LogLevel | null = null;
  const byComponent = new Map<string, LogLevel>();
  for (const part of text.split(",")) {
    const entry = part.trim();
    if (entry === "") continue;
    const separator = entry.indexOf("=");
    if (separator < 0) level = parseLogLevel(entry);
    else byComponent.set(entry.slice(0, separator).trim(), parseLogLevel(entry.slice(separator + 1).trim()));
  }
  return { level, byComponent };
}
