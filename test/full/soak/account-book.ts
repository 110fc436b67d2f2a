import { LOSS_CAUSES } from "../../../src/roles/counters.ts";

type Counts = Readonly<Record<string, number>>;

/** A moment at which a consumer has dealt with every frame up to `seq`: that one was read, and none waits. */
export interface Balance {
  readonly epoch: bigint;
  readonly seq: number;
  /** accepted + skipped + every cause of loss, since the process began. */
  readonly counted: number;
}

/** Checks that between any two frames of an epoch every frame was counted once. */
export class AccountBook {
  #last: Balance | null = null;

  /** What does not add up since the balance before; null when all does. */
  balance(now: Balance): string | null {
    const last = this.#last;
    this.#last = now;
    if (last === null || last.epoch < now.epoch) return null;
    if (last.epoch > now.epoch) return `epoch ${last.epoch} was followed by the lower epoch ${now.epoch}`;
    const frames = now.seq - last.seq;
    const counted = now.counted - last.counted;
    if (frames === counted) return null;
    return `account: frames ${last.seq + 1} to ${now.seq} of epoch ${now.epoch} are ${frames}, counted were ${counted}`;
  }
}

/** Frames that a consumer has accounted for, under any counter. */
export function countedBy(counters: Counts): number {
  let counted = (counters["accepted"] ?? 0) + (counters["skipped"] ?? 0);
  for (const cause of LOSS_CAUSES) counted += counters[cause] ?? 0;
  return counted;
}

/** Outcomes of a claim. */
const OUTCOMES = [
  "published",
  "aborted",
  "descriptorBackPressured",
  "descriptorNotConnected",
  "descriptorAdminAction",
  "descriptorClosed",
] as const;

/** What does not add up in a producer's counters. `underWay`: claims that may not have an outcome yet, 0 after its end. */
export function producerProblem(counters: Counts, underWay: number): string | null {
  const claimed = counters["claimed"] ?? 0;
  const outcomes = OUTCOMES.reduce((sum, name) => sum + (counters[name] ?? 0), 0);
  if (outcomes <= claimed && claimed <= outcomes + underWay) return null;
  return `account: ${claimed} frames were claimed, ${outcomes} have an outcome, ${underWay} may be under way`;
}
