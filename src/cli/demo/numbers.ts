import { formatByteRate, formatCount, formatDuration, formatRate } from "../../core/units.ts";
import { consumerCounters, producerCounters } from "../../roles/counters.ts";
import type { Reading } from "./scoreboard.ts";

/** Share of frames that a consumer accepted; null before the first frame. */
export function shareOf(score: Reading): number | null {
  const passed = score.frames + score.lost;
  return passed === 0 ? null : score.frames / passed;
}

/** Whole percent; 100 only for all frames, and 0 only for none. */
export function percentOf(share: number): number {
  if (share === 0 || share === 1) return share * 100;
  return Math.min(99, Math.max(1, Math.round(share * 100)));
}

const HELP: ReadonlyMap<string, string> = new Map(
  [...producerCounters().list, ...consumerCounters().list].map(({ name, help }) => [name, help]),
);

/** The meaning of a cause of loss, without its rule id. */
export function explainCause(cause: string): string {
  return (HELP.get(cause) ?? cause).replace(/\s*\(W-\d+\)$/, "").replace(/^W-\d+: /, "");
}

/** Values formatted for tables; "-" while unknown. */
export function rateText(perSecond: number | null): string {
  // The header of the column says "per second".
  return perSecond === null ? "-" : formatRate(perSecond).replace(/\s*\/s$/, "");
}

export function byteRateText(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? "-" : formatByteRate(bytesPerSecond);
}

/** The latency of a consumer; a producer has none. */
export function latencyText({ kind, latencyNs }: Reading): string {
  if (kind === "producer") return "";
  return latencyNs === null ? "-" : formatDuration(latencyNs);
}

export function publishedText({ kind, frames }: Reading): string {
  return kind === "producer" ? formatCount(frames) : "";
}

export function acceptedText({ kind, frames }: Reading): string {
  return kind === "consumer" ? formatCount(frames) : "";
}

export function lossesText({ losses }: Reading, separator: string): string {
  return losses.map(({ cause, frames }) => `${cause} ${formatCount(frames)}`).join(separator);
}
