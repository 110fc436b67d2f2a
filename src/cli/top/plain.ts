import type { Output, RowStream } from "../output/output.ts";
import { renderTable } from "../output/table.ts";
import { CONSUMER_COLUMNS, STREAM_COLUMNS } from "./top-columns.ts";
import type { TopReading, TopState } from "./top-state.ts";

/** Prints one reading after the other: two tables each as text, one object each as JSON. */
export class PlainTop {
  readonly #output: Output;
  readonly #state: TopState;
  readonly #rows: RowStream<TopReading>;
  #shown = 0;

  constructor(output: Output, state: TopState) {
    this.#output = output;
    this.#state = state;
    this.#rows = output.stream<TopReading>([], ({ timeMs, streams, consumers }) => ({
      time: new Date(timeMs).toISOString(),
      streams,
      consumers,
    }));
  }

  show(reading: TopReading): void {
    if (this.#output.format !== "table") {
      this.#rows.row(reading);
      return;
    }
    if (!this.#output.hasRoom) return;
    if (this.#shown++ > 0) this.#output.line("");
    const state = this.#state;
    for (const line of renderTable(STREAM_COLUMNS, state.streamsOf(reading), this.#output)) this.#output.line(line);
    this.#output.line("");
    for (const line of renderTable(CONSUMER_COLUMNS, state.consumersOf(reading), this.#output)) this.#output.line(line);
  }
}
