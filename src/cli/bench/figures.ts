import { printError } from "../output/console.ts";
import type { Column } from "../output/output.ts";

/** One figure of a table. */
export interface Figure {
  readonly section: string;
  readonly name: string;
  readonly value: number;
  /** Unit of `value`, e.g. "frames/s". */
  readonly unit: string;
  /** Smallest and largest value, if there were several repetitions. */
  readonly range?: readonly [number, number];
  /** Ratio to a reference measured in the same run. */
  readonly ratio?: { readonly value: number; readonly to: string };
  /** The expected result, and whether it was met. */
  readonly target?: { readonly text: string; readonly met: boolean };
}

/** The result of a section: JSON for programs, figures for people. */
export interface SectionResult {
  readonly json: Readonly<Record<string, unknown>>;
  readonly figures: readonly Figure[];
}

export const FIGURE_COLUMNS: readonly Column<Figure>[] = [
  { header: "", cell: ({ section }) => section, align: "left" },
  { header: "what", cell: ({ name }) => name, align: "left" },
  { header: "median", cell: ({ value }) => readable(value), align: "right" },
  { header: "from..to", cell: (figure) => figure.range?.map(readable).join("..") ?? "", align: "right" },
  { header: "unit", cell: ({ unit }) => unit, align: "left" },
  { header: "ratio", cell: ({ ratio }) => (ratio === undefined ? "" : readable(ratio.value)), align: "right" },
  { header: "to", cell: ({ ratio }) => ratio?.to ?? "", align: "left" },
  { header: "target", cell: ({ target }) => target?.text ?? "", align: "left" },
  { header: "", cell: ({ target }) => (target === undefined ? "" : target.met ? "met" : "MISSED"), align: "left" },
];

/** Progress goes to standard error, so that standard output holds only the result. */
export function say(text: string): void {
  printError(text);
}

function readable(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 10_000) return `${(value / 1e3).toFixed(0)} k`;
  if (value >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 3);
}
