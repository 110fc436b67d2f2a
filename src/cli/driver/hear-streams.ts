import { nativeParker } from "../../aeron/native-parker.ts";
import { processNs } from "../../core/clock.ts";
import { createIdleStrategy, type IdleStrategy } from "../../core/idle/index.ts";
import type { KnownStream } from "../../observe/known-streams.ts";
import { StreamWatch } from "../../observe/stream-watch.ts";
import { baseDirsOf } from "../observe/meters.ts";
import type { ListenValues } from "../specs/common-options.ts";
import { ToolRuntime } from "../tool/tool-runtime.ts";

/** A tool waits in small parks, whatever --idle says for roles. */
export function toolIdle(): IdleStrategy {
  return createIdleStrategy("backoff", nativeParker);
}

/** A role that is asked answers at once; this is for busy ones, and the time after which none is assumed. */
const TIMEOUT_NS = 450e6;

/**
 * What producers and drivers say of these streams when they are asked (ConsumerHello): names, layouts, where regions are. Those
 * that say nothing within half a second are left out. @throws NotFoundError, InterruptedError
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
      // What a dead predecessor left in its log is read first; an owner that lives announces after it was asked.
      if (needs.announcement && !((stream.signNs ?? Number.NEGATIVE_INFINITY) >= askedNs)) return;
      if (needs.name && stream.name === null) return;
      missing.delete(stream.streamId);
      if (missing.size === 0) runtime.stop("all were heard");
    },
    onSearched: () => runtime.stop("the time is over"),
  });
  // A paused media driver is not waited for.
  runtime.endAfter(TIMEOUT_NS, () => runtime.stop("the time is over"));
  await runtime.runPart(watch);
  return new Map(watch.known.list().map((stream) => [stream.streamId, stream]));
}
