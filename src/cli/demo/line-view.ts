import { formatCount } from "../../core/units.ts";
import type { Column, Output, RowStream } from "../output/output.ts";
import { acceptedText, byteRateText, latencyText, lossesText, publishedText, rateText } from "./numbers.ts";
import type { Reading } from "./scoreboard.ts";
import type { DemoState, DemoView } from "./view.ts";

interface LineRow {
  readonly seconds: number;
  readonly reading: Reading;
}

const COLUMNS: readonly Column<LineRow>[] = [
  // Wide enough from the start for later values.
  { header: "time", minWidth: 5, align: "right", cell: ({ seconds }) => `${seconds} s` },
  { header: "role", minWidth: 13, cell: ({ reading }) => reading.name },
  { header: "frames/s", minWidth: 8, align: "right", cell: ({ reading }) => rateText(reading.framesPerSecond) },
  { header: "bytes/s", minWidth: 9, align: "right", cell: ({ reading }) => byteRateText(reading.bytesPerSecond) },
  { header: "published", minWidth: 9, align: "right", cell: ({ reading }) => publishedText(reading) },
  { header: "accepted", minWidth: 8, align: "right", cell: ({ reading }) => acceptedText(reading) },
  { header: "lost", minWidth: 7, align: "right", cell: ({ reading }) => formatCount(reading.lost) },
  { header: "latency", minWidth: 8, align: "right", cell: ({ reading }) => latencyText(reading) },
  { header: "lost by cause", align: "left", cell: ({ reading }) => lossesText(reading, ", ") },
];

/** Prints a line for each role once a second, for pipes and logs. */
export class LineView implements DemoView {
  readonly #rows: RowStream<LineRow>;
  #second = 0;

  constructor(output: Output) {
    this.#rows = output.stream(COLUMNS);
  }

  show({ phase, readings, elapsedSeconds }: DemoState): void {
    const second = Math.floor(elapsedSeconds);
    if (phase !== "running" || second <= this.#second) return;
    this.#second = second;
    for (const reading of readings) this.#rows.row({ seconds: second, reading });
  }

  close(): void {
    this.#second = Number.POSITIVE_INFINITY;
  }
}
