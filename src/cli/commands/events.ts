import { OptionError } from "../../core/errors.ts";
import type { EventView } from "../../supervision/model/index.ts";
import { printError } from "../output/console.ts";
import type { RowStream } from "../output/output.ts";
import type { EventsValues } from "../specs/supervision.ts";
import { EventReporter } from "../supervision/event-reporter.ts";
import { EVENT_COLUMNS } from "../supervision/event-rows.ts";
import { followEvents } from "../supervision/follow-events.ts";
import { observe } from "../supervision/observing.ts";
import { type ToolContext, tool } from "../tool/tool.ts";

/** `events`: prints a line per event, detected by this process or reported by a supervisor. */
export const run = tool<EventsValues>(async (context) => {
  const { values, output } = context;
  const { from } = values;
  const wanted = wantedOf(values);
  const count = values.count ?? Number.POSITIVE_INFINITY;
  if (from === undefined && values.watch) {
    throw new OptionError("watch", "expected --from URL with it: without one, events are followed anyway");
  }
  let stop: (reason: string) => void = () => {};
  const printer = new Printer(output.stream(EVENT_COLUMNS), wanted, count, () => stop("--count is reached"));
  const onStop = (stopNow: (reason: string) => void): void => {
    stop = stopNow;
  };
  if (from === undefined) return observeEvents(context, printer, onStop);
  output.whenClosed(() => stop("standard output is closed"));
  return followEvents(from, {
    isFollowed: values.watch,
    secondsNs: values.seconds ?? null,
    tell: (event) => printer.tell(event),
    onStop,
  });
});

async function observeEvents(
  context: ToolContext<EventsValues>,
  printer: Printer,
  onStop: (stop: (reason: string) => void) => void,
): Promise<number> {
  const { runtime, observer } = observe(context, "events");
  using _ = runtime;
  onStop((reason) => runtime.stop(reason));
  const reporter = new EventReporter(observer.model, (event) => printer.tell(event));
  const code = await runtime.run(reporter);
  if (reporter.missed > 0) printError(`${reporter.missed} events were missed: too many came at once`);
  return code;
}

/** Prints matching events, up to the requested count. */
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
}

/** Returns the filter of --kind and --stream. */
function wantedOf({ kind: kinds, stream }: EventsValues): (event: EventView) => boolean {
  return (event) =>
    (kinds === undefined || (kinds as readonly string[]).includes(event.kind)) &&
    (stream === undefined || event.streamId === stream);
}
