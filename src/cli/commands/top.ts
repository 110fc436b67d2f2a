import { isatty } from "node:tty";
import { UsageError } from "../../core/errors.ts";
import { StreamWriter } from "../../core/stream-writer.ts";
import type { CommandContext } from "../command.ts";
import { DeadlineAgent } from "../deadline-agent.ts";
import { ExitCode } from "../exit.ts";
import type { OptionValues } from "../option-spec.ts";
import { Output, parseOutputFormat } from "../output.ts";
import { type Observing, observe } from "../supervision/observing.ts";
import { PlainTop } from "../top/plain.ts";
import { Screen } from "../top/screen.ts";
import { TopAgent } from "../top/top-agent.ts";
import { topLines } from "../top/top-lines.ts";
import { TOP_ORDERS, type TopOrder, type TopReading, TopState } from "../top/top-state.ts";

const DEFAULT_INTERVAL_NS = 1e9;
/** Two reports of everybody, which come once a second: before that there are no rates. */
const FIRST_READING_NS = 2.5e9;

/** `top`: streams and consumers with their rates and losses, again and again. */
export async function run(context: CommandContext): Promise<number> {
  const { options } = context;
  const format = parseOutputFormat(options.text("output") ?? "table");
  const isOnce = options.flag("once") === true;
  const count = isOnce ? 1 : (options.integer("count", 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY);
  const state = new TopState();
  state.order = orderOf(options);
  const intervalNs = intervalOf(options);
  const isFullScreen = format === "table" && !isOnce && !options.has("count") && isatty(0) && isatty(1);
  const observing = observe(context, "tensorpool top");
  using _ = observing.runtime;
  const secondsNs = options.seconds("seconds");
  const { scheduler } = observing.runtime;
  if (secondsNs !== undefined) {
    scheduler.add(new DeadlineAgent(secondsNs, () => scheduler.stop("--seconds are over")));
  }
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
    readonly format: ReturnType<typeof parseOutputFormat>;
    readonly count: number;
    readonly intervalNs: number;
  },
): Promise<void> {
  const { scheduler, aeronDir } = runtime;
  const output = new Output({ format: options.format, onClosed: () => scheduler.stop("nobody reads any more") });
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

/** @throws UsageError */
function orderOf(options: OptionValues): TopOrder {
  return options.choice("sort", Object.values(TOP_ORDERS), "id");
}

/** @throws UsageError */
function intervalOf(options: OptionValues): number {
  const intervalNs = options.seconds("interval") ?? DEFAULT_INTERVAL_NS;
  if (intervalNs >= 100e6) return intervalNs;
  throw new UsageError(`${options.nameOf("interval")}: expected 100ms or more, found "${options.text("interval")}"`);
}
