import { isatty } from "node:tty";
import { OptionError } from "../../core/errors.ts";
import { StreamWriter } from "../../core/stream-writer.ts";
import { formatDurationExact } from "../../core/units.ts";
import type { Output } from "../output/output.ts";
import type { TopValues } from "../specs/supervision.ts";
import { type Observing, observe } from "../supervision/observing.ts";
import { tool } from "../tool/tool.ts";
import { PlainTop } from "../top/plain.ts";
import { Screen } from "../top/screen.ts";
import { TopAgent } from "../top/top-agent.ts";
import { topLines } from "../top/top-lines.ts";
import { type TopReading, TopState } from "../top/top-state.ts";

const MIN_INTERVAL_NS = 100e6;
/** Roles report once a second, and a rate needs two reports. */
const FIRST_READING_NS = 2.5e9;

/** `top`: shows streams and consumers with their rates and losses, and refreshes them. */
export const run = tool<TopValues>(async (context) => {
  const { values, output } = context;
  const { once: isOnce, interval: intervalNs } = values;
  if (intervalNs < MIN_INTERVAL_NS) {
    throw new OptionError("interval", `expected 100ms or more, found ${formatDurationExact(intervalNs)}`);
  }
  const count = isOnce ? 1 : (values.count ?? Number.POSITIVE_INFINITY);
  const state = new TopState();
  state.order = values.sort;
  const isFullScreen = output.format === "table" && !isOnce && !values.count !== undefined && isatty(0) && isatty(1);
  const observing = observe(context, "top");
  using _ = observing.runtime;
  if (isFullScreen) return await runFullScreen(observing, state, { output, intervalNs });
  return await runPlain(observing, state, { output, count, intervalNs });
});

async function runFullScreen(
  { runtime, observer }: Observing,
  state: TopState,
  { output: { palette }, intervalNs: periodNs }: { readonly output: Output; readonly intervalNs: number },
): Promise<number> {
  const { aeronDir } = runtime;
  const writer = new StreamWriter(1, { onClosed: () => runtime.stop("the terminal is gone") });
  let shown: TopReading | null = null;
  const draw = (): void => {
    if (shown !== null) screen.draw(topLines(shown, state, { palette, ...screen.size }));
  };
  const screen: Screen = new Screen(writer, {
    onKey: (key) => {
      const outcome = state.onKey(key);
      if (outcome === "quit") runtime.stop("q");
      else if (outcome) draw();
    },
    onRedraw: () => draw(),
  });
  const onReading = (reading: TopReading): void => {
    if (state.isPaused && shown !== null) return;
    shown = reading;
    draw();
  };
  try {
    return await runtime.run(new TopAgent(observer, { aeronDir, periodNs, immediate: true, onReading }));
  } finally {
    screen.close();
    await writer.flush();
  }
}

async function runPlain(
  { runtime, observer }: Observing,
  state: TopState,
  options: {
    readonly output: Output;
    readonly count: number;
    readonly intervalNs: number;
  },
): Promise<number> {
  const { aeronDir } = runtime;
  const plain = new PlainTop(options.output, state);
  let shown = 0;
  const onReading = (reading: TopReading): void => {
    if (shown >= options.count) return;
    plain.show(reading);
    if (++shown >= options.count) runtime.stop("all are shown");
  };
  const periodNs = options.count === 1 ? Math.max(FIRST_READING_NS, options.intervalNs) : options.intervalNs;
  return await runtime.run(new TopAgent(observer, { aeronDir, periodNs, immediate: false, onReading }));
}
