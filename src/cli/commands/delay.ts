import { nativeParker } from "../../aeron/native-parker.ts";
import { NotFoundError } from "../../core/errors.ts";
import { createIdleStrategy } from "../../core/idle/index.ts";
import { getLogger } from "../../core/logger.ts";
import { formatCount } from "../../core/units.ts";
import { DelayMeter } from "../../observe/delay-meter.ts";
import type { KnownStream } from "../../observe/known-streams.ts";
import { ProbeIdle } from "../../observe/probe-idle.ts";
import { ClockError, timestampsOf } from "../../observe/timestamp-clock.ts";
import { DELAY_COLUMNS } from "../observe/delay-rows.ts";
import { requireStreamText } from "../observe/find-stream.ts";
import { histogramLines } from "../observe/histogram-lines.ts";
import { watchStream } from "../observe/watch-stream.ts";
import type { DelayValues } from "../specs/observe.ts";
import { tool } from "../tool/tool.ts";
import { ToolRuntime } from "../tool/tool-runtime.ts";

const log = getLogger("delay");

/** `delay`: measures the age of frames when their descriptors arrive. */
export const run = tool<DelayValues>(async ({ values, positionals, output }) => {
  const text = requireStreamText(positionals[0], "delay: <stream>");
  const count = values.count ?? Number.POSITIVE_INFINITY;
  const idle = new ProbeIdle(createIdleStrategy(values.idle, nativeParker));
  using runtime = new ToolRuntime(values, "delay", { output, idle });
  const rows = output.stream(DELAY_COLUMNS);
  const meter = new DelayMeter(runtime.connection, runtime.scheduler.clock, {
    streams: runtime.streams,
    intervalNs: values.interval,
    count,
    readings: values.once ? 1 : Number.POSITIVE_INFINITY,
    onRow: (row) => rows.row(row),
    onDone: () => runtime.stop("done"),
    onListening: (isListening) => {
      idle.isListening = isListening;
    },
  });
  const watch = watchStream(runtime, text, (stream, isSearched) => {
    if ((stream.meta !== null || isSearched) && !meter.isRunning) begin(meter, stream);
  });
  const code = await runtime.run(watch, meter);
  if (meter.total.count > 0) {
    if (output.format !== "table") rows.row(meter.totalRow());
    else {
      output.line("");
      for (const line of histogramLines(meter.total, output)) output.line(line);
    }
  }
  const problem = problemOf(meter, text, runtime.wasStopped);
  if (problem !== null) throw problem;
  return code;
});

function begin(meter: DelayMeter, stream: KnownStream): void {
  const { clock, meaning } = timestampsOf(stream.meta?.attributes ?? []);
  if (stream.meta === null) log.warn(`stream ${stream.streamId}: no metadata came: its clock is taken for monotonic`);
  const what = meaning === "publish" ? "the producer's claim of the slot" : `"${meaning}"`;
  log.info(
    `stream ${stream.streamId}: from ${what} (timestampNs, CLOCK_${clock.toUpperCase()}) to the arrival of the descriptor here`,
  );
  meter.begin(stream.streamId, clock);
}

/** The reason that the measurement is unusable; null if it is usable. */
function problemOf(meter: DelayMeter, text: string, isInterrupted: boolean): Error | null {
  if (meter.ahead > 0) {
    return new ClockError(
      "other-clock",
      `${formatCount(meter.ahead)} timestamps of stream ${text} lie ahead of this host's clock: they are of another clock or host, and say nothing about the delay`,
    );
  }
  if (meter.total.count > 0 || isInterrupted) return null;
  const found =
    meter.unstamped > 0 ? `${formatCount(meter.unstamped)} descriptors without a timestamp` : "no descriptor";
  return new NotFoundError(
    `stream ${text}: nothing was measured: ${found} came; does it publish, and does its producer stamp frames?`,
    { found },
  );
}
