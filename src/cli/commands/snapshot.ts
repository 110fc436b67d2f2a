import { NotFoundError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { formatBytes, formatDuration } from "../../core/units.ts";
import type { KnownStream } from "../../roles/known-streams.ts";
import type { CommandContext } from "../command.ts";
import { DeadlineAgent } from "../deadline-agent.ts";
import { ExitCode } from "../exit.ts";
import { requireStreamText, theOne } from "../observe/find-stream.ts";
import { baseDirsOf } from "../observe/meters.ts";
import { ObserverIdle } from "../observe/observer-idle.ts";
import { SnapshotAgent, type TakenFrame } from "../observe/snapshot-agent.ts";
import { snapshotTarget } from "../observe/snapshot-target.ts";
import { StreamWatch } from "../observe/stream-watch.ts";
import type { SnapshotValues } from "../observe-commands.ts";
import { Output } from "../output.ts";
import { ToolRuntime } from "../tap/tool-runtime.ts";

const log = getLogger("snapshot");

/** `snapshot`: one frame of a stream as a file. */
export async function run({ values, positionals }: CommandContext<SnapshotValues>): Promise<number> {
  const text = requireStreamText(positionals[0], "snapshot: <stream>");
  const target = snapshotTarget(values);
  const timeoutNs = values.timeout;
  const baseDirs = baseDirsOf(values);
  using runtime = new ToolRuntime(values, "tensorpool snapshot", new ObserverIdle());
  const { scheduler } = runtime;
  const output = new Output({ format: values.output });
  let stream: KnownStream | null = null;
  let failure: Error | null = null;
  const stopWith = (error: unknown): void => {
    failure ??= error as Error;
    scheduler.stop("failed");
  };
  const snapshot = new SnapshotAgent({
    baseDirs,
    clock: scheduler.clock,
    sink: await target.open(),
    isNew: values.new,
    onDone: () => scheduler.stop("done"),
  });
  const tryIt = (isSearched: boolean): void => {
    const found = watch.known.find(text);
    try {
      if (isSearched) theOne(text, found, watch.known);
      if (found.length !== 1) return;
      stream = found[0] as KnownStream;
      // How the values are to be read may stand in the metadata: it is waited for as long as it may still come.
      if (stream.announcement === null || (stream.meta === null && !isSearched)) return;
      snapshot.meta = stream.meta;
      snapshot.map(stream.announcement);
    } catch (error) {
      stopWith(error);
    }
  };
  const watch = new StreamWatch(runtime.connection, {
    streams: runtime.streams,
    baseDirs,
    wanted: [text],
    onNews: () => tryIt(!watch.isSearching),
    onSearched: () => tryIt(true),
  });
  scheduler.add(watch, { vital: true });
  scheduler.add(snapshot, { vital: true });
  scheduler.add(new DeadlineAgent(timeoutNs, () => stopWith(nothingCame(text, stream, timeoutNs))));
  await scheduler.run();
  if (failure !== null) throw failure;
  const { taken } = snapshot;
  if (taken === null || stream === null) return runtime.signals.exitCode(ExitCode.DONE);
  if (target.path === "-") tell(stream, taken);
  else print(output, stream, taken, target.path);
  await output.flush();
  return runtime.signals.exitCode(ExitCode.DONE);
}

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
