import { Place } from "../../support/place.ts";
import { figures } from "../support/figures.ts";
import { Subject } from "../support/subject.ts";
import type { ReaderArgument, ReaderCounts } from "./reader.ts";
import type { WriterArgument } from "./writer.ts";

/** One writer and one reader at full rate. */
export interface TornReadRun {
  readonly path: "slots" | "aeron";
  readonly payloadBytes: number;
  readonly reads: number;
  /** The run ends then, whether all reads were made or not. */
  readonly limitMs: number;
}

export type TornReadOutcome = TornReadRun & { readonly counts: ReaderCounts };

/** Runs one after the other: a writer and a reader take both CPUs. */
export async function runTornReads(runs: readonly TornReadRun[]): Promise<TornReadOutcome[]> {
  const outcomes: TornReadOutcome[] = [];
  for (const run of runs) outcomes.push({ ...run, counts: await runOne(run) });
  return outcomes;
}

async function runOne(run: TornReadRun): Promise<ReaderCounts> {
  await using place = new Place();
  if (run.path === "aeron") await place.mediaDriver();
  const common = { path: run.path, payloadBytes: run.payloadBytes, shmDir: place.shmDir, aeronDir: place.aeronDir };
  const writerArgument: WriterArgument = common;
  await using writer = new Subject<unknown>("test/full/torn-reads/writer.ts", writerArgument);
  const announce = (run.path === "slots" ? await writer.next() : null) as ReaderArgument["announce"];
  const readerArgument: ReaderArgument = { ...common, reads: run.reads, limitMs: run.limitMs, announce };
  await using reader = new Subject<ReaderCounts>("test/full/torn-reads/reader.ts", readerArgument);
  const counts = await reader.next();
  await writer.finish();
  const { exitCode } = await writer.end();
  if (exitCode !== 0) throw new Error(await writer.explain("expected exit code 0"));
  return counts;
}

/** Refusals because the frame was late, or torn. */
export function refusedLate({ refused }: ReaderCounts): number {
  return ["odd", "changed", "identity", "overwritten"].reduce((sum, cause) => sum + (refused[cause] ?? 0), 0);
}

export function tornReadTable(outcomes: readonly TornReadOutcome[]): string {
  return figures(
    "torn reads: writer and reader at full rate over 8 slots",
    outcomes.map(({ path, payloadBytes, counts }) => ({
      path,
      "payload bytes": payloadBytes,
      reads: counts.reads,
      accepted: counts.accepted,
      odd: counts.refused["odd"] ?? 0,
      changed: counts.refused["changed"] ?? 0,
      identity: counts.refused["identity"] ?? 0,
      overwritten: counts.refused["overwritten"] ?? 0,
      "torn, refused": counts.refusedTorn,
      "torn, accepted": counts.acceptedTorn,
      seconds: counts.seconds,
    })),
  );
}
