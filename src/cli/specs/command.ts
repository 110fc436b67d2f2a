import type { OptionSet, OptionSpec, Origins, ValuesOf } from "../../config/index.ts";
import type { ReadSettings } from "../config/read-settings.ts";
import type { GENERAL } from "./common-options.ts";

/** What a command is run with. */
export interface CommandContext<Values = unknown> {
  /** The value of each option, by its name: `--wait-timeout` is `values.waitTimeout`. */
  readonly values: Values;
  /** Where these values come from. */
  readonly origins: Origins;
  /** The file and the variables that set them; null for a command that takes none. */
  readonly settings: ReadSettings | null;
  readonly positionals: readonly string[];
  /** Everything after the command's name, as it was written. */
  readonly rawArguments: readonly string[];
  /** Every command of the executable. */
  readonly commands: readonly Command[];
}

/** The values of a command with these options, and of those that every command takes. */
export type CommandValues<Set extends OptionSet> = ValuesOf<Set> & ValuesOf<typeof GENERAL>;

/** The part of a command that is loaded when it is run. */
export interface CommandModule {
  /** Runs the command; resolves to its exit code. */
  run(context: CommandContext<never>): Promise<number>;
}

/** One command of the executable: what `--help` says of it, and where its code is. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Positional arguments for the usage line, e.g. "<hex>". */
  readonly usage?: string;
  /** Most positionals; 0 when left out. */
  readonly maxPositionals?: number;
  readonly options: readonly OptionSpec[];
  /** Commands of two words, the first of which is this one's name. */
  readonly verbs?: readonly Command[];
  /** The table of a file that sets its options; an array of tables where several processes of the kind run. */
  readonly settings?: { readonly table: string; readonly isArray: boolean };
  /** Command lines that run as they are, without the executable's name. */
  readonly examples: readonly string[];
  /** Further paragraphs of `--help`; loaded with it. */
  readonly notes?: () => Promise<string>;
  /** A --stream that is no id and no name of `[streams]` is looked for among the data sources. */
  readonly asksForStreams?: boolean;
  /** The command reads its arguments and prints its help by itself. */
  readonly readsOwnArguments?: boolean;
  /** Answers as a monitoring plug-in: whatever keeps it from its answer is UNKNOWN, on standard output, with 3. */
  readonly isPlugIn?: boolean;
  readonly load: () => Promise<CommandModule>;
}

/** A command whose code takes exactly the values of its options. */
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
