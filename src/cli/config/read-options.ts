import type { OptionSpec, WrittenValue, WrittenValues } from "../../config/index.ts";
import { UsageError } from "../../core/errors.ts";
import { printable, quoted } from "../../core/text.ts";

/**
 * Reads the options from the arguments after a command's name, exactly as written.
 * @throws UsageError for an unknown option, a missing value, or a value given to a switch
 */
export function readOptions(
  command: string,
  specs: readonly OptionSpec[],
  args: readonly string[],
  suggest: (name: string, names: readonly string[]) => string,
): { written: WrittenValues; positionals: string[] } {
  const written = new Map<string, WrittenValue>();
  const set = (name: string, value: string | boolean): void => {
    written.set(name, { value, origin: { kind: "flag", name } });
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
    const flag = equals === -1 ? arg : arg.slice(0, equals);
    const attached = equals === -1 ? undefined : arg.slice(equals + 1);
    const { spec, isNegated } = findSpec(specs, flag);
    if (spec === undefined) {
      const names = specs.map((candidate) => `--${candidate.name}`);
      const hint = suggest(flag, names);
      throw new UsageError(`${command}: unknown option ${printable(flag)}${hint === "" ? helpHint(command) : hint}`, {
        found: flag,
      });
    }
    if (spec.value === undefined) {
      if (attached !== undefined) throw new UsageError(`${command}: ${flag} takes no value, found ${quoted(attached)}`);
      set(spec.name, !isNegated);
      continue;
    }
    const value = attached ?? args[++i];
    if (value === undefined) {
      throw new UsageError(`${command}: ${flag} expects ${spec.value}, found nothing`, { expected: spec.value });
    }
    const before = written.get(spec.name)?.value;
    set(spec.name, spec.isRepeatable === true && typeof before === "string" ? `${before}\n${value}` : value);
  }
  return { written, positionals };
}

/** The hint that ends an error about an argument that the command does not take. */
export function helpHint(command: string): string {
  return `; \`tensorpool ${command} --help\` says what it takes`;
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

/** A switch that the file or environment can set can be unset with --no-NAME. */
function isSwitchedOff(spec: OptionSpec, written: string): boolean {
  return spec.value === undefined && spec.settable === undefined && written === `no-${spec.name}`;
}
