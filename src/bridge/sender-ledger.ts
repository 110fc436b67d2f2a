import type { ConsumerCounters } from "../roles/counters.ts";
import type { SenderLedger } from "./ledger.ts";

/** Facts about the consumer's counted frames that the consumer does not know. */
export interface SenderNotes {
  /** True while a frame is being sent; it is already counted as accepted. */
  readonly isSending: boolean;
  /** Frames dropped for lack of room, and for lack of a receiver; the consumer counts both under one cause. */
  readonly backPressured: number;
  readonly notConnected: number;
}

/** A sender's ledger, derived from its consumer's counters: each frame is in one column. */
export function senderLedgerOf({ of }: ConsumerCounters, notes: SenderNotes): SenderLedger {
  const { backPressured, notConnected } = notes;
  const sent = of.accepted.value - (notes.isSending ? 1 : 0);
  const skipped = of.skipped.value;
  const overwritten = of.overwritten.value + of.odd.value + of.changed.value + of.identity.value;
  const gapInSource = of.gap.value + of.resync.value + of.detached.value;
  const tooLarge = of.sinkRefused.value;
  const refused =
    of.headerNdims.value +
    of.headerStrides.value +
    of.headerPayloadOffset.value +
    of.headerValuesLength.value +
    of.headerPayloadSlot.value +
    of.headerPoolId.value +
    of.headerDtype.value +
    of.headerMajorOrder.value +
    of.headerDims.value +
    of.headerShape.value;
  const seen = sent + skipped + backPressured + notConnected + overwritten + gapInSource + tooLarge + refused;
  return { seen, sent, skipped, backPressured, notConnected, overwritten, gapInSource, tooLarge, refused };
}
