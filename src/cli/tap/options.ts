import { UsageError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";

/** How a consumer reads (W-40), as options name it. */
export const MODES = ["stream", "latest", "decimated"] as const;

/** A positional that is an id. @throws UsageError */
export function idArgument(command: string, name: string, text: string | undefined, max: number): number {
  if (text === undefined) throw new UsageError(`${command}: <${name}> is missing`, { expected: name });
  const id = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (id >= 1 && id <= max) return id;
  const expected = `a whole number from 1 to ${max}`;
  throw new UsageError(`${command}: <${name}>: expected ${expected}, found "${text}"`, { expected, found: text });
}

/** `; did you mean "7"?`, or nothing when no id looks alike. */
export function nearestId(id: number, ids: readonly string[]): string {
  return suggestion(String(id), ids);
}
