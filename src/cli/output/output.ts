import { isatty } from "node:tty";
import { allowsColour, type Palette, paletteOf } from "../../core/colours.ts";
import { StreamWriter } from "../../core/stream-writer.ts";
import { toJson } from "../../core/text.ts";
import type { OUTPUT_FORMATS } from "../specs/common-options.ts";
import { OutputError } from "./output-error.ts";
import { type Column, renderTable, TableLayout } from "./table.ts";

export type { Cell, Column } from "./table.ts";

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Destination of finished text; replaced in tests. `StreamWriter` implements it. */
export interface TextWriter {
  readonly isClosed: boolean;
  readonly error: Error | null;
  readonly queuedBytes: number;
  write(text: string): boolean;
  flush(): Promise<void>;
}

export interface OutputOptions {
  format: OutputFormat;
  /** Omitted: standard output. */
  writer?: TextWriter;
  /** Omitted: on a terminal, unless NO_COLOR is set. */
  coloured?: boolean;
  /** Maximum columns of a table; omitted: those of the terminal, or no limit elsewhere. */
  width?: number;
}

const STDOUT = 1;
/** Queue size at which a stream drops (and counts) its rows because the reader is slow. */
const MAX_WAITING_BYTES = 1_048_576;

/**
 * Writes the results of a command to standard output in the user's format. Writing never blocks and never throws because
 * a reader is slow or gone; `flush` waits for a slow reader.
 */
export class Output {
  readonly format: OutputFormat;
  readonly palette: Palette;
  readonly width: number | undefined;
  readonly #writer: TextWriter;
  readonly #streams: { end(): void }[] = [];
  #onClosed: (() => void) | null = null;

  constructor(options: OutputOptions) {
    const isTerminal = isatty(STDOUT);
    this.format = options.format;
    this.palette = paletteOf(options.coloured ?? allowsColour({ isTTY: isTerminal }));
    this.width = options.width ?? (isTerminal ? process.stdout.columns : undefined);
    // A slow reader never truncates a result: only streams drop rows, see RowStream.
    const unlimited = { maxQueuedBytes: Number.POSITIVE_INFINITY };
    this.#writer = options.writer ?? new StreamWriter(STDOUT, { ...unlimited, onClosed: () => this.#onClosed?.() });
  }

  /** Sets the callback that ends the command in order, silently and with 0, when the reader of standard output is gone. */
  whenClosed(onClosed: () => void): void {
    this.#onClosed = onClosed;
    if (this.isClosed) onClosed();
  }

  /** True once the reader is gone. */
  get isClosed(): boolean {
    return this.#writer.isClosed;
  }

  /** False while a slow reader is far behind. */
  get hasRoom(): boolean {
    return this.#writer.queuedBytes < MAX_WAITING_BYTES;
  }

  /** All rows of a result: a table, one JSON array, or one JSON object per line (`json` maps a row; omitted: the row itself). */
  rows<Row>(columns: readonly Column<Row>[], rows: readonly Row[], json: (row: Row) => unknown = (row) => row): void {
    switch (this.format) {
      case "table":
        for (const line of renderTable(columns, rows, this)) this.line(line);
        break;
      case "json":
        this.line(toJson(rows.map(json), 2));
        break;
      case "jsonl":
        for (const row of rows) this.line(toJson(json(row)));
        break;
    }
  }

  /** One result: `key  value` lines as text, or one JSON object. */
  record(json: unknown, pairs: readonly (readonly [key: string, value: string | number | bigint])[]): void {
    if (this.format !== "table") {
      this.line(toJson(json, this.format === "json" ? 2 : undefined));
      return;
    }
    const columns: readonly Column<(typeof pairs)[number]>[] = [
      { header: "", cell: ([key]) => key, align: "right", paint: (text, _pair, palette) => palette.dim(text) },
      { header: "", cell: ([, value]) => value, align: "left" },
    ];
    for (const line of renderTable(columns, pairs, this).slice(1)) this.line(line);
  }

  /** Rows that arrive one at a time, e.g. one per second. `finish`, or the stream's own `end`, completes the JSON. */
  stream<Row>(columns: readonly Column<Row>[], json: (row: Row) => unknown = (row) => row): RowStream<Row> {
    const stream = new RowStream(this, columns, json);
    this.#streams.push(stream);
    return stream;
  }

  /** Writes one line of text unchanged. */
  line(text: string): void {
    this.#writer.write(`${text}\n`);
  }

  /** Ends all row streams and then flushes, like `flush`. */
  async finish(): Promise<void> {
    for (const stream of this.#streams) stream.end();
    await this.flush();
  }

  /** Resolves when everything was written or the reader is gone. @throws OutputError if it could not be written */
  async flush(): Promise<void> {
    await this.#writer.flush();
    const { error } = this.#writer;
    if (error !== null) throw new OutputError(error);
  }
}

/**
 * Rows of one result as they arrive: table lines below one header, elements of one JSON array, or JSON lines. Rows are dropped and
 * counted if a slow reader leaves no room for them.
 */
export class RowStream<Row> {
  readonly #output: Output;
  readonly #layout: TableLayout<Row>;
  readonly #json: (row: Row) => unknown;
  #rows = 0;
  #dropped = 0;
  #isEnded = false;

  constructor(output: Output, columns: readonly Column<Row>[], json: (row: Row) => unknown) {
    this.#output = output;
    this.#layout = new TableLayout(columns, output);
    this.#json = json;
  }

  /** Number of rows that were dropped because of a slow reader. */
  get dropped(): number {
    return this.#dropped;
  }

  row(row: Row): void {
    if (!this.#output.hasRoom) {
      this.#dropped += 1;
      return;
    }
    const isFirst = this.#rows === 0;
    this.#rows += 1;
    switch (this.#output.format) {
      case "table":
        this.#layout.fit([row]);
        if (isFirst) this.#output.line(this.#layout.headerLine());
        this.#output.line(this.#layout.rowLine(row));
        break;
      case "json":
        this.#output.line(`${isFirst ? "[" : ","} ${toJson(this.#json(row))}`);
        break;
      case "jsonl":
        this.#output.line(toJson(this.#json(row)));
        break;
    }
  }

  /** Idempotent. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (this.#output.format === "json") this.#output.line(this.#rows === 0 ? "[]" : "]");
  }
}
