import { monotonic } from "../../aeron/monotonic.ts";
import { SystemClock } from "../../core/clock.ts";
import { NotFoundError, UsageError } from "../../core/errors.ts";
import { type RegionReport, reportOf } from "../../observe/region-report.ts";
import { InspectionError } from "../../shm/inspection.ts";
import { shmDirOf } from "../config/aeron-dir.ts";
import { ExitCode } from "../exit.ts";
import { type Located, locate } from "../inspect/locate.ts";
import { printReports } from "../inspect/print.ts";
import { findStreamId, streamIdOf } from "../observe/find-stream.ts";
import { printError } from "../output/console.ts";
import type { InspectValues } from "../specs/tools.ts";
import { tool } from "../tool/tool.ts";

/** `inspect`: prints the contents of region files and the rules that they violate. */
export const run = tool<InspectValues>(async ({ values, positionals, output }) => {
  const [subject] = positionals;
  if (subject === undefined || subject === "") {
    throw new UsageError(
      "inspect: expected a file, a folder or a stream id, found nothing; e.g. tensorpool inspect 10000",
    );
  }
  const slotCount = values.slots;
  const shmDir = shmDirOf(values);
  const { paths, unreadable } = await locateByAnyName(subject, shmDir, values);
  const clock = new SystemClock();
  const now = (): bigint => monotonic.toBigint(clock.nanoTime());
  const reports: RegionReport[] = [];
  let isFailed = unreadable.length > 0;
  for (const problem of unreadable) printError(`tensorpool: inspect: ${problem}`);
  for (const path of paths) {
    try {
      reports.push(reportOf(path, slotCount, now));
    } catch (error) {
      if (!(error instanceof InspectionError)) throw error;
      // A file that disappears while a folder is read is no error; a missing file that was named is.
      if (error.code === "not-found" && paths.length > 1) continue;
      printError(`tensorpool: inspect: ${error.message}`);
      isFailed = true;
    }
  }
  if (output.format === "table") printReports(output, reports);
  else output.rows([], reports);
  return isFailed || reports.some(({ valid }) => !valid) ? ExitCode.FAILED : ExitCode.DONE;
});

/** Looks in the file system first; a name not found there may be a data source's, which a running media driver can resolve. */
async function locateByAnyName(subject: string, shmDir: string, values: InspectValues): Promise<Located> {
  try {
    return locate(subject, shmDir);
  } catch (error) {
    if (!(error instanceof NotFoundError) || subject.includes("/") || streamIdOf(subject) !== null) throw error;
    try {
      return locate(String(await findStreamId(values, subject, "inspect: <stream>")), shmDir);
    } catch (second) {
      // No stream has this name: the first error lists the existing streams.
      throw second instanceof NotFoundError ? error : second;
    }
  }
}
