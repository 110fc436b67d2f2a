import { defaultAeronDir, explainLongPath, fileInPlaceOf } from "../../aeron/aeron-dir.ts";
import { OptionError, UsageError } from "../../core/errors.ts";
import { absolutePath } from "../../core/exact-text.ts";
import { defaultShmDir } from "../../shm/default-dir.ts";
import type { PlaceValues } from "../specs/common-options.ts";

/** True if the user named the media driver's folder; false for the default one. */
export function namesAeronDir({ aeronDir }: PlaceValues): boolean {
  return aeronDir !== undefined || Boolean(process.env.AERON_DIR);
}

/** The folder of the media driver, which may not exist yet. @throws UsageError for an invalid path */
export function aeronDirOf(values: PlaceValues): string {
  const aeronDir = absolutePath(values.aeronDir ?? defaultAeronDir());
  const fault = explainLongPath(aeronDir);
  if (fault !== null) throw new OptionError("aeronDir", fault);
  const file = fileInPlaceOf(aeronDir);
  if (file === null) return aeronDir;
  const problem = `${file} is a file, where the media driver's folder has to be: remove it, or name another folder`;
  const details = { expected: "a folder", found: `the file ${file}` };
  if (values.aeronDir === undefined && process.env.AERON_DIR) throw new UsageError(`AERON_DIR: ${problem}`, details);
  throw new OptionError("aeronDir", problem, details);
}

/** The folder of the regions. */
export function shmDirOf({ shmDir }: PlaceValues): string {
  return absolutePath(shmDir ?? defaultShmDir());
}
