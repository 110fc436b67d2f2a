import { UsageError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { SINK_KINDS, SOURCE_KINDS } from "../../io/index.ts";
import { DTYPE_NAMES } from "../../protocol/dtype.ts";
import type { CommandContext } from "../command.ts";
import { bashCompletion } from "../completion/bash.ts";
import { shellCommands } from "../completion/shell-command.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { printLine } from "../console.ts";
import { ExitCode } from "../exit.ts";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion };

/** `completion`: the completion script of a shell, made from the table of commands. */
export async function run({ positionals, commands }: CommandContext): Promise<number> {
  const [name] = positionals;
  const shells = Object.keys(SHELLS);
  const completion = name === "bash" || name === "zsh" ? SHELLS[name] : undefined;
  if (completion === undefined) {
    const found = name === undefined ? "nothing" : `"${name}"${suggestion(name, shells)}`;
    throw new UsageError(`completion: expected one of ${shells.join(", ")}, found ${found}`);
  }
  // What follows a kind is after a colon; kinds that take nothing stand alone.
  const known = {
    dtype: DTYPE_NAMES,
    source: SOURCE_KINDS.map((kind) => `${kind.name}:`),
    sink: SINK_KINDS.map((kind) => (["stats", "null"].includes(kind.name) ? kind.name : `${kind.name}:`)),
  };
  printLine(completion(shellCommands(commands, known)).trimEnd());
  return ExitCode.DONE;
}
