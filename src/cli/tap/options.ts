import { scalar, type ValueType } from "../../config/value-type.ts";
import { UsageError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { parseDuration } from "../../core/units.ts";

/** A whole number of microseconds, from a duration with its unit. */
export function microseconds(max: number): ValueType<number> {
  const convert = (value: string): number | undefined => {
    const us = parseDurationOrNaN(value) / 1_000;
    return Number.isInteger(us) && us <= max ? us : undefined;
  };
  const format = (us: number): string => `${us}us`;
  return scalar(`whole microseconds, at most ${max}us`, '"500us"', ["string", "bigint"], convert, { format });
}

/** A whole number of at least 0; `all` is infinity. */
export function numberOrAll(): ValueType<number> {
  const convert = (value: string): number | undefined => {
    if (value === "all") return Number.POSITIVE_INFINITY;
    const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
    return Number.isSafeInteger(number) ? number : undefined;
  };
  const format = (value: number): string => (value === Number.POSITIVE_INFINITY ? "all" : String(value));
  return scalar("a whole number or all", '"all"', ["string", "bigint"], convert, { format });
}

function parseDurationOrNaN(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof UsageError) return Number.NaN;
    throw error;
  }
}

/** Parses a positional that is an id. @throws UsageError */
export function idArgument(command: string, name: string, text: string | undefined, max: number): number {
  if (text === undefined) throw new UsageError(`${command}: <${name}> is missing`, { expected: name });
  const id = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (id >= 1 && id <= max) return id;
  const expected = `a whole number from 1 to ${max}`;
  throw new UsageError(`${command}: <${name}>: expected ${expected}, found "${text}"`, { expected, found: text });
}

/** `; did you mean "7"?`, or "" if no id is similar. */
export function nearestId(id: number, ids: readonly string[]): string {
  return suggestion(String(id), ids);
}
