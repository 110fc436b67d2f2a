import { defaultsOf } from "../../config/index.ts";
import { NotFoundError, UsageError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import type { CompletionValues } from "../commands.ts";
import { completionScript, SHELL_NAMES } from "../completion/index.ts";
import { ExitCode } from "../exit.ts";
import { printResult } from "../output/console.ts";
import type { CommandContext } from "../specs/command.ts";
import { CHANNELS } from "../specs/common-options.ts";

const STREAMS = "streams";

/** `completion`: prints the completion script of a shell, or the streams that the script offers. */
export async function run({ positionals, commands, values }: CommandContext<CompletionValues>): Promise<number> {
  const [name] = positionals;
  if (name === STREAMS) return streams(values);
  const shell = SHELL_NAMES.find((candidate) => candidate === name);
  if (shell === undefined) {
    const known = [...SHELL_NAMES, STREAMS];
    const found = name === undefined ? "nothing" : `"${name}"${suggestion(name, known)}`;
    const expected = known.join(", ");
    throw new UsageError(`completion: expected one of ${expected}, found ${found}`, { expected, found });
  }
  await printResult(completionScript(shell, commands).trimEnd());
  return ExitCode.DONE;
}

/** Prints the names of all streams, then their ids. */
async function streams(values: CompletionValues): Promise<number> {
  const [{ look }, { producedStreams }] = await Promise.all([
    import("../driver/look.ts"),
    import("../../observe/deployment-view.ts"),
  ]);
  try {
    const { view } = await look({ ...defaultsOf(CHANNELS), ...values }, { ask: producedStreams });
    const names = view.streams.flatMap(({ name }) => name ?? []);
    const words = [...new Set([...names, ...view.streams.map(({ streamId }) => String(streamId))])];
    if (words.length > 0) await printResult(words.join("\n"));
  } catch (error) {
    // No media driver is running, so nothing is offered.
    if (!(error instanceof NotFoundError)) throw error;
  }
  return ExitCode.DONE;
}
