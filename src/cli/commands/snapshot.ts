import { NotFoundError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { formatBytes, formatDuration } from "../../core/units.ts";
import type { KnownStream } from "../../observe/known-streams.ts";
import { ObserverIdle } from "../../observe/observer-idle.ts";
import { SnapshotAgent, type TakenFrame } from "../../observe/snapshot-agent.ts";
import { requireStreamText } from "../observe/find-stream.ts";
import { baseDirsOf } from "../observe/meters.ts";
import { snapshotTarget } from "../observe/snapshot-target.ts";
import { watchStream } from "../observe/watch-stream.ts";
import type { Output } from "../output/output.ts";
import type { SnapshotValues } from "../specs/observe.ts";
import { tool } from "../tool/tool.ts";
import { ToolRuntime } from "../tool/tool-runtime.ts";

const log = getLogger("snapshot");

/** `snapshot`: writes one frame of a stream to a file. */
export const run = tool<SnapshotValues>(async ({ values, positionals, output }) => {
  const text = requireStreamText(positionals[0], "snapshot: <stream>");
  const target = snapshotTarget(values);
  const timeoutNs = values.timeout;
  const baseDirs = baseDirsOf(values);
  using runtime = new ToolRuntime(values, "snapshot", { idle: new ObserverIdle() });
  let stream: KnownStream | null = null as KnownStream | null;
  const snapshot = new SnapshotAgent({
    baseDirs,
    clock: runtime.scheduler.clock,
    sink: await target.open(),
    isNew: values.new,
    onDone: () => runtime.stop("done"),
  });
  const onNews = (news: KnownStream, isSearched: boolean): void => {
    stream = news;
    // The metadata may say how to interpret the values, so it is awaited while it may still arrive.
    if (news.announcement === null || (news.meta === null && !isSearched)) return;
    snapshot.meta = news.meta;
    snapshot.map(news.announcement);
  };
  runtime.endAfter(timeoutNs, () => runtime.fail(nothingCame(text, stream, timeoutNs)));
  const code = await runtime.run(watchStream(runtime, text, onNews, baseDirs), snapshot);
  const { taken } = snapshot;
  if (taken === null || stream === null) return code;
  if (target.path === "-") tell(stream, taken);
  else print(output, stream, taken, target.path);
  return code;
});

function nothingCame(text: string, stream: KnownStream | null, timeoutNs: number): NotFoundError {
  const within = `within ${formatDuration(timeoutNs)}`;
  if (stream === null) return new NotFoundError(`stream ${text} was not heard ${within}`);
  const what = stream.announcement === null ? "no regions were announced" : "no frame could be read";
  return new NotFoundError(`stream ${stream.streamId}: ${what} ${within}`);
}

function tell({ streamId }: KnownStream, { seq, layout, byteLength, ageNs }: TakenFrame): void {
  log.info(`stream ${streamId}, frame ${seq}: ${layout}, ${formatBytes(byteLength)}, ${formatDuration(ageNs)} old`);
}

function print(output: Output, { streamId, name, epoch }: KnownStream, taken: TakenFrame, path: string): void {
  const { seq, layout, byteLength, timestampNs, ageNs, metaVersion } = taken;
  output.record({ path, streamId, name, epoch, seq, layout, byteLength, timestampNs, ageNs, metaVersion }, [
    ["wrote", path],
    ["stream", name === null ? streamId : `${streamId} "${name}"`],
    ["frame", seq],
    ["layout", `${layout}, ${formatBytes(byteLength)}`],
    ["age", formatDuration(ageNs)],
  ]);
}
