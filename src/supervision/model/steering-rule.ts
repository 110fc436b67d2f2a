import type { ConsumerMode } from "../../protocol/mode-filter.ts";

/** Conditions under which a consumer is told to read less, and may read as before again (W-39). */
export interface SteeringRule {
  readonly name: string;
  /** Ids or names of streams, `*` for any part of a name; null for all. */
  readonly streams: readonly string[] | null;
  /** Null for all. */
  readonly consumers: readonly number[] | null;
  /** Share of lost frames, 0 to 1, above which the rule applies. */
  readonly dropRatioAbove: number;
  /** How long the share must stay above it. */
  readonly forNs: number;
  readonly mode: Extract<ConsumerMode, "latest" | "decimated">;
  /** With "decimated": every Nth frame. */
  readonly decimation: number;
  /** How long a consumer must be without excess losses before it may read as before. */
  readonly restoreAfterNs: number;
}

/** True if the rule applies to this consumer of this stream. */
export function covers(
  rule: SteeringRule,
  stream: { streamId: number; name: string | null },
  consumerId: number,
): boolean {
  if (rule.consumers !== null && !rule.consumers.includes(consumerId)) return false;
  if (rule.streams === null) return true;
  const names = [String(stream.streamId), ...(stream.name === null ? [] : [stream.name])];
  return rule.streams.some((pattern) => names.some((name) => matches(pattern, name)));
}

function matches(pattern: string, name: string): boolean {
  const escaped = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}$`, "s").test(name);
}
