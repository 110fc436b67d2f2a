import { driverAbsence } from "../../aeron/driver-watch.ts";
import { defaultsOf } from "../../config/index.ts";
import { driverHeartbeatSeconds, roomOf } from "../../web/supervised.ts";
import { answerOf } from "../check/answer.ts";
import { type CheckFacts, findingsOf } from "../check/findings.ts";
import { limitsOf } from "../check/limits.ts";
import { NOTHING_OBSERVED, type Observed, observationNsOf, observedOf } from "../check/observed.ts";
import { PlugInCode, unknownLine } from "../check/plug-in.ts";
import { WorstDrops } from "../check/worst-drops.ts";
import { aeronDirOf, shmDirOf } from "../config/aeron-dir.ts";
import { printLine, printResult } from "../output/console.ts";
import type { CommandContext } from "../specs/command.ts";
import type { CheckValues } from "../specs/supervision.ts";
import { observe } from "../supervision/observing.ts";
import { THRESHOLDS } from "../supervision/thresholds.ts";

/** The observer needs thresholds, but `check` ignores its events: it compares counts with its own limits. */
const DEFAULT_THRESHOLDS = defaultsOf(THRESHOLDS);

/** `check`: prints one line and exits with the code of a monitoring plug-in. */
export async function run(context: CommandContext<CheckValues>): Promise<number> {
  const { values } = context;
  const limits = limitsOf(values);
  const expected = values.stream ?? [];
  const observedNs = values.for ?? observationNsOf(limits);
  const aeronDir = aeronDirOf(values);
  // A dead or paused media driver leaves its last heartbeat behind but sends nothing.
  const absence = driverAbsence(aeronDir);
  const isHeard = absence === null;
  const observed = isHeard ? await observeFor(context, observedNs, expected) : NOTHING_OBSERVED;
  if (observed === null) {
    printLine(unknownLine("interrupted"));
    return PlugInCode.UNKNOWN;
  }
  const facts: CheckFacts = {
    ...observed,
    expected,
    observedNs: isHeard ? observedNs : null,
    heartbeatNs: heartbeatNsOf(aeronDir),
    absence,
    free: freeOf(values),
  };
  const { code, text } = await answerOf(facts, findingsOf(facts, limits), values.format);
  await printResult(text);
  return code;
}

/** Null if a signal ended it early. */
async function observeFor(
  context: CommandContext<CheckValues>,
  durationNs: number,
  expected: readonly string[],
): Promise<Observed | null> {
  const { runtime, observer } = observe({ ...context, values: { ...DEFAULT_THRESHOLDS, ...context.values } }, "check");
  using _ = runtime;
  const { scheduler } = runtime;
  const drops = new WorstDrops(observer.model);
  runtime.endAfter(durationNs, () => runtime.stop("--for is over"));
  await runtime.run(drops);
  if (runtime.signals.received !== null) return null;
  return observedOf(observer.model, drops, expected, scheduler.clock.nanoTime());
}

function heartbeatNsOf(aeronDir: string): number | null {
  const seconds = driverHeartbeatSeconds(aeronDir);
  return seconds === null ? null : seconds * 1e9;
}

function freeOf(values: CheckValues): CheckFacts["free"] {
  const where = shmDirOf(values);
  const room = roomOf(where);
  return room === null ? null : { share: room.freeBytes / room.totalBytes, where };
}
