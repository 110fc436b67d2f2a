import { resolve } from "node:path";
import { defaultAeronDir, fileInPlaceOf } from "../aeron/aeron-dir.ts";
import { UsageError } from "../core/errors.ts";
import type { OptionValues } from "./option-spec.ts";

/** True when the folder of the media driver was named; false for the default one. */
export function namesAeronDir(options: OptionValues): boolean {
  return options.has("aeron-dir") || Boolean(process.env.AERON_DIR);
}

/** The folder of the media driver, which need not be there. @throws UsageError for what cannot be one */
export function aeronDirOf(options: OptionValues): string {
  const aeronDir = resolve(options.text("aeron-dir") ?? defaultAeronDir());
  const file = fileInPlaceOf(aeronDir);
  if (file === null) return aeronDir;
  const where = options.has("aeron-dir") || !process.env.AERON_DIR ? options.nameOf("aeron-dir") : "AERON_DIR";
  throw new UsageError(
    `${where}: ${file} is a file, where the media driver's folder has to be: remove it, or name another folder`,
    { expected: "a folder", found: `the file ${file}` },
  );
}
