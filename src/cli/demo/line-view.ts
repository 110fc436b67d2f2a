import { formatByteRate, formatCount, formatDuration, formatRate } from "../../core/units.ts";
import type { Column, Output, RowStream } from "../output.ts";
import type { RoleScore } from "./scoreboard.ts";
import type { DemoState, DemoView } from "./view.ts";

interface LineRow {
  readonly seconds: number;
  readonly score: RoleScore;
}

const COLUMNS: readonly Column<LineRow>[] = [
  { header: "time", minWidth: 5, align: "right", cell: ({ seconds }) => `${seconds} s` },
  { header: "role", minWidth: 13, cell: ({ score }) => score.name },
  { header: "frames/s", minWidth: 8, align: "right", cell: ({ score }) => formatRate(score.framesPerSecond) },
  { header: "bytes/s", minWidth: 9, align: "right", cell: ({ score }) => formatByteRate(score.bytesPerSecond) },
  {
    header: "published",
    minWidth: 9,
    align: "right",
    cell: ({ score }) => (score.kind === "producer" ? formatCount(score.frames) : ""),
  },
  {
    header: "accepted",
    minWidth: 8,
    align: "right",
    cell: ({ score }) => (score.kind === "consumer" ? formatCount(score.frames) : ""),
  },
  { header: "lost", minWidth: 7, align: "right", cell: ({ score }) => formatCount(score.lost) },
  {
    header: "latency",
    minWidth: 8,
    align: "right",
    cell: ({ score: { kind, latencyNs } }) => {
      if (kind === "producer") return "";
      return latencyNs === null ? "-" : formatDuration(latencyNs);
    },
  },
  {
    header: "lost by cause",
    align: "left",
    cell: ({ score }) => score.losses.map(({ cause, frames }) => `${cause} ${formatCount(frames)}`).join(", "),
  },
];

/** A line for each role once a second: for pipes and logs. */
export class LineView implements DemoView {
  readonly #rows: RowStream<LineRow>;
  #second = 0;

  constructor(output: Output) {
    this.#rows = output.stream(COLUMNS);
  }

  show({ phase, scores, elapsedSeconds }: DemoState): void {
    const second = Math.floor(elapsedSeconds);
    if (phase !== "running" || second <= this.#second) return;
    this.#second = second;
    for (const score of scores.roles) this.#rows.row({ seconds: second, score });
  }

  close(): void {
    this.#second = Number.POSITIVE_INFINITY;
  }
}
