import { isatty } from "node:tty";
import { OptionError } from "../../core/errors.ts";
import { StreamWriter } from "../../core/stream-writer.ts";
import { formatDurationExact } from "../../core/units.ts";
import type { CommandContext } from "../command.ts";
import { ExitCode } from "../exit.ts";
import { Output, type OutputFormat } from "../output.ts";
import { type Observing, observe } from "../supervision/observing.ts";
import type { TopValues } from "../supervision-commands.ts";
import { PlainTop } from "../top/plain.ts";
import { Screen } from "../top/screen.ts";
import { TopAgent } from "../top/top-agent.ts";
import { topLines } from "../top/top-lines.ts";
import { type TopReading, TopState } from "../top/top-state.ts";

const MIN_INTERVAL_NS = 100e6;
/** Two reports of everybody, which come once a second: before that there are no rates. */
const FIRST_READING_NS = 2.5e9;

/** `top`: streams and consumers with their rates and losses, again and again. */
export async function run(context: CommandContext<TopValues>): Promise<number> {
  const { values } = context;
  const { output: format, once: isOnce, interval: intervalNs } = values;
  if (intervalNs < MIN_INTERVAL_NS) {
    throw new OptionError("interval", `expected 100ms or more, found ${formatDurationExact(intervalNs)}`);
  }
  const count = isOnce ? 1 : (values.count ?? Number.POSITIVE_INFINITY);
  const state = new TopState();
  state.order = values.sort;
  const isFullScreen = format === "table" && !isOnce && !values.count !== undefined && isatty(0) && isatty(1);
  const observing = observe(context, "tensorpool top");
  using _ = observing.runtime;
  observing.runtime.endAfter(values.seconds);
  if (isFullScreen) await runFullScreen(observing, state, intervalNs);
  else await runPlain(observing, state, { format, count, intervalNs });
  return observing.runtime.signals.exitCode(ExitCode.DONE);
}

async function runFullScreen({ runtime, observer }: Observing, state: TopState, periodNs: number): Promise<void> {
  const { scheduler, aeronDir } = runtime;
  const { palette } = new Output({ format: "table" });
  const writer = new StreamWriter(1, { onClosed: () => scheduler.stop("the terminal is gone") });
  let shown: TopReading | null = null;
  const draw = (): void => {
    if (shown !== null) screen.draw(topLines(shown, state, { palette, ...screen.size }));
  };
  const screen: Screen = new Screen(writer, {
    onKey: (key) => {
      const outcome = state.onKey(key);
      if (outcome === "quit") scheduler.stop("q");
      else if (outcome) draw();
    },
    onRedraw: () => draw(),
  });
  const onReading = (reading: TopReading): void => {
    if (state.isPaused && shown !== null) return;
    shown = reading;
    draw();
  };
  scheduler.add(new TopAgent(observer, { aeronDir, periodNs, immediate: true, onReading }), { vital: true });
  try {
    await scheduler.run();
  } finally {
    screen.close();
    await writer.flush();
  }
}

async function runPlain(
  { runtime, observer }: Observing,
  state: TopState,
  options: {
    readonly format: OutputFormat;
    readonly count: number;
    readonly intervalNs: number;
  },
): Promise<void> {
  const { scheduler, aeronDir } = runtime;
  const output = runtime.output(options.format);
  const plain = new PlainTop(output, state);
  let shown = 0;
  const onReading = (reading: TopReading): void => {
    if (shown >= options.count) return;
    plain.show(reading);
    if (++shown >= options.count) scheduler.stop("all are shown");
  };
  const periodNs = options.count === 1 ? Math.max(FIRST_READING_NS, options.intervalNs) : options.intervalNs;
  scheduler.add(new TopAgent(observer, { aeronDir, periodNs, immediate: false, onReading }), { vital: true });
  await scheduler.run();
  plain.end();
  await output.flush();
}
