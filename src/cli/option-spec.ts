import { describeOrigin, type FlagSetting, type GivenValue, type GivenValues, layered } from "../config/index.ts";
import { UsageError } from "../core/errors.ts";
import { parseDuration, parseRate, parseSize } from "../core/units.ts";

/**
 * One option of a command, and what else sets it. `value` names what follows it in `--help`; without it, it is a switch, which
 * `--no-<name>` switches off where a file or a variable switches it on.
 */
export interface OptionSpec extends FlagSetting {
  /** One letter, without the dash. */
  readonly short?: string;
  /** May be given several times; the values stand on lines of their own in one text. */
  readonly isRepeatable?: boolean;
  /** A switch that is on unless `--no-<name>` is given, so that `--help` tells of that. */
  readonly negatable?: boolean;
}

/**
 * The options of one call as they were written, wherever that was: cac turns values into numbers and loses digits, so they are
 * read here. Errors name the place that a value comes from.
 */
export class OptionValues {
  readonly #command: string;
  readonly given: GivenValues;

  constructor(command: string, given: GivenValues) {
    this.#command = command;
    this.given = given;
  }

  /** These values, and those of `under` where these say nothing. */
  over(under: GivenValues): OptionValues {
    return new OptionValues(this.#command, layered(this.given, under));
  }

  /** These values with another one for an option that was given. */
  replaced(name: string, value: string): OptionValues {
    const given = this.given.get(name);
    if (given === undefined) return this;
    return new OptionValues(this.#command, new Map([...this.given, [name, { ...given, value }]]));
  }

  has(name: string): boolean {
    return this.given.has(name);
  }

  /** A switch: undefined when neither it nor its `--no-` form was given. */
  flag(name: string): boolean | undefined {
    const value = this.given.get(name)?.value;
    return value === undefined ? undefined : value === true || value === "true";
  }

  text(name: string): string | undefined {
    const value = this.given.get(name)?.value;
    return typeof value === "string" ? value : undefined;
  }

  /** Several values with commas between them. */
  list(name: string): readonly string[] | undefined {
    return this.text(name)?.split(",");
  }

  /** @throws UsageError when it was not given */
  required(name: string, example: string): string {
    const value = this.text(name);
    if (value === undefined) {
      throw new UsageError(`${this.#command}: --${name} is missing, e.g. --${name} ${example}`, {
        expected: `--${name}`,
      });
    }
    return value;
  }

  /** One of `choices`. @throws UsageError */
  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw this.#wrong(name, `one of ${choices.join(", ")}`, value);
    return found;
  }

  /** A whole number within [min, max]. @throws UsageError */
  integer(name: string, min: number, max: number): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) throw this.#wrong(name, `a whole number from ${min} to ${max}`, value);
    return number;
  }

  /** Bytes, with units: `64KiB`. @throws UsageError */
  size(name: string): number | undefined {
    return this.#parsed(name, parseSize);
  }

  /** Nanoseconds, from a text with units: `250us`. @throws UsageError */
  duration(name: string): number | undefined {
    return this.#parsed(name, parseDuration);
  }

  /** Seconds as a plain number, or a duration with a unit; in nanoseconds. @throws UsageError */
  seconds(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1e9;
    return this.#parsed(name, parseDuration);
  }

  /** Per second. @throws UsageError */
  rate(name: string): number | undefined {
    return this.#parsed(name, parseRate);
  }

  #parsed(name: string, parse: (text: string) => number): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw this.#wrong(name, error.expected ?? "a value with a unit", value, error.message);
    }
  }

  /** The place that a value comes from: `--rate`, `TENSORPOOL_PRODUCER_RATE`, `tensorpool.toml:12: producers[0].rate`. */
  nameOf(name: string): string {
    const origin = this.given.get(name)?.origin;
    return origin === undefined ? `--${name}` : describeOrigin(origin);
  }

  /** An error that begins with the name of an option, with the place instead that its value comes from. */
  relabelled(error: unknown): unknown {
    const match = error instanceof UsageError ? /^--([a-z-]+)(?=:)/.exec(error.message) : null;
    const name = match?.[1];
    if (!(error instanceof UsageError) || match === null || name === undefined) return error;
    const place = this.nameOf(name);
    if (place === match[0]) return error;
    const { rule, expected, found } = error;
    return new UsageError(place + error.message.slice(match[0].length), {
      ...(rule === undefined ? {} : { rule }),
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
      cause: error,
    });
  }

  #wrong(name: string, expected: string, found: string, detail?: string): UsageError {
    const where = this.nameOf(name);
    return new UsageError(`${where}: ${detail ?? `expected ${expected}, found "${found}"`}`, { expected, found });
  }
}

/**
 * Reads the options out of the arguments that follow a command's name, exactly as written.
 * @throws UsageError for an unknown option, a missing value, or one given to a switch
 */
export function readOptions(
  command: string,
  specs: readonly OptionSpec[],
  args: readonly string[],
  suggest: (name: string, names: readonly string[]) => string,
): { values: OptionValues; positionals: string[] } {
  const given = new Map<string, GivenValue>();
  const set = (name: string, value: string | boolean): void => {
    given.set(name, { value, origin: { kind: "flag", name } });
  };
  const positionals: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "--") {
      positionals.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-" || /^-\d/.test(arg)) {
      positionals.push(arg);
      continue;
    }
    const equals = arg.indexOf("=");
    const written = equals === -1 ? arg : arg.slice(0, equals);
    const attached = equals === -1 ? undefined : arg.slice(equals + 1);
    const { spec, isNegated } = findSpec(specs, written);
    if (spec === undefined) {
      const names = specs.map((candidate) => `--${candidate.name}`);
      throw new UsageError(`${command}: unknown option ${written}${suggest(written, names)}`, { found: written });
    }
    if (spec.value === undefined) {
      if (attached !== undefined) throw new UsageError(`${command}: ${written} takes no value, found "${attached}"`);
      set(spec.name, !isNegated);
      continue;
    }
    const value = attached ?? args[++i];
    if (value === undefined) {
      throw new UsageError(`${command}: ${written} expects ${spec.value}, found nothing`, { expected: spec.value });
    }
    const before = given.get(spec.name)?.value;
    set(spec.name, spec.isRepeatable === true && typeof before === "string" ? `${before}\n${value}` : value);
  }
  return { values: new OptionValues(command, given), positionals };
}

function findSpec(specs: readonly OptionSpec[], written: string): { spec: OptionSpec | undefined; isNegated: boolean } {
  if (!written.startsWith("--")) {
    return { spec: specs.find((candidate) => `-${candidate.short}` === written), isNegated: false };
  }
  const name = written.slice(2);
  const spec = specs.find((candidate) => candidate.name === name);
  if (spec !== undefined || !name.startsWith("no-")) return { spec, isNegated: false };
  return { spec: specs.find((candidate) => isSwitchedOff(candidate, name)), isNegated: true };
}

/** Every switch that can be switched on elsewhere can be switched off here. */
function isSwitchedOff(spec: OptionSpec, written: string): boolean {
  return spec.value === undefined && spec.settable === undefined && written === `no-${spec.name}`;
}
