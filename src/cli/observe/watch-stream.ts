import type { KnownStream } from "../../observe/known-streams.ts";
import { StreamWatch } from "../../observe/stream-watch.ts";
import type { AllowedBaseDirs } from "../../shm/index.ts";
import type { ToolRuntime } from "../tool/tool-runtime.ts";
import { requireSingleMatch } from "./find-stream.ts";

/**
 * Listens for messages about the one stream with this id or name. `onNews` receives the known facts whenever they change; `isSearched`
 * is true once no more are expected. The tool fails if there is no such stream by then, or if `onNews` throws.
 */
export function watchStream(
  runtime: ToolRuntime,
  text: string,
  onNews: (stream: KnownStream, isSearched: boolean) => void,
  baseDirs?: AllowedBaseDirs,
): StreamWatch {
  const look = (isSearched: boolean): void =>
    runtime.attempt(() => {
      const found = watch.known.find(text);
      if (isSearched) requireSingleMatch(text, found, watch.known);
      const [stream, second] = found;
      if (stream !== undefined && second === undefined) onNews(stream, isSearched);
    });
  const watch: StreamWatch = new StreamWatch(runtime.connection, {
    streams: runtime.streams,
    ...(baseDirs === undefined ? {} : { baseDirs }),
    wanted: [text],
    onNews: () => look(!watch.isSearching),
    onSearched: () => look(true),
  });
  return watch;
}
