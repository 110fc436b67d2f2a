import type { CommandContext } from "../command.ts";
export async function run(_context: CommandContext): Promise<number> {
  return 0;
}
