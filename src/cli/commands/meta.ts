import type { Attribute } from "../../protocol/attribute.ts";
import type { KnownStream } from "../../roles/known-streams.ts";
import type { CommandContext } from "../command.ts";
import { printError } from "../console.ts";
import { ExitCode } from "../exit.ts";
import { requireStreamText, theOne } from "../observe/find-stream.ts";
import { attributeText, metaJson } from "../observe/meta-view.ts";
import { ObserverIdle } from "../observe/observer-idle.ts";
import { StreamWatch } from "../observe/stream-watch.ts";
import type { MetaValues } from "../observe-commands.ts";
import type { Column, Output, RowStream } from "../output.ts";
import { renderTable } from "../table.ts";
import { ToolRuntime } from "../tap/tool-runtime.ts";

const COLUMNS: readonly Column<Attribute>[] = [
  { header: "attribute", align: "left", cell: ({ key }) => key },
  { header: "format", align: "left", cell: ({ format }) => format },
  { header: "value", align: "left", cell: attributeText },
];

/** `meta`: who the data source of a stream is, and its attributes. */
export async function run({ values, positionals }: CommandContext<MetaValues>): Promise<number> {
  const text = requireStreamText(positionals[0], "meta: <stream>");
  const isWatching = values.watch;
  const count = values.count ?? (isWatching ? Number.POSITIVE_INFINITY : 1);
  const idle = new ObserverIdle();
  using runtime = new ToolRuntime(values, "tensorpool meta", idle);
  const { scheduler } = runtime;
  const output = runtime.output(values.output);
  const rows = isWatching ? output.stream<KnownStream>([], metaJson) : null;
  let failure: Error | null = null;
  let shown = 0;
  let shownKey = "";
  const show = (isSearched: boolean): void => {
    try {
      const found = watch.known.find(text);
      if (isSearched) theOne(text, found, watch.known);
      const [stream] = found;
      if (stream === undefined || found.length > 1 || shown >= count) return;
      // Nothing is shown by halves while the other half may still come.
      if ((stream.meta === null || stream.name === null) && !isSearched) return;
      const key = `${stream.producerId} ${stream.epoch} ${stream.name} ${stream.summary} ${stream.meta?.metaVersion}`;
      if (key === shownKey) return;
      shownKey = key;
      print(output, rows, stream, shown > 0);
      idle.calmDown();
      if (++shown >= count) scheduler.stop("done");
    } catch (error) {
      failure = error as Error;
      scheduler.stop("not found");
    }
  };
  const watch = new StreamWatch(runtime.connection, {
    streams: runtime.streams,
    wanted: [text],
    onNews: () => show(!watch.isSearching),
    onSearched: () => show(true),
  });
  scheduler.add(watch, { vital: true });
  runtime.endAfter(values.seconds);
  await scheduler.run();
  rows?.end();
  await output.flush();
  if (failure !== null) throw failure;
  return runtime.signals.exitCode(ExitCode.DONE);
}

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
