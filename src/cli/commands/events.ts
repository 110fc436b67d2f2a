import { UsageError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { MAX_ID } from "../../protocol/ids.ts";
import { EVENT_KINDS, type EventView } from "../../protocol/supervision/index.ts";
import type { CommandContext } from "../command.ts";
import { printError } from "../console.ts";
import { DeadlineAgent } from "../deadline-agent.ts";
import { ExitCode } from "../exit.ts";
import type { OptionValues } from "../option-spec.ts";
import { Output, parseOutputFormat, type RowStream } from "../output.ts";
import { EventReporter } from "../supervision/event-reporter.ts";
import { EVENT_COLUMNS } from "../supervision/event-rows.ts";
import { followEvents } from "../supervision/follow-events.ts";
import { observe } from "../supervision/observing.ts";

/** `events`: what happens, a line each; seen by itself, or told by a supervisor. */
export async function run(context: CommandContext): Promise<number> {
  const { options } = context;
  const wanted = wantedOf(options);
  const count = options.integer("count", 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY;
  const secondsNs = options.seconds("seconds");
  const format = parseOutputFormat(options.text("output") ?? "table");
  const from = options.text("from");
  if (from === undefined && options.flag("watch") === true) {
    throw new UsageError("--watch: expected --from URL with it: without one, events are followed anyway");
  }
  let stop: (reason: string) => void = () => {};
  const output = new Output({ format, onClosed: () => stop("nobody reads any more") });
  const printer = new Printer(output.stream(EVENT_COLUMNS), wanted, count, () => stop("--count is reached"));
  const onStop = (stopNow: (reason: string) => void): void => {
    stop = stopNow;
  };
  const exitCode =
    from === undefined
      ? await observeEvents(context, secondsNs, printer, onStop)
      : await followEvents(from, {
          isFollowed: options.flag("watch") === true,
          secondsNs: secondsNs ?? null,
          tell: (event) => printer.tell(event),
          onStop,
        });
  printer.end();
  await output.flush();
  return exitCode;
}

async function observeEvents(
  context: CommandContext,
  secondsNs: number | undefined,
  printer: Printer,
  onStop: (stop: (reason: string) => void) => void,
): Promise<number> {
  const { runtime, observer } = observe(context, "tensorpool events");
  using _ = runtime;
  const { scheduler } = runtime;
  onStop((reason) => scheduler.stop(reason));
  const reporter = new EventReporter(observer.model, (event) => printer.tell(event));
  scheduler.add(reporter, { vital: true });
  if (secondsNs !== undefined) {
    scheduler.add(new DeadlineAgent(secondsNs, () => scheduler.stop("--seconds are over")));
  }
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

/** By --kind and --stream. @throws UsageError */
function wantedOf(options: OptionValues): (event: EventView) => boolean {
  const kinds = options.list("kind") ?? null;
  const known: readonly string[] = EVENT_KINDS;
  for (const kind of kinds ?? []) {
    if (known.includes(kind)) continue;
    const expected = known.join(", ");
    throw new UsageError(
      `${options.nameOf("kind")}: expected some of ${expected}, found "${kind}"${suggestion(kind, known)}`,
      {
        expected,
        found: kind,
      },
    );
  }
  const streamId = options.integer("stream", 1, MAX_ID) ?? null;
  return (event) =>
    (kinds === null || kinds.includes(event.kind)) && (streamId === null || event.streamId === streamId);
}
