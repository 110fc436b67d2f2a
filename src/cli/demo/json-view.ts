import type { Output, RowStream } from "../output/output.ts";
import type { DemoOutcome } from "./demo.ts";
import type { Reading } from "./scoreboard.ts";
import type { DemoState, DemoView } from "./view.ts";

/** For programs: a sample of each role once a second, and a summary as the last element. */
export class JsonView implements DemoView {
  readonly #rows: RowStream<object>;
  #second = 0;

  constructor(output: Output) {
    this.#rows = output.stream<object>([]);
  }

  show({ phase, readings, elapsedSeconds, processes }: DemoState): void {
    const second = Math.floor(elapsedSeconds);
    if (phase !== "running" || second <= this.#second) return;
    this.#second = second;
    for (const reading of readings) {
      const pid = processes.find(({ name }) => name === reading.name)?.pid;
      this.#rows.row({ type: "sample", seconds: second, pid, ...numbersOf(reading) });
    }
  }

  /** Writes the summary of the run as the last element. */
  summary({ ending, elapsedSeconds, totals }: DemoOutcome): void {
    this.#rows.row({
      type: "summary",
      ending,
      seconds: elapsedSeconds,
      producer: numbersOf(totals.producer),
      fastConsumer: numbersOf(totals.fast),
      slowConsumer: numbersOf(totals.slow),
    });
  }

  close(): void {
    this.#rows.end();
  }
}

function numbersOf(reading: Reading): object {
  const { kind, name, frames, bytes, claimed, lost, losses, framesPerSecond, bytesPerSecond, latencyNs } = reading;
  return {
    role: name.replace(" ", "-"),
    framesPerSecond,
    bytesPerSecond,
    ...(kind === "producer" ? { claimed, published: frames } : { accepted: frames }),
    bytes,
    lost,
    lostByCause: Object.fromEntries(losses.map(({ cause, frames: count }) => [cause, count])),
    ...(kind === "producer" ? {} : { latencyNs }),
  };
}
