import { TensorPoolError } from "../../core/errors.ts";
import { ExitCode } from "../exit.ts";
import { Output } from "../output/output.ts";
import type { CommandContext } from "../specs/command.ts";
import { OUTPUT_FORMATS } from "../specs/common-options.ts";

/** What a tool is run with. */
export interface ToolContext<Values> extends CommandContext<Values> {
  /** Where its results go, in the format of --output. A format that is the tool's own is text. */
  readonly output: Output;
}

/** The exit code of a tool; nothing stands for success. */
type Outcome = number | undefined;

/**
 * A command with results. They are complete and written before the command ends, also when `work` fails: then its error is reported
 * after them.
 */
export function tool<Values extends { readonly output: string }>(
  work: (context: ToolContext<Values>) => Outcome | Promise<Outcome> | Promise<void>,
): (context: CommandContext<Values>) => Promise<number> {
  return async (context) => {
    const output = new Output({ format: OUTPUT_FORMATS.find((format) => format === context.values.output) ?? "table" });
    try {
      return (await work({ ...context, output })) ?? ExitCode.DONE;
    } finally {
      await output.finish();
    }
  };
}

/** What a tool was to do did not happen; its results, which show that, have been written. Exit code 1. */
export class ToolError extends TensorPoolError<"failed"> {
  constructor(message: string) {
    super("failed", message);
  }
}
