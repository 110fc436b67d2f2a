import type { CommandContext } from "../command.ts";
import { printError, printLine } from "../console.ts";
import { wire } from "../wire.ts";

/** `wire encode|decode`: reads its own arguments. */
export function run({ rawArguments }: CommandContext): Promise<number> {
  return wire([...rawArguments], {
    stdin: Bun.stdin.stream(),
    stdout: printLine,
    stderr: printError,
  });
}
