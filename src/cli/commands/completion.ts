import { UsageError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import type { CommandContext } from "../command.ts";
import { completionScript, SHELL_NAMES } from "../completion/index.ts";
import { printResult } from "../console.ts";
import { ExitCode } from "../exit.ts";

/** `completion`: the completion script of a shell. */
export async function run({ positionals, commands }: CommandContext): Promise<number> {
  const [name] = positionals;
  const shell = SHELL_NAMES.find((candidate) => candidate === name);
  if (shell === undefined) {
    const found = name === undefined ? "nothing" : `"${name}"${suggestion(name, SHELL_NAMES)}`;
    const expected = SHELL_NAMES.join(", ");
    throw new UsageError(`completion: expected one of ${expected}, found ${found}`, { expected, found });
  }
  await printResult(completionScript(shell, commands).trimEnd());
  return ExitCode.DONE;
}
