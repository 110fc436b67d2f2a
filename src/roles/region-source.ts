import { monotonic } from "../aeron/monotonic.ts";
import { instanceIdFor, RegionSet, type RegionSetOptions } from "../shm/index.ts";

/** Where and how a producer of the standalone deployment keeps its regions. */
export interface StandaloneOptions
  extends Omit<RegionSetOptions, "startTimestampNs" | "streamId" | "instanceId" | "pid"> {
  /** Names the owner under the namespace; contains the stream id (W-30). Left out: made of the stream id. */
  readonly instanceId?: string;
}

/** Creates the regions of a new epoch, owned by this process. @throws RegionCreateError */
export function createRegions(streamId: number, options: StandaloneOptions, nowNs: number): RegionSet {
  return RegionSet.create({
    ...options,
    streamId,
    instanceId: options.instanceId ?? instanceIdFor(streamId, "standalone"),
    startTimestampNs: monotonic.toBigint(nowNs),
  });
}
