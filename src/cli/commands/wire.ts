import type { CommandContext } from "../command.ts";
import { wire } from "../wire.ts";

/** `wire encode|decode`: reads its own arguments. */
export function run({ rawArguments }: CommandContext): Promise<number> {
  return wire([...rawArguments], {
    stdin: Bun.stdin.stream(),
    stdout: (line) => process.stdout.write(`${line}\n`),
    stderr: (line) => process.stderr.write(`${line}\n`),
  });
}
