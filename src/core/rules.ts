import { OptionError } from "./errors.ts";
import { suggestion } from "./nearest.ts";
import { quoted } from "./text.ts";

// TypeScript callers have checked types; JavaScript callers may pass anything.

const MAX_SHOWN = 100;

/** A requirement for an option or argument. @throws OptionError, with `name` as the option, for any other value */
export type Rule = (name: string, value: unknown) => void;

/** A rule for each option: the compiler requires one for every new option. */
export type RulesOf<Options> = { readonly [Key in keyof Required<Options>]: Rule };

/** A rule as text and as a test. */
export function rule(expected: string, accepts: (value: unknown) => boolean, hint?: (value: unknown) => string): Rule {
  return (name, value) => {
    if (accepts(value)) return;
    const found = describeValue(value);
    throw new OptionError(name, `expected ${expected}, found ${found}${hint?.(value) ?? ""}`, { expected, found });
  };
}

/** The same rule for an optional value. */
export function optional(inner: Rule): Rule {
  return (name, value) => {
    if (value !== undefined) inner(name, value);
  };
}

export const isFlag: Rule = rule("true or false", (value) => typeof value === "boolean");
export const isText: Rule = rule("a text", (value) => typeof value === "string");
export const isNumber: Rule = rule("a number", (value) => typeof value === "number" && !Number.isNaN(value));
export const isFunction: Rule = rule("a function", (value) => typeof value === "function");
export const isBytes: Rule = rule("a Uint8Array", (value) => value instanceof Uint8Array);

const IS_OBJECT = rule("an object", (value) => typeof value === "object" && value !== null);

/** A text that is not empty and can name a file. */
export const isPath: Rule = rule(
  "a path",
  (value) => typeof value === "string" && value !== "" && !value.includes("\0"),
);

export function isChoice(...choices: readonly string[]): Rule {
  return rule(
    `one of ${choices.join(", ")}`,
    (value) => choices.includes(value as string),
    (value) => (typeof value === "string" ? suggestion(value, choices) : ""),
  );
}

export function isAtLeast(minimum: number): Rule {
  return rule(`a number from ${minimum} on`, (value) => typeof value === "number" && value >= minimum);
}

export function isBetween(minimum: number, maximum: number): Rule {
  return rule(
    `a number from ${minimum} to ${maximum}`,
    (value) => typeof value === "number" && value >= minimum && value <= maximum,
  );
}

export function isWhole(minimum: number, maximum: number): Rule {
  return rule(
    `a whole number from ${minimum} to ${maximum}`,
    (value) => Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum,
  );
}

/** A list of at least `least` items that fit `inner`. `what`: plural name of the items. */
export function isList(what: string, inner: Rule, least = 0): Rule {
  const isThere = rule(`a list of ${what}`, (value) => Array.isArray(value) && value.length >= least);
  return (name, value) => {
    isThere(name, value);
    for (const [i, each] of (value as readonly unknown[]).entries()) inner(`${name}[${i}]`, each);
  };
}

/** An object whose members, under any names, fit `inner`. `what`: plural name of the members. */
export function isRecord(what: string, inner: Rule): Rule {
  const isThere = rule(
    `an object of ${what}`,
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  );
  return (name, value) => {
    isThere(name, value);
    for (const [key, each] of Object.entries(value as object)) inner(`${name}.${key}`, each);
  };
}

/** An object with these options and no others. Undefined values count as omitted. */
export function isObject<Options>(rules: RulesOf<Options>): Rule {
  const names = Object.keys(rules);
  const isThere = rule(
    `an object with ${names.length > 8 ? "options such as " : ""}${names.slice(0, 8).join(", ")}`,
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  );
  return (name, value) => {
    isThere(name, value);
    requireMembers(`${name}.`, rules as Readonly<Record<string, Rule>>, value as Readonly<Record<string, unknown>>);
  };
}

/** Checks the options of the call named by `call`. @throws OptionError for a fault, with the option's name */
export function requireOptions<Options>(call: string, rules: RulesOf<Options>, options: unknown): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const example = Object.keys(rules).slice(0, 3).join(", ");
    const expected = `an object of options (${example}, ...)`;
    throw new OptionError(call, `expected ${expected}, found ${describeValue(options)}`, {
      expected,
      found: describeValue(options),
    });
  }
  requireMembers("", rules as Readonly<Record<string, Rule>>, options as Readonly<Record<string, unknown>>);
}

/** Checks parts of an object that may have more, such as a class instance. @throws OptionError */
export function requireParts<Parts>(name: string, rules: RulesOf<Parts>, value: unknown): void {
  IS_OBJECT(name, value);
  const parts = value as Readonly<Record<string, unknown>>;
  for (const [key, check] of Object.entries<Rule>(rules)) check(`${name}.${key}`, parts[key]);
}

function requireMembers(
  prefix: string,
  rules: Readonly<Record<string, Rule>>,
  options: Readonly<Record<string, unknown>>,
): void {
  const names = Object.keys(rules);
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(rules, key) || options[key] === undefined) continue;
    const guess = suggestion(key, names);
    const known = guess === "" ? `: expected one of ${names.join(", ")}` : guess;
    throw new OptionError(`${prefix}${key}`, `unknown option${known}`, { expected: names.join(", "), found: key });
  }
  for (const [key, check] of Object.entries(rules)) check(`${prefix}${key}`, options[key]);
}

/** A value in the form used in errors. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return quoted(value, MAX_SHOWN);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `the big integer ${value}n`;
  if (typeof value === "symbol") return "a symbol";
  return typeof value === "object" && value !== null ? describeObject(value) : String(value);
}

function describeObject(value: object): string {
  const maker: unknown = value.constructor;
  const name = typeof maker === "function" ? maker.name : "";
  return name === "" || name === "Object" ? "an object" : `an object of ${quoted(name, MAX_SHOWN)}`;
}
