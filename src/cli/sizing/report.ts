import { formatByteRate, formatBytes, formatCount, formatDuration, formatRate } from "../../core/units.ts";
import { standaloneFlags } from "./profile.ts";
import type { Sizing } from "./sizing.ts";

/** Room on the file system of the regions; null if it has no limit of its own. */
export interface Free {
  readonly directory: string;
  readonly freeBytes: number | null;
}

/** True if everything fits into the currently free space. */
export function fits(sizing: Sizing, { freeBytes }: Free): boolean {
  return freeBytes === null || sizing.totalBytes <= freeBytes;
}

/** The result of a sizing as text, with explanations. */
export function sizingPairs(sizing: Sizing, free: Free): readonly (readonly [key: string, value: string])[] {
  const { request } = sizing;
  const { rateHz, latencyNs, headroom, frameBytes, streams } = request;
  const perSlot = Math.round((frameBytes / sizing.strideBytes) * 100);
  return [
    [
      "slots",
      `${formatCount(sizing.slots)} (${formatRate(rateHz)} x ${formatDuration(latencyNs)} x ${headroom} = ${formatCount(sizing.neededSlots)}, then a power of two)`,
    ],
    ["stride", `${formatBytes(sizing.strideBytes)} (${formatBytes(frameBytes)} a frame, ${perSlot} % of its slot)`],
    ["regions", `${formatBytes(sizing.epochBytes)} an epoch`],
    [
      "epochs",
      `${sizing.epochs} of ${streams === 1 ? "the stream" : `each of ${streams} streams`}: ${formatBytes(sizing.regionBytes)}`,
    ],
    [
      "window",
      `${formatCount(sizing.windowFrames)} descriptors, half of the ring (${formatBytes(sizing.windowBytes)}; terms of ${formatBytes(sizing.termBytes)})`,
    ],
    ["a reader may pause", `${formatDuration(sizing.longestPauseNs)} at once, then descriptors are lost`],
    ["and lag behind", `${formatDuration(sizing.lifetimeNs)} in all, then its frames are overwritten`],
    ["memory traffic", `${formatByteRate(sizing.bytesPerSecond)}: written once, read by each consumer`],
    ["counters", `about ${formatCount(sizing.counters)} of Aeron's`],
    ["memory needed", `${formatBytes(sizing.totalBytes)}, of which ${formatBytes(sizing.aeronBytes)} for Aeron`],
    ["memory free", freeText(sizing, free)],
    ["without a driver", standaloneFlags(sizing)],
  ];
}

function freeText(sizing: Sizing, free: Free): string {
  const { directory, freeBytes } = free;
  if (freeBytes === null) return `no limit for ${directory}`;
  const found = `${formatBytes(freeBytes)} for ${directory}`;
  return fits(sizing, free) ? found : `${found}: ${formatBytes(sizing.totalBytes - freeBytes)} too little`;
}

/** The result of a sizing as JSON. Sizes are in bytes, times in nanoseconds. */
export function sizingJson(sizing: Sizing, free: Free): unknown {
  return { ...sizing, directory: free.directory, freeBytes: free.freeBytes, fits: fits(sizing, free) };
}
