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

/** `inspect`: what region files say, and which rules they break. */
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
      // What went away while a folder was being read is no fault; what was asked for by its name is.
      if (error.code === "not-found" && paths.length > 1) continue;
      printError(`tensorpool: inspect: ${error.message}`);
      isFailed = true;
    }
  }
  if (output.format === "table") printReports(output, reports);
  else output.rows([], reports);
  return isFailed || reports.some(({ valid }) => !valid) ? ExitCode.FAILED : ExitCode.DONE;
});

/** What names nothing in the file system may be the name of a data source, where a media driver lives that can be asked. */
async function locateByAnyName(subject: string, shmDir: string, values: InspectValues): Promise<Located> {
  try {
    return locate(subject, shmDir);
  } catch (error) {
    if (!(error instanceof NotFoundError) || subject.includes("/") || streamIdOf(subject) !== null) throw error;
    try {
      return locate(String(await findStreamId(values, subject, "inspect: <stream>")), shmDir);
    } catch (second) {
      // No stream has the name: the streams that exist are listed.
      throw second instanceof NotFoundError ? error : second;
    }
  }
}
