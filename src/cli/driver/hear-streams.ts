import { nativeParker } from "../../aeron/native-parker.ts";
import { processNs } from "../../core/clock.ts";
import { createIdleStrategy, type IdleStrategy } from "../../core/idle/index.ts";
import type { KnownStream } from "../../observe/known-streams.ts";
import { StreamWatch } from "../../observe/stream-watch.ts";
import { baseDirsOf } from "../observe/meters.ts";
import type { ListenValues } from "../specs/common-options.ts";
import { ToolRuntime } from "../tool/tool-runtime.ts";

/** Tools idle with short parks, regardless of the roles' --idle. */
export function toolIdle(): IdleStrategy {
  return createIdleStrategy("backoff", nativeParker);
}

/** Roles answer immediately; the timeout allows for busy ones. After it, a role is assumed absent. */
const TIMEOUT_NS = 450e6;

/**
 * The answers of producers and drivers to a ConsumerHello for these streams: names, layouts and region locations. Streams
 * without an answer within half a second are omitted. @throws NotFoundError, InterruptedError
 */
export async function hearStreams(
  values: ListenValues,
  streamIds: readonly number[],
  needs: { readonly announcement: boolean; readonly name: boolean },
): Promise<ReadonlyMap<number, KnownStream>> {
  if (streamIds.length === 0) return new Map();
  using runtime = new ToolRuntime(values, "ls", { idle: toolIdle() });
  const missing = new Set(streamIds);
  const askedNs = processNs();
  const watch = new StreamWatch(runtime.connection, {
    streams: runtime.streams,
    wanted: streamIds.map(String),
    searchNs: TIMEOUT_NS,
    baseDirs: baseDirsOf(values),
    onNews: (stream) => {
      // Announces of a dead predecessor may still be in the log; a live owner announces after the request.
      if (needs.announcement && !((stream.signNs ?? Number.NEGATIVE_INFINITY) >= askedNs)) return;
      if (needs.name && stream.name === null) return;
      missing.delete(stream.streamId);
      if (missing.size === 0) runtime.stop("all were heard");
    },
    onSearched: () => runtime.stop("the time is over"),
  });
  // Does not wait for a paused media driver.
  runtime.endAfter(TIMEOUT_NS, () => runtime.stop("the time is over"));
  await runtime.runPart(watch);
  return new Map(watch.known.list().map((stream) => [stream.streamId, stream]));
}
