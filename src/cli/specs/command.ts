import type { OptionSet, OptionSpec, Origins, ValuesOf } from "../../config/index.ts";
import type { ReadSettings } from "../config/read-settings.ts";
import type { GENERAL } from "./common-options.ts";

/** The inputs of a running command. */
export interface CommandContext<Values = unknown> {
  /** The value of each option, by name: `--wait-timeout` is `values.waitTimeout`. */
  readonly values: Values;
  /** The sources of these values. */
  readonly origins: Origins;
  /** The file and the variables that set them; null for a command without settings. */
  readonly settings: ReadSettings | null;
  readonly positionals: readonly string[];
  /** All arguments after the command's name, unparsed. */
  readonly rawArguments: readonly string[];
  /** Every command of the executable. */
  readonly commands: readonly Command[];
}

/** The values of a command with these options, and of the options that every command takes. */
export type CommandValues<Set extends OptionSet> = ValuesOf<Set> & ValuesOf<typeof GENERAL>;

/** The part of a command that is loaded when it runs. */
export interface CommandModule {
  /** Runs the command; resolves to its exit code. */
  run(context: CommandContext<never>): Promise<number>;
}

/** One command of the executable: its help, and the module of its code. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Positional arguments in the usage line, e.g. "<hex>". */
  readonly usage?: string;
  /** Maximum number of positionals; 0 if omitted. */
  readonly maxPositionals?: number;
  readonly options: readonly OptionSpec[];
  /** Commands of two words, the first of which is this one's name. */
  readonly verbs?: readonly Command[];
  /** The table of the settings file that sets its options; an array of tables if several processes of the kind can run. */
  readonly settings?: { readonly table: string; readonly isArray: boolean };
  /** Command lines that run as written, without the executable's name. */
  readonly examples: readonly string[];
  /** Further paragraphs of `--help`, loaded on demand. */
  readonly notes?: () => Promise<string>;
  /** A --stream that is neither an id nor a name in `[streams]` is looked up among the data sources. */
  readonly asksForStreams?: boolean;
  /** The command parses its arguments and prints its help by itself. */
  readonly readsOwnArguments?: boolean;
  /** The command is a monitoring plug-in: any failure is reported as UNKNOWN on standard output, with exit code 3. */
  readonly isPlugIn?: boolean;
  readonly load: () => Promise<CommandModule>;
}

/** Defines a command whose code takes exactly the values of its options. */
export function command<Set extends OptionSet>(
  definition: Omit<Command, "options" | "load"> & {
    readonly options: Set;
    readonly load: () => Promise<{
      readonly run: (context: CommandContext<CommandValues<NoInfer<Set>>>) => Promise<number>;
    }>;
  },
): Command {
  return { ...definition, options: Object.values(definition.options) };
}
