import type { Palette } from "./colours.ts";
import type { LogLevel } from "./log-levels.ts";
import { printable, toJson } from "./text.ts";

/** Values that belong to a message; an Error under any key is shown by its name and message. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface LogRecord {
  readonly time: Date;
  readonly level: Exclude<LogLevel, "off">;
  readonly component: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
  /** Whether errors are shown with their stack. */
  readonly withStack: boolean;
}

export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** One human-readable line: `12:00:01.123 WARN  producer: descriptor dropped cause=back-pressure`. */
export function formatText(record: LogRecord, palette: Palette): string {
  const time = record.time.toISOString().slice(11, 23);
  const level = paintLevel(record.level, palette);
  let line = `${palette.dim(time)} ${level} ${palette.bold(printable(record.component))}: ${printable(record.message)}`;
  let stack = "";
  for (const [key, value] of Object.entries(record.fields ?? {})) {
    if (value === undefined) continue;
    // The message already contains the error; repeating it makes lines too long to read.
    if (!(value instanceof Error)) line += ` ${palette.dim(`${printable(key)}=`)}${textOf(value)}`;
    else if (!record.message.includes(value.message)) line += ` ${palette.dim(`${key}=`)}${textOf(value.message)}`;
    if (!(value instanceof Error && record.withStack)) continue;
    const { rule } = value as Error & { readonly rule?: unknown };
    if (rule !== undefined) line += ` ${palette.dim("rule=")}${textOf(rule)}`;
    stack += `${indented(value.stack ?? "")}\n`;
  }
  return `${line}\n${stack}`;
}

/** One machine-readable line: `{"time":...,"level":...,"component":...,"message":...,<fields>}`. */
export function formatJson(record: LogRecord): string {
  const object: Record<string, unknown> = {
    time: record.time.toISOString(),
    level: record.level,
    component: record.component,
    message: record.message,
  };
  for (const [key, value] of Object.entries(record.fields ?? {})) {
    const shown = value instanceof Error ? errorObject(value, record.withStack) : value;
    object[Object.hasOwn(object, key) ? `field.${key}` : key] = shown;
  }
  return `${toJson(object)}\n`;
}

function errorObject(error: Error, withStack: boolean): Record<string, unknown> {
  const { code, rule, expected, found } = error as Error & Record<string, unknown>;
  const shown = { name: error.name, code, rule, message: error.message, expected, found };
  return withStack ? { ...shown, stack: error.stack } : shown;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return /^[\w./:@%+-]+$/.test(value) ? value : printable(JSON.stringify(value));
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  return printable(toJson(value));
}

function indented(stack: string): string {
  return stack
    .split("\n")
    .map((line) => `    ${printable(line.trim())}`)
    .join("\n");
}

function paintLevel(level: LogRecord["level"], palette: Palette): string {
  const word = level.toUpperCase().padEnd(5);
  switch (level) {
    case "debug":
      return palette.dim(word);
    case "info":
      return palette.green(word);
    case "warn":
      return palette.yellow(word);
    case "error":
      return palette.red(word);
  }
}
