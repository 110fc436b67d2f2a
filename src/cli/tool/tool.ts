import { TensorPoolError } from "../../core/errors.ts";
import { ExitCode } from "../exit.ts";
import { Output } from "../output/output.ts";
import type { CommandContext } from "../specs/command.ts";
import { OUTPUT_FORMATS } from "../specs/common-options.ts";

/** The inputs of a running tool. */
export interface ToolContext<Values> extends CommandContext<Values> {
  /** Destination of the results, in the format of --output. A tool's own format is treated as text. */
  readonly output: Output;
}

/** The exit code of a tool; undefined means success. */
type Outcome = number | undefined;

/**
 * A command with results. The results are completed and written before the command ends, even if `work` fails: its error is reported
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

/** The tool could not do its work; its results, which show that, have been written. Exit code 1. */
export class ToolError extends TensorPoolError<"failed"> {
  constructor(message: string) {
    super("failed", message);
  }
}
