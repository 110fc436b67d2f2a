import { UsageError } from "../../core/errors.ts";
import { parseDuration } from "../../core/units.ts";
import type { RecordingSet, SetStream } from "../../recording/recording-set.ts";

/** A place in a recording, as it is written on the command line. */
export type Position =
  /** After the beginning. */
  | { readonly kind: "offset"; readonly ns: number }
  | { readonly kind: "date"; readonly ns: bigint }
  | { readonly kind: "frame"; readonly seq: number };

const EXPECTED = "a time from the beginning such as 10s, a date such as 2026-11-28T12:00:00Z, or a frame such as #500";

/** Reads `10s`, `2026-11-28T12:00:00Z` or `#500`. @throws UsageError */
export function parsePosition(text: string, option: string): Position {
  if (/^#\d{1,16}$/.test(text)) return { kind: "frame", seq: Number(text.slice(1)) };
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const [, whole = text, fraction = "", zone = ""] = /^(.*?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/.exec(text) ?? [];
    const ms = Date.parse(`${whole}${whole.includes("T") ? zone : ""}`);
    if (Number.isNaN(ms)) throw wrong(option, text);
    return { kind: "date", ns: BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0")) };
  }
  if (text === "0") return { kind: "offset", ns: 0 };
  try {
    return { kind: "offset", ns: parseDuration(text) };
  } catch (error) {
    if (error instanceof UsageError) throw wrong(option, text);
    throw error;
  }
}

/** A position in ns from the beginning of a recording. @throws RecordingError for a frame that is not there */
export function resolvePosition(position: Position, set: RecordingSet, stream: SetStream): number {
  if (position.kind === "offset") return position.ns;
  if (position.kind === "date") return Number(position.ns - set.startNs);
  return set.timeOf(stream, position.seq);
}

function wrong(option: string, found: string): UsageError {
  return new UsageError(`${option}: expected ${EXPECTED}, found "${found}"`, { expected: EXPECTED, found });
}
