import { UsageError } from "../../core/errors.ts";
import { formatDurationExact, parseDuration } from "../../core/units.ts";
import type { RecordingSet, SetStream } from "../../recording/recording-set.ts";

/** A position in a recording, in the form of the command line. */
export type Position =
  /** Offset from the beginning. */
  | { readonly kind: "offset"; readonly ns: number }
  | { readonly kind: "date"; readonly ns: bigint }
  | { readonly kind: "frame"; readonly seq: number };

export const POSITION_EXPECTED =
  "a time from the beginning such as 10s, a date such as 2026-11-28T12:00:00Z, or a frame such as #500";

/** Parses `10s`, `2026-11-28T12:00:00Z` or `#500`; undefined for any other text. */
export function readPosition(text: string): Position | undefined {
  if (/^#\d{1,15}$/.test(text)) return { kind: "frame", seq: Number(text.slice(1)) };
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const [, whole = text, fraction = "", zone = ""] = /^(.*?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/.exec(text) ?? [];
    const ms = Date.parse(`${whole}${whole.includes("T") ? zone : ""}`);
    if (Number.isNaN(ms)) return undefined;
    return { kind: "date", ns: BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0")) };
  }
  if (text === "0") return { kind: "offset", ns: 0 };
  try {
    return { kind: "offset", ns: parseDuration(text) };
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/** In the form that `readPosition` parses. */
export function formatPosition(position: Position): string {
  if (position.kind === "offset") return formatDurationExact(position.ns);
  if (position.kind === "frame") return `#${position.seq}`;
  const [ms, rest] = [position.ns / 1_000_000n, position.ns % 1_000_000n];
  const [head] = new Date(Number(ms)).toISOString().split("Z");
  return `${head}${String(rest).padStart(6, "0")}Z`;
}

/** A position in ns from the beginning of a recording. @throws RecordingError for a frame that does not exist */
export function resolvePosition(position: Position, set: RecordingSet, stream: SetStream): number {
  if (position.kind === "offset") return position.ns;
  if (position.kind === "date") return Number(position.ns - set.startNs);
  return set.timeOf(stream, position.seq);
}
