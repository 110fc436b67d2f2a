import { dirname } from "node:path";
import { getLogger } from "../../core/logger.ts";
import { printable } from "../../core/text.ts";
import { formatBytes, formatCount, formatDuration } from "../../core/units.ts";
import { Recorder } from "../../recorder/recorder.ts";
import { ExitCode } from "../exit.ts";
import { printError } from "../output/console.ts";
import { LiveLine } from "../output/live-line.ts";
import { flightTriggers } from "../record/flight-triggers.ts";
import { RecordPlan } from "../record/record-plan.ts";
import {
  describeMissing,
  lostFrames,
  type RecorderRow,
  recordedBytes,
  recordedFrames,
  recorderColumns,
  rowTaker,
} from "../record/record-report.ts";
import { RecordedStreams } from "../record/recorded-streams.ts";
import { RoleProgress } from "../role/role-progress.ts";
import { RoleRuntime } from "../role/role-runtime.ts";
import { type RunningRole, runAlone } from "../role/running-role.ts";
import { StatsReporter } from "../role/stats-reporter.ts";
import type { CommandContext } from "../specs/command.ts";
import type { RecordValues } from "../specs/record.ts";
import { VERSION } from "../version.ts";

const log = getLogger("record");

/** `record`: records streams to MCAP files. */
export async function run({ values, origins, positionals }: CommandContext<RecordValues>): Promise<number> {
  const plan = new RecordPlan({ values, origins }, positionals);
  using runtime = new RoleRuntime(plan.values, "tensorpool record");
  return await runAlone(runtime, () => startRecorder(runtime, plan, () => runtime.scheduler.stop("done"), true));
}

/** Creates the file and adds the recorder; `onDone` is called after its last frame. @throws RecorderError */
export async function startRecorder(
  runtime: RoleRuntime,
  plan: RecordPlan,
  onDone: () => void,
  isAlone = false,
): Promise<RunningRole> {
  const { scheduler } = runtime;
  const recorder: Recorder = new Recorder(scheduler.clock, {
    ...plan.recording,
    ...(Number.isFinite(plan.count) ? { count: plan.count } : {}),
    once: plan.values.once,
    library: `tensorpool ${VERSION}`,
    session: { command: process.argv.slice(1).join(" ") },
    awaitsStreams: () => !streams.areKnown,
    onDone,
  });
  const streams: RecordedStreams = new RecordedStreams(runtime, plan, recorder);
  await recorder.open();
  const nowNs = scheduler.clock.nanoTime();
  const reporter =
    plan.values.statsInterval > 0
      ? new StatsReporter(
          plan.output,
          recorderColumns(plan.flight !== null),
          plan.values.statsInterval,
          rowTaker(recorder, nowNs, plan.values.statsInterval),
        )
      : null;
  // The agent that is added first closes last: the final row includes what the others count while they close.
  if (reporter !== null) scheduler.add(reporter);
  streams.begin();
  scheduler.add(streams, { vital: true });
  scheduler.add(recorder, { vital: true });
  const triggers = plan.flight === null ? [] : flightTriggers(plan.flight, recorder, runtime);
  for (const trigger of triggers) scheduler.add(trigger);
  if (isAlone && LiveLine.isWanted(plan.values, { usesPipe: false })) {
    scheduler.add(newLiveLine(recorder, streams, plan, nowNs));
  }
  log.info(`${startOf(recorder, plan)}; Aeron in ${runtime.aeronDir}`);
  return {
    name: "recorder",
    get agents() {
      return [...(reporter === null ? [] : [reporter]), ...streams.consumers, streams, recorder, ...triggers];
    },
    finish: async () => {
      await plan.output.flush();
      return finish(recorder, plan);
    },
  };
}

function startOf({ writer }: Recorder, { flight, recording, values }: RecordPlan): string {
  if (flight === null) return `recording to ${printable(writer.path ?? recording.path)}`;
  const { beforeNs, afterNs } = flight.options;
  const on = (values.on ?? ["signal"]).map((trigger) => (trigger === "signal" ? "SIGUSR1" : trigger)).join(", ");
  const span = `${formatDuration(beforeNs)} before and ${formatDuration(afterNs)} after ${on}`;
  return `keeping frames; ${span} are written to ${printable(dirname(recording.path))}`;
}

function newLiveLine(recorder: Recorder, streams: RecordedStreams, plan: RecordPlan, startNs: number): LiveLine {
  const subject = plan.values.all ? "all streams" : plan.streams.join(", ");
  const count = plan.count * Math.max(1, plan.streams.length);
  const progress = new RoleProgress(subject, count, startNs);
  const take = rowTaker(recorder, startNs, 0);
  return new LiveLine((nowNs) => {
    const row = take(nowNs);
    const missing = describeMissing(recorder.missing);
    const isMapped = recorder.streams.some(({ consumer }) => consumer.isMapped);
    return progress.line(nowNs, {
      verb: "recorded",
      frames: row.recorded,
      bytes: recordedBytes(recorder.streams),
      rest: [
        missing === "" ? "lost 0" : `lost ${formatCount(row.lost)} (${missing})`,
        ...(row.heldSeconds === null ? [] : [flightText(row)]),
        formatBytes(row.fileBytes),
        ...(row.state === "full" ? ["DISK FULL"] : []),
        ...(row.secondsLeft === null ? [] : [`disk full in ${formatDuration(row.secondsLeft * 1e9)}`]),
      ],
      awaited: !streams.areKnown ? streams.awaited.join(", ") : isMapped ? null : "a producer",
    });
  });
}

function flightText({ state, heldSeconds, files }: RecorderRow): string {
  const held = `holds ${formatDuration((heldSeconds ?? 0) * 1e9)}`;
  return `${held}, ${state === "waiting" ? `${formatCount(files)} files` : state}`;
}

function finish(recorder: Recorder, plan: RecordPlan): number {
  const { streams, writer } = recorder;
  const lost = lostFrames(streams);
  if (!plan.values.quiet) {
    const isOne = plan.flight === null && writer.parts === 1;
    const where = isOne
      ? printable(plan.recording.path)
      : writer.parts === 0 && plan.flight === null
        ? "no file: no stream began"
        : `${writer.parts} files`;
    const frames = formatCount(recordedFrames(streams));
    printError(`recorded ${frames} frames, ${formatBytes(writer.writtenBytes)}, lost ${formatCount(lost)} (${where})`);
    for (const [cause, count] of Object.entries(recorder.missing)) {
      printError(`  ${formatCount(count).padStart(9)}  ${cause}`);
    }
  }
  if (plan.values.failOnLoss && lost > 0) return ExitCode.FRAMES_LOST;
  return writer.failure === null ? ExitCode.DONE : ExitCode.FAILED;
}
