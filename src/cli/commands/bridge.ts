import { UsageError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import type { CommandContext } from "../specs/command.ts";

const VERBS = ["send", "receive"];

/** `bridge` without a direction: the directions are commands of two words. @throws UsageError */
export async function run({ rawArguments }: CommandContext): Promise<number> {
  const [verb] = rawArguments;
  const isWord = verb !== undefined && !verb.startsWith("-");
  const found = isWord ? `"${verb}"${suggestion(verb, VERBS)}` : "neither";
  throw new UsageError(`bridge: expected send or receive behind it, found ${found}`, { expected: "send or receive" });
}
