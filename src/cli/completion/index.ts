import { SINK_KINDS, SOURCE_KINDS } from "../../io/index.ts";
import { DTYPE_NAMES } from "../../protocol/dtype.ts";
import type { Command } from "../specs/command.ts";
import { bashCompletion } from "./bash.ts";
import { shellCommands } from "./shell-command.ts";
import { zshCompletion } from "./zsh.ts";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion } as const;
export type Shell = keyof typeof SHELLS;
export const SHELL_NAMES = Object.keys(SHELLS) as readonly Shell[];

/** Returns the completion script for a shell, generated from the table of commands. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  // A colon introduces the argument of a kind; kinds without an argument have no colon.
  const known = {
    dtype: DTYPE_NAMES,
    source: SOURCE_KINDS.map((kind) => `${kind.name}:`),
    sink: SINK_KINDS.map((kind) => (["stats", "null"].includes(kind.name) ? kind.name : `${kind.name}:`)),
  };
  return SHELLS[shell](shellCommands(commands, known));
}
