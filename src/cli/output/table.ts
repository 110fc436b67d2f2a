import type { Palette } from "../../core/colours.ts";
import { printable } from "../../core/text.ts";

export type Cell = string | number | bigint | boolean | null | undefined;

export interface Column<Row> {
  readonly header: string;
  /** The cell's content; null and undefined are shown as "-". Numbers are shown unformatted: format them before. */
  cell(row: Row): Cell;
  /** Omitted: right if the cells are numbers, else left. Right-aligned cells are never shortened. */
  readonly align?: "left" | "right";
  /** Colours the text after padding. */
  paint?(text: string, row: Row, palette: Palette): string;
  /** Minimum width, which keeps streamed rows aligned. */
  readonly minWidth?: number;
}

export interface TableOptions {
  readonly palette: Palette;
  /** Maximum line width in terminal columns. Omitted: no limit. */
  readonly width?: number | undefined;
}

const GAP = "  ";
const NARROWEST = 4;

/** Renders a table with its header as lines. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions,
): readonly string[] {
  const layout = new TableLayout(columns, options);
  layout.fit(rows);
  return [layout.headerLine(), ...rows.map((row) => layout.rowLine(row))];
}

/** Column widths of a table whose rows arrive all at once or one at a time. */
export class TableLayout<Row> {
  readonly #columns: readonly Column<Row>[];
  readonly #options: TableOptions;
  readonly #widths: number[];
  readonly #isRight: boolean[];

  constructor(columns: readonly Column<Row>[], options: TableOptions) {
    this.#columns = columns;
    this.#options = options;
    this.#widths = columns.map((column) => Math.max(column.minWidth ?? 0, Bun.stringWidth(column.header)));
    this.#isRight = columns.map((column) => column.align === "right");
  }

  /** Widens the columns for these rows, then narrows the widest left-aligned ones until a line fits. */
  fit(rows: readonly Row[]): void {
    for (const [i, column] of this.#columns.entries()) {
      const cells = rows.map((row) => column.cell(row));
      if (column.align === undefined) this.#isRight[i] = this.#isRight[i] || areNumbers(cells);
      const widest = Math.max(0, ...cells.map((cell) => Bun.stringWidth(textOf(cell))));
      this.#widths[i] = Math.max(this.#widths[i] as number, widest);
    }
    const { width } = this.#options;
    if (width === undefined) return;
    while (this.#totalWidth() > width) {
      const widest = this.#widestShrinkable();
      if (widest < 0) return;
      this.#widths[widest] = (this.#widths[widest] as number) - 1;
    }
  }

  headerLine(): string {
    const { palette } = this.#options;
    return this.#join(this.#columns.map((column, i) => palette.bold(this.#pad(column.header, i))));
  }

  rowLine(row: Row): string {
    const { palette } = this.#options;
    const cells = this.#columns.map((column, i) => {
      const padded = this.#pad(textOf(column.cell(row)), i);
      return column.paint === undefined ? padded : column.paint(padded, row, palette);
    });
    return this.#join(cells);
  }

  #join(cells: readonly string[]): string {
    const line = cells.join(GAP).trimEnd();
    const { width } = this.#options;
    if (width === undefined || Bun.stringWidth(line) <= width) return line;
    // Too many columns to fit even when narrowed: colours are removed, so that the cut cannot leave one switched on.
    return truncate(Bun.stripANSI(line), width);
  }

  #pad(text: string, index: number): string {
    const width = this.#widths[index] as number;
    if (this.#isRight[index]) return " ".repeat(Math.max(0, width - Bun.stringWidth(text))) + text;
    const fitted = truncate(text, width);
    return fitted + " ".repeat(Math.max(0, width - Bun.stringWidth(fitted)));
  }

  #totalWidth(): number {
    return this.#widths.reduce((sum, width) => sum + width, 0) + GAP.length * (this.#widths.length - 1);
  }

  #widestShrinkable(): number {
    let widest = -1;
    for (const [i, width] of this.#widths.entries()) {
      if (this.#isRight[i] || width <= NARROWEST) continue;
      if (widest < 0 || width > (this.#widths[widest] as number)) widest = i;
    }
    return widest;
  }
}

/** Truncates text to a width in terminal columns; the last column shows an ellipsis. */
export function truncate(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  if (width <= 0) return "";
  let kept = "";
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += Bun.stringWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

function textOf(cell: Cell): string {
  if (cell === null || cell === undefined) return "-";
  return typeof cell === "string" ? printable(cell) : String(cell);
}

function areNumbers(cells: readonly Cell[]): boolean {
  const present = cells.filter((cell) => cell !== null && cell !== undefined);
  return present.length > 0 && present.every((cell) => typeof cell === "number" || typeof cell === "bigint");
}
