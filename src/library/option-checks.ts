import { OptionError, UsageError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import { quoted } from "../core/text.ts";
import { isId, MAX_ID } from "../protocol/ids.ts";

// Types are checked where TypeScript is; programs in JavaScript get here with anything.

/** @throws OptionError unless `value` is left out, or one of `choices` */
export function requireChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value as string)) return;
  const expected = `one of ${choices.join(", ")}`;
  const hint = typeof value === "string" ? suggestion(value, choices) : "";
  throw new OptionError(name, `expected ${expected}, found ${shown(value)}${hint}`, {
    expected,
    found: shown(value),
  });
}

/** @throws OptionError unless `value` is left out, true or false */
export function requireFlag(name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new OptionError(name, `expected true or false, found ${shown(value)}`, {
    expected: "true or false",
    found: shown(value),
  });
}

/** @throws OptionError unless `value` is left out, or a number from `minimum` on */
export function requireAtLeast(name: string, value: unknown, minimum: number): void {
  if (value === undefined || (typeof value === "number" && value >= minimum)) return;
  const expected = `a number from ${minimum} on`;
  throw new OptionError(name, `expected ${expected}, found ${shown(value)}`, { expected, found: shown(value) });
}

/** @throws OptionError unless `value` is left out, or a whole number from `minimum` to `maximum` */
export function requireWhole(name: string, value: unknown, minimum: number, maximum: number): void {
  if (value === undefined || (Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum))
    return;
  const expected = `a whole number from ${minimum} to ${maximum}`;
  throw new OptionError(name, `expected ${expected}, found ${shown(value)}`, { expected, found: shown(value) });
}

/** @throws OptionError unless it is an id, or a name that is not empty */
function requireStream(stream: unknown): void {
  if (typeof stream === "number") requireStreamId(stream);
  else if (typeof stream !== "string" || stream === "") {
    const expected = `a stream id from 1 to ${MAX_ID}, or the name of a stream`;
    throw new OptionError("stream", `expected ${expected}, found ${shown(stream)}`, { expected, found: shown(stream) });
  }
}

/** Which stream a role attaches to, and how. @throws OptionError */
export function requireAttachOptions(options: {
  stream?: unknown;
  clientId?: unknown;
  attachTimeoutMs?: unknown;
}): void {
  const { stream, clientId, attachTimeoutMs } = options;
  requireStream(stream);
  if (clientId !== undefined && !isId(clientId as number)) {
    const expected = `an id from 1 to ${MAX_ID}`;
    throw new OptionError("clientId", `expected ${expected}, found ${shown(clientId)}`, {
      expected,
      found: shown(clientId),
    });
  }
  requireAtLeast("attachTimeoutMs", attachTimeoutMs, 0);
}

/** @throws UsageError */
export function requireStreamId(stream: number): number {
  if (isId(stream)) return stream;
  const expected = `a stream id from 1 to ${MAX_ID}`;
  throw new UsageError(`expected ${expected}, found ${shown(stream)}`, { expected, found: shown(stream) });
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  return typeof value === "string" ? quoted(value) : String(value);
}
