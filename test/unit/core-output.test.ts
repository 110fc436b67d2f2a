import { expect, test } from "bun:test";
import { describeError, ExitCode, exitCodeOf } from "../../src/cli/exit.ts";
import { StopSignals } from "../../src/cli/lifetime/signals.ts";
import { type Column, Output, type OutputFormat } from "../../src/cli/output/output.ts";
import { OutputError } from "../../src/cli/output/output-error.ts";
import { renderTable, truncate } from "../../src/cli/output/table.ts";
import { paletteOf } from "../../src/core/colours.ts";
import { NotFoundError, TensorPoolError, UsageError } from "../../src/core/errors.ts";

interface Stream {
  name: string;
  frames: number;
  id: bigint | null;
}
const columns: readonly Column<Stream>[] = [
  { header: "stream", cell: (row) => row.name },
  { header: "frames", cell: (row) => row.frames },
  { header: "id", cell: (row) => row.id },
];
const rows: readonly Stream[] = [
  { name: "camera-1", frames: 7, id: 10n },
  { name: "microphone", frames: 123_456, id: null },
];

class Recorded {
  text = "";
  isClosed = false;
  error: Error | null = null;
  queuedBytes = 0;
  write(text: string): boolean {
    this.text += text;
    return true;
  }
  async flush(): Promise<void> {}
}

function outputOf(format: OutputFormat): { output: Output; writer: Recorded } {
  const writer = new Recorded();
  return { output: new Output({ format, writer, coloured: false }), writer };
}

test("table: columns line up, numbers to the right, what is not there is a dash", () => {
  const { output, writer } = outputOf("table");
  output.rows(columns, rows);
  expect(writer.text).toBe(
    ["stream      frames  id", "camera-1         7  10", "microphone  123456   -", ""].join("\n"),
  );
});

test("table: text is shortened with an ellipsis to fit the width, numbers never", () => {
  const lines = renderTable(columns, rows, { palette: paletteOf(false), width: 18 });
  expect(lines).toEqual(["stream  frames  id", "camer…       7  10", "micro…  123456   -"].map((line) => line));
  for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(18);
});

test("table: with more columns than fit, lines are cut at the width", () => {
  const lines = renderTable(columns, rows, { palette: paletteOf(true), width: 8 });
  for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(8);
});

test("table: wide and combined characters keep the columns in line, control characters are shown as escapes", () => {
  const foreign = [
    { name: "漢字", frames: 1, id: null },
    { name: "e\u0301\u001b[31m", frames: 2, id: null },
  ];
  const lines = renderTable(columns.slice(0, 2), foreign, { palette: paletteOf(false) });
  expect(new Set(lines.map((line) => Bun.stringWidth(line))).size).toBe(1);
  expect(lines[2]).toContain("\\x1b[31m");
  expect(truncate("漢字漢字", 5)).toBe("漢字…");
});

test("table: colours are applied to padded cells, and only when allowed", () => {
  const painted: Column<Stream>[] = [{ header: "s", cell: (row) => row.name, paint: (text, _row, p) => p.red(text) }];
  expect(renderTable(painted, rows, { palette: paletteOf(true) })[1]).toBe("\u001b[31mcamera-1  \u001b[39m");
  expect(renderTable(painted, rows, { palette: paletteOf(false) })[1]).toBe("camera-1");
});

test("json is one array, jsonl one object per line, big integers are decimal strings", () => {
  const json = outputOf("json");
  json.output.rows(columns, rows);
  expect(JSON.parse(json.writer.text)).toEqual([
    { name: "camera-1", frames: 7, id: "10" },
    { name: "microphone", frames: 123_456, id: null },
  ]);
  const jsonl = outputOf("jsonl");
  jsonl.output.rows(columns, rows, (row) => ({ n: row.name }));
  expect(jsonl.writer.text).toBe('{"n":"camera-1"}\n{"n":"microphone"}\n');
});

test("rows that come one by one make valid JSON, also when there is none", () => {
  for (const count of [0, 1, 2]) {
    const { output, writer } = outputOf("json");
    const stream = output.stream(columns);
    for (const row of rows.slice(0, count)) stream.row(row);
    stream.end();
    stream.end();
    expect(JSON.parse(writer.text)).toHaveLength(count);
  }
  const { output, writer } = outputOf("table");
  const stream = output.stream(columns);
  for (const row of rows) stream.row(row);
  expect(writer.text.split("\n")[0]).toBe("stream    frames  id");
});

test("rows that come one by one are dropped and counted while a slow reader is behind; a result is never cut short", () => {
  const { output, writer } = outputOf("jsonl");
  writer.queuedBytes = 2 ** 20;
  const stream = output.stream(columns);
  stream.row(rows[0] as Stream);
  expect([writer.text, stream.dropped, output.hasRoom]).toEqual(["", 1, false]);
  output.rows(columns, rows);
  expect(writer.text.split("\n")).toHaveLength(3);
});

test("a record is key and value lines, or one object", () => {
  const table = outputOf("table");
  table.output.record({ epoch: 4 }, [
    ["epoch", 4],
    ["state", "ready"],
  ]);
  expect(table.writer.text).toBe("epoch  4\nstate  ready\n");
  const json = outputOf("jsonl");
  json.output.record({ epoch: 4 }, []);
  expect(json.writer.text).toBe('{"epoch":4}\n');
});

test("flush says why standard output could not be written, and is quiet about a reader that has gone", async () => {
  const { output, writer } = outputOf("json");
  writer.isClosed = true;
  await output.flush();
  expect(output.isClosed).toBe(true);
  writer.error = new Error("ENOSPC");
  await expect(output.flush()).rejects.toThrow(OutputError);
});

test("exit codes: wrong usage 2, nothing there 3, anything else 1", () => {
  const parserError = Object.assign(new Error("Unknown option"), { name: "CACError" });
  const thrown = [new UsageError("u"), parserError, new NotFoundError("n"), new TensorPoolError("x", "m"), "text"];
  expect(thrown.map((error) => exitCodeOf(error))).toEqual([2, 2, 3, 1, 1]);
  expect(describeError(new UsageError("bad"))).toBe("bad");
  expect(describeError(new TypeError("defect"))).toContain("core-output.test.ts");
});

test("the first signal stops in order, a second one ends at once; Ctrl-C is 130 and SIGTERM the command's own code", () => {
  const stops: string[] = [];
  const exits: number[] = [];
  const signals = new StopSignals({ onStop: (signal) => stops.push(signal), exit: (code) => exits.push(code) });
  process.emit("SIGTERM", "SIGTERM");
  expect([stops, exits, signals.exitCode(ExitCode.DONE)]).toEqual([["SIGTERM"], [], 0]);
  process.emit("SIGINT", "SIGINT");
  expect([stops, exits]).toEqual([["SIGTERM"], [130]]);
  signals.dispose();
  using interrupted = new StopSignals({ onStop: () => undefined });
  process.emit("SIGINT", "SIGINT");
  expect([interrupted.received, interrupted.exitCode(ExitCode.DONE)]).toEqual(["SIGINT", 130]);
});
