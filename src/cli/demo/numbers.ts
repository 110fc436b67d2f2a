import { consumerCounters, producerCounters } from "../../roles/counters.ts";
import type { RoleScore } from "./scoreboard.ts";

/** What a consumer accepted of what passed it; null before the first frame. */
export function shareOf(score: RoleScore): number | null {
  const passed = score.frames + score.lost;
  return passed === 0 ? null : score.frames / passed;
}

/** Whole percents that say 100 only of everything, and 0 only of nothing. */
export function percentOf(share: number): number {
  if (share === 0 || share === 1) return share * 100;
  return Math.min(99, Math.max(1, Math.round(share * 100)));
}

const HELP: ReadonlyMap<string, string> = new Map(
  [...producerCounters().list, ...consumerCounters().list].map(({ name, help }) => [name, help]),
);

/** What a cause of loss means, without the rule that it follows from. */
export function explainCause(cause: string): string {
  return (HELP.get(cause) ?? cause).replace(/\s*\(W-\d+\)$/, "").replace(/^W-\d+: /, "");
}
