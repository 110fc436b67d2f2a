import { OptionError } from "../../core/errors.ts";
import type { EventView } from "../../protocol/supervision/index.ts";
import type { CommandContext } from "../command.ts";
import { printError } from "../console.ts";
import { ExitCode } from "../exit.ts";
import { Output, type RowStream } from "../output.ts";
import { EventReporter } from "../supervision/event-reporter.ts";
import { EVENT_COLUMNS } from "../supervision/event-rows.ts";
import { followEvents } from "../supervision/follow-events.ts";
import { observe } from "../supervision/observing.ts";
import type { EventsValues } from "../supervision-commands.ts";

/** `events`: what happens, a line each; seen by itself, or told by a supervisor. */
export async function run(context: CommandContext<EventsValues>): Promise<number> {
  const { values } = context;
  const { from } = values;
  const wanted = wantedOf(values);
  const count = values.count ?? Number.POSITIVE_INFINITY;
  if (from === undefined && values.watch) {
    throw new OptionError("watch", "expected --from URL with it: without one, events are followed anyway");
  }
  let stop: (reason: string) => void = () => {};
  const output = new Output({ format: values.output, onClosed: () => stop("standard output is closed") });
  const printer = new Printer(output.stream(EVENT_COLUMNS), wanted, count, () => stop("--count is reached"));
  const onStop = (stopNow: (reason: string) => void): void => {
    stop = stopNow;
  };
  const exitCode =
    from === undefined
      ? await observeEvents(context, printer, onStop)
      : await followEvents(from, {
          isFollowed: values.watch,
          secondsNs: values.seconds ?? null,
          tell: (event) => printer.tell(event),
          onStop,
        });
  printer.end();
  await output.flush();
  return exitCode;
}

async function observeEvents(
  context: CommandContext<EventsValues>,
  printer: Printer,
  onStop: (stop: (reason: string) => void) => void,
): Promise<number> {
  const { runtime, observer } = observe(context, "tensorpool events");
  using _ = runtime;
  const { scheduler } = runtime;
  onStop((reason) => scheduler.stop(reason));
  const reporter = new EventReporter(observer.model, (event) => printer.tell(event));
  scheduler.add(reporter, { vital: true });
  runtime.endAfter(context.values.seconds);
  await scheduler.run();
  if (reporter.missed > 0) printError(`${reporter.missed} events were missed: too many came at once`);
  return runtime.signals.exitCode(ExitCode.DONE);
}

/** Prints the events that are wanted, and no more of them than that. */
class Printer {
  readonly #rows: RowStream<EventView>;
  readonly #isWanted: (event: EventView) => boolean;
  readonly #count: number;
  readonly #onCount: () => void;
  #printed = 0;

  constructor(rows: RowStream<EventView>, isWanted: (event: EventView) => boolean, count: number, onCount: () => void) {
    this.#rows = rows;
    this.#isWanted = isWanted;
    this.#count = count;
    this.#onCount = onCount;
  }

  tell(event: EventView): void {
    if (this.#printed >= this.#count || !this.#isWanted(event)) return;
    this.#rows.row(event);
    if (++this.#printed >= this.#count) this.#onCount();
  }

  end(): void {
    this.#rows.end();
  }
}

/** By --kind and --stream. */
function wantedOf({ kind: kinds, stream }: EventsValues): (event: EventView) => boolean {
  return (event) =>
    (kinds === undefined || (kinds as readonly string[]).includes(event.kind)) &&
    (stream === undefined || event.streamId === stream);
}
