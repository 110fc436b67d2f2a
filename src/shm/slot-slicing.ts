/** How a region's slots are distributed over windows. */
export interface SlotSlicing {
  /** Slots of each window, except possibly the last: a power of two. */
  readonly slotsPerWindow: number;
  /** `slotsPerWindow - 1`: slot i is at `(i & slotMask) * strideBytes` of its window. */
  readonly slotMask: number;
  /** `Math.log2(slotsPerWindow)`: slot i is in window `i >>> windowShift`. */
  readonly windowShift: number;
  readonly strideBytes: number;
  readonly windows: readonly { readonly offset: number; readonly byteLength: number }[];
}

/** Largest window in bytes: half of what the engine's fast paths can index. */
const MAX_WINDOW_BYTES = 2 ** 30;

/**
 * Cuts `nslots` slots of `strideBytes` (a power of two) that begin at `firstOffset` into windows of whole slots. A slot that is
 * larger than `maxWindowBytes` has a window of its own.
 */
export function sliceSlots(
  firstOffset: number,
  strideBytes: number,
  nslots: number,
  maxWindowBytes: number = MAX_WINDOW_BYTES,
): SlotSlicing {
  let windowShift = 0;
  while (2 ** (windowShift + 1) <= nslots && 2 ** (windowShift + 1) * strideBytes <= maxWindowBytes) windowShift += 1;
  const slotsPerWindow = 2 ** windowShift;
  const windows = [];
  for (let slot = 0; slot < nslots; slot += slotsPerWindow) {
    const slots = Math.min(slotsPerWindow, nslots - slot);
    windows.push({ offset: firstOffset + slot * strideBytes, byteLength: slots * strideBytes });
  }
  return { slotsPerWindow, slotMask: slotsPerWindow - 1, windowShift, strideBytes, windows };
}
