import type { HeaderRing } from "../shm/header-ring.ts";

/** Largest seq whose commit words are exact numbers. */
export const MAX_SEQ = 2 ** 52 - 1;

/**
 * Seq of the newest frame in the ring, at least `after`; frames that are being written or were aborted count with `includesUncommitted`.
 * Reads each commit word once: meant for the end of an epoch, not for each frame. In a ring that is written meanwhile, the result was the
 * newest frame at some moment. A slot counts only if the slot before it agrees, so that a damaged word creates no frames.
 */
export function newestSeqOf(ring: HeaderRing, after: number, includesUncommitted: boolean): number {
  let newest = after;
  if (ring.isUntouched) return newest;
  for (let index = 0; index < ring.nslots; index++) {
    const word = ring.loadCommitWord(index);
    const seq = Math.floor(word / 2);
    if (seq <= newest || seq > MAX_SEQ || ring.indexOf(seq) !== index) continue;
    if (!includesUncommitted && word % 2 === 1) continue;
    if (seq !== after + 1 && seq > 0 && ring.nslots > 1 && !holds(ring, seq - 1)) continue;
    newest = seq;
  }
  return newest;
}

function holds(ring: HeaderRing, seq: number): boolean {
  return Math.floor(ring.loadCommitWord(ring.indexOf(seq)) / 2) === seq;
}
