import { isatty } from "node:tty";
import { allowsColour, type Palette, paletteOf } from "../../core/colours.ts";
import { StreamWriter } from "../../core/stream-writer.ts";
import { toJson } from "../../core/text.ts";
import type { OUTPUT_FORMATS } from "../specs/common-options.ts";
import { OutputError } from "./output-error.ts";
import { type Column, renderTable, TableLayout } from "./table.ts";

export type { Cell, Column } from "./table.ts";

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Where finished text goes; replaced in tests. `StreamWriter` is one. */
export interface TextWriter {
  readonly isClosed: boolean;
  readonly error: Error | null;
  readonly queuedBytes: number;
  write(text: string): boolean;
  flush(): Promise<void>;
}

export interface OutputOptions {
  format: OutputFormat;
  /** Left out: standard output. */
  writer?: TextWriter;
  /** Left out: on a terminal, unless NO_COLOR is set. */
  coloured?: boolean;
  /** Columns that tables have to fit in; left out: those of the terminal, or no limit elsewhere. */
  width?: number;
}

const STDOUT = 1;
/** Rows of a stream are dropped, and counted, while this much waits for the reader. */
const MAX_WAITING_BYTES = 1_048_576;

/**
 * The results of a command on standard output, in the format that the user chose. Writing never waits and never throws for
 * a reader that is slow or gone; `flush` waits for a slow one.
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
    // A result is never cut short by a slow reader: only streams drop rows, see RowStream.
    const unlimited = { maxQueuedBytes: Number.POSITIVE_INFINITY };
    this.#writer = options.writer ?? new StreamWriter(STDOUT, { ...unlimited, onClosed: () => this.#onClosed?.() });
  }

  /** Sets what ends the command in order, quietly and with 0, when the reader of standard output has gone. */
  whenClosed(onClosed: () => void): void {
    this.#onClosed = onClosed;
    if (this.isClosed) onClosed();
  }

  /** True once the reader has gone. */
  get isClosed(): boolean {
    return this.#writer.isClosed;
  }

  /** False while a slow reader has much to catch up with. */
  get hasRoom(): boolean {
    return this.#writer.queuedBytes < MAX_WAITING_BYTES;
  }

  /** All rows of a result: a table, one JSON array, or a JSON object per line (`json` says of what; the row itself if left out). */
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

  /** One result: `key  value` lines for people, or one JSON object. */
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

  /** Rows that come one by one, e.g. one a second. `finish`, or the end of the stream itself, completes JSON. */
  stream<Row>(columns: readonly Column<Row>[], json: (row: Row) => unknown = (row) => row): RowStream<Row> {
    const stream = new RowStream(this, columns, json);
    this.#streams.push(stream);
    return stream;
  }

  /** One line of text as it is. */
  line(text: string): void {
    this.#writer.write(`${text}\n`);
  }

  /** Ends its streams of rows, and resolves as `flush` does. */
  async finish(): Promise<void> {
    for (const stream of this.#streams) stream.end();
    await this.flush();
  }

  /** Resolves when everything was written, or the reader has gone. Throws OutputError when it could not be written. */
  async flush(): Promise<void> {
    await this.#writer.flush();
    const { error } = this.#writer;
    if (error !== null) throw new OutputError(error);
  }
}

/**
 * Rows of one result as they come: table lines under one header, elements of one JSON array, or JSON lines. Rows that a slow
 * reader has no room for are dropped and counted.
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

  /** Rows that were dropped because the reader is slow. */
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
