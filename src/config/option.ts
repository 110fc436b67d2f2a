import { OptionError, UsageError } from "../core/errors.ts";
import { DEFAULT_ORIGIN, describeOrigin, type Origin } from "./origin.ts";
import type { OptionSpec, OptionTraits } from "./role-schema.ts";
import type { GivenValues } from "./role-settings.ts";
import { toggle, type ValueType } from "./value-type.ts";

/** The options of a command, by the names of their values: `waitTimeout` is the value of `--wait-timeout`. */
export type OptionSet = Readonly<Record<string, OptionSpec>>;

/**
 * An option with a value: `rate: option(rate(), "HZ", "frames per second", { default: "30" })`. One without a default may be absent.
 */
export function option<T, const Traits extends OptionTraits = object>(
  type: ValueType<T>,
  value: string,
  help: string,
  traits?: Traits,
): OptionSpec<T> & NoInfer<Traits> {
  return { name: "", type, value, help, ...traits } as OptionSpec<T> & NoInfer<Traits>;
}

/** An option that is on or off; off by default. */
export function flag<const Traits extends OptionTraits = object>(
  help: string,
  traits?: Traits,
): OptionSpec<boolean> & { readonly default: string } & NoInfer<Traits> {
  return { name: "", type: toggle(), help, default: "false", ...traits } as unknown as OptionSpec<boolean> & {
    readonly default: string;
  } & NoInfer<Traits>;
}

/** An option that is on, off or unset; if unset, other settings decide. */
export function openFlag(help: string, traits: Omit<OptionTraits, "default"> = {}): OptionSpec<boolean> {
  return { name: "", type: toggle(), help, ...traits };
}

/** The same option with another default, as text or as a value; it belongs to one command alone, so that no common setting applies. */
export function withDefault<Spec extends OptionSpec, const Default extends Pick<OptionTraits, "default" | "otherwise">>(
  { default: _default, otherwise: _otherwise, ...rest }: Spec,
  traits: Default,
): Omit<Spec, "default" | "otherwise"> & Default {
  return { ...rest, ...traits };
}

/** Options with their names. Options of another set keep their identity: settings of that set apply here as well. */
export function options<const Set extends OptionSet>(set: Set): Set {
  const entries = Object.entries(set).map(([key, spec]) => {
    const name = flagName(key);
    return [key, spec.name === name ? spec : { ...spec, name }];
  });
  return Object.fromEntries(entries) as Set;
}

/** `waitTimeout` as `wait-timeout`. */
function flagName(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `waitTimeout` as `--wait-timeout`. */
export function asFlag(property: string): string {
  return `--${flagName(property)}`;
}

/** `wait-timeout` as `waitTimeout`. */
function propertyName(flagWithDashes: string): string {
  return flagWithDashes.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

type Always = { readonly default: string } | { readonly isRequired: true };
type ValueOf<Spec> = Spec extends { readonly type: ValueType<infer T> } ? T : never;

/** The values of a set of options: those without a default may be absent. */
export type ValuesOf<Set extends OptionSet> = {
  readonly [Key in keyof Set as Set[Key] extends Always ? Key : never]: ValueOf<Set[Key]>;
} & {
  readonly [Key in keyof Set as Set[Key] extends Always ? never : Key]?: ValueOf<Set[Key]> | undefined;
};

/** The value of each option: the given one, or its default. @throws UsageError if a required one is missing */
export function valuesOf(command: string, specs: readonly OptionSpec[], given: GivenValues): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const spec of specs) {
    const found = given.get(spec.name);
    if (found !== undefined) values[propertyName(spec.name)] = found.value;
    else if (spec.isRequired === true) throw missing(command, spec);
    else if (spec.default !== undefined) values[propertyName(spec.name)] = spec.type.parse(spec.default);
  }
  return values;
}

/** The default values of options. */
export function defaultsOf<const Set extends OptionSet>(set: Set): ValuesOf<Set> {
  return valuesOf("", Object.values(set), new Map()) as ValuesOf<Set>;
}

function missing(command: string, { name, type }: OptionSpec): UsageError {
  const example = type.example.replace(/^\[(.*)\]$/, "$1").replace(/^"(.*)"$/, "$1");
  return new UsageError(`${command}: --${name} is missing, e.g. --${name} ${example}`, { expected: `--${name}` });
}

/** The origins of a command's values, for errors about them. */
export class Origins {
  readonly #specs: readonly OptionSpec[];
  readonly #given: GivenValues;

  constructor(specs: readonly OptionSpec[], given: GivenValues) {
    this.#specs = specs;
    this.#given = given;
  }

  /** `property`: the name of the value, e.g. "waitTimeout". */
  of(property: string): Origin {
    return this.#find(property)?.origin ?? DEFAULT_ORIGIN;
  }

  /** True if it is set anywhere. */
  has(property: string): boolean {
    return this.#find(property) !== undefined;
  }

  /** The name for error messages: `--wait-timeout`, or the variable or the line of a file that sets it. */
  nameOf(property: string): string {
    const origin = this.of(property);
    return origin.kind === "default" ? asFlag(property) : describeOrigin(origin);
  }

  /** An error about an option, with the origin of its value. */
  located(error: unknown): unknown {
    if (!(error instanceof OptionError) || !this.#specs.some(({ name }) => name === flagName(error.option)))
      return error;
    const { rule, expected, found } = error;
    return new UsageError(error.at(this.nameOf(error.option)), {
      ...(rule === undefined ? {} : { rule }),
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
      cause: error,
    });
  }

  #find(property: string): ReturnType<GivenValues["get"]> {
    return this.#given.get(flagName(property));
  }
}
