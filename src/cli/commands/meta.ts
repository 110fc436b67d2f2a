import type { KnownStream } from "../../observe/known-streams.ts";
import { ObserverIdle } from "../../observe/observer-idle.ts";
import type { Attribute } from "../../protocol/attribute.ts";
import { requireStreamText } from "../observe/find-stream.ts";
import { attributeText, metaJson } from "../observe/meta-view.ts";
import { watchStream } from "../observe/watch-stream.ts";
import { printError } from "../output/console.ts";
import type { Column, Output, RowStream } from "../output/output.ts";
import { renderTable } from "../output/table.ts";
import type { MetaValues } from "../specs/observe.ts";
import { tool } from "../tool/tool.ts";
import { ToolRuntime } from "../tool/tool-runtime.ts";

const COLUMNS: readonly Column<Attribute>[] = [
  { header: "attribute", align: "left", cell: ({ key }) => key },
  { header: "format", align: "left", cell: ({ format }) => format },
  { header: "value", align: "left", cell: attributeText },
];

/** `meta`: prints the data source of a stream and its attributes. */
export const run = tool<MetaValues>(async ({ values, positionals, output }) => {
  const text = requireStreamText(positionals[0], "meta: <stream>");
  const isWatching = values.watch;
  const count = values.count ?? (isWatching ? Number.POSITIVE_INFINITY : 1);
  const idle = new ObserverIdle();
  using runtime = new ToolRuntime(values, "meta", { output, idle });
  const rows = isWatching ? output.stream<KnownStream>([], metaJson) : null;
  let shown = 0;
  let shownKey = "";
  const watch = watchStream(runtime, text, (stream, isSearched) => {
    if (shown >= count) return;
    // Nothing is printed while the other of the two messages may still arrive.
    if ((stream.meta === null || stream.name === null) && !isSearched) return;
    const key = `${stream.producerId} ${stream.epoch} ${stream.name} ${stream.summary} ${stream.meta?.metaVersion}`;
    if (key === shownKey) return;
    shownKey = key;
    print(output, rows, stream, shown > 0);
    idle.setPollInterval();
    if (++shown >= count) runtime.stop("done");
  });
  return await runtime.run(watch);
});

function print(output: Output, rows: RowStream<KnownStream> | null, stream: KnownStream, isFurther: boolean): void {
  if (output.format !== "table") {
    if (rows === null) output.record(metaJson(stream), []);
    else rows.row(stream);
    return;
  }
  const { streamId, name, summary, producerId, epoch, meta } = stream;
  if (isFurther) output.line("");
  output.record(null, [
    ["stream", streamId],
    ["name", name ?? "-"],
    ["summary", summary ?? "-"],
    ["producer", producerId ?? "-"],
    ["epoch", epoch ?? "-"],
    ["metaVersion", meta?.metaVersion ?? "-"],
  ]);
  if (meta === null) printError("no metadata came (DataSourceMeta)");
  if (meta === null || meta.attributes.length === 0) return;
  output.line("");
  for (const line of renderTable(COLUMNS, meta.attributes, output)) output.line(line);
}
