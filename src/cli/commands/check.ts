import { driverAbsence } from "../../aeron/driver-watch.ts";
import { defaultsOf } from "../../config/index.ts";
import { type ConsumerView, type StreamView, streamViews } from "../../protocol/supervision/index.ts";
import { driverHeartbeatSeconds, roomOf } from "../../web/supervised.ts";
import { aeronDirOf, shmDirOf } from "../aeron-dir.ts";
import { answerOf } from "../check/answer.ts";
import { type CheckFacts, findingsOf } from "../check/findings.ts";
import { limitsOf } from "../check/limits.ts";
import { PlugInCode, unknownLine } from "../check/plug-in.ts";
import type { WatchedBridge } from "../check/watched-bridges.ts";
import { WorstDrops } from "../check/worst-drops.ts";
import type { CommandContext } from "../command.ts";
import { printLine, printResult } from "../console.ts";
import { observe } from "../supervision/observing.ts";
import { THRESHOLDS } from "../supervision/thresholds.ts";
import type { CheckValues } from "../supervision-commands.ts";

/** Two reports of everybody, which come once a second. */
const SHORTEST_NS = 3.5e9;
const MARGIN_NS = 1e9;
/** It counts and compares by limits of its own; events are not looked at. */
const DEFAULT_THRESHOLDS = defaultsOf(THRESHOLDS);

interface Observed {
  readonly streams: readonly StreamView[];
  readonly consumers: readonly ConsumerView[];
  readonly bridges: readonly WatchedBridge[];
  readonly wasInterrupted: boolean;
}

/** `check`: one line, and the exit code of a monitoring plug-in. */
export async function run(context: CommandContext<CheckValues>): Promise<number> {
  const { values } = context;
  const limits = limitsOf(values);
  const expected = values.stream ?? [];
  const observedNs = values.for ?? Math.max(SHORTEST_NS, limits.silenceNs.warning + MARGIN_NS);
  const aeronDir = aeronDirOf(values);
  // One that is dead or paused has left its last heartbeat: it sends nothing.
  const absence = driverAbsence(aeronDir);
  const isHeard = absence === null;
  const observed = isHeard ? await observeFor(context, observedNs) : NOTHING;
  if (observed.wasInterrupted) {
    printLine(unknownLine("interrupted"));
    return PlugInCode.UNKNOWN;
  }
  const facts: CheckFacts = {
    streams: observed.streams.filter((stream) => isWanted(stream, expected)),
    consumers: observed.consumers.filter(({ streamId }) =>
      observed.streams.some((stream) => stream.streamId === streamId && isWanted(stream, expected)),
    ),
    bridges: observed.bridges.filter(({ streamId }) =>
      observed.streams.some((stream) => stream.streamId === streamId && isWanted(stream, expected)),
    ),
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

const NOTHING: Observed = { streams: [], consumers: [], bridges: [], wasInterrupted: false };

async function observeFor(context: CommandContext<CheckValues>, durationNs: number): Promise<Observed> {
  const { runtime, observer } = observe({ ...context, values: { ...DEFAULT_THRESHOLDS, ...context.values } }, "check");
  using _ = runtime;
  const { scheduler } = runtime;
  const drops = new WorstDrops(observer.model);
  runtime.endAfter(durationNs, () => runtime.stop("--for is over"));
  await runtime.run(drops);
  const nowNs = scheduler.clock.nanoTime();
  return {
    streams: streamViews(observer.model, nowNs),
    consumers: drops.consumers(nowNs),
    bridges: drops.bridges(nowNs),
    wasInterrupted: runtime.signals.received !== null,
  };
}

/** All, unless some are named. */
function isWanted({ streamId, name }: StreamView, expected: readonly string[]): boolean {
  return expected.length === 0 || expected.includes(String(streamId)) || (name !== null && expected.includes(name));
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
