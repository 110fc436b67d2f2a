import { UsageError } from "../../core/errors.ts";

/** The file arguments of a command. @throws UsageError if there are none */
export function requireFiles(command: string, files: readonly string[], rest = ""): readonly string[] {
  if (files.length > 0) return files;
  throw new UsageError(`${command}: no file is named, e.g. tensorpool ${command} run.mcap${rest}`, {
    expected: "FILE",
  });
}
