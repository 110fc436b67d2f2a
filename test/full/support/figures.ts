/** Rows under one head, columns aligned: numbers to the right with thousands marked, text to the left. */
export function figures(title: string, rows: readonly Readonly<Record<string, number | string>>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) =>
    columns.map((column) => {
      const value = row[column] ?? "";
      return typeof value === "number" ? value.toLocaleString("en-US", { maximumFractionDigits: 1 }) : value;
    }),
  );
  const widths = columns.map((column, i) => Math.max(column.length, ...cells.map((row) => (row[i] as string).length)));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => {
        const isText = typeof rows[0]?.[columns[i] as string] === "string";
        return isText ? text.padEnd(widths[i] as number) : text.padStart(widths[i] as number);
      })
      .join("  ")
      .trimEnd();
  return [title, line(columns), ...cells.map(line)].join("\n");
}
