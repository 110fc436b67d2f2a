import type { Random } from "./random.ts";

const EXTREME_BYTES = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff];
const EXTREME_WORDS = [0, 1, 0x7f, 0xff, 0xffff, 0x1_0000, 2 ** 30, 2 ** 30 + 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/** Bytes with a length that can change, in memory that stays. */
export class Draft {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  length = 0;

  constructor(capacity: number) {
    const storage = new ArrayBuffer(capacity);
    this.bytes = new Uint8Array(storage);
    this.view = new DataView(storage);
  }

  set(bytes: Uint8Array): void {
    this.bytes.set(bytes);
    this.length = bytes.length;
  }
}

/** Changes bytes in place: one of the ways in which memory of a hostile or broken peer differs from what it should be. */
export function changeBytes(random: Random, bytes: Uint8Array, view: DataView, length: number): void {
  if (length === 0) return;
  const at = random.below(length);
  switch (random.below(4)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      return;
    case 1:
      bytes[at] = random.of(EXTREME_BYTES);
      return;
    case 2:
      if (length >= 2) view.setUint16(random.below(length - 1), random.of([...EXTREME_WORDS, length]), true);
      return;
    default:
      if (length >= 4) view.setUint32(random.below(length - 3), random.of([...EXTREME_WORDS, length]), true);
  }
}

/** Changes a draft in bytes and in length; `other` is what it may be spliced with. */
export function change(random: Random, draft: Draft, other: Uint8Array): void {
  const { bytes, length } = draft;
  switch (random.below(8)) {
    case 0:
      draft.length = random.below(length + 1);
      return;
    case 1: {
      const more = Math.min(1 + random.below(40), bytes.length - length);
      for (let i = 0; i < more; i++) bytes[length + i] = random.bits();
      draft.length += more;
      return;
    }
    case 2: {
      // A part is left out.
      const from = random.below(length + 1);
      const gone = random.below(Math.min(16, length - from) + 1);
      bytes.copyWithin(from, from + gone, length);
      draft.length -= gone;
      return;
    }
    case 3: {
      const from = random.below(Math.min(length, other.length) + 1);
      const tail = other.subarray(from, from + bytes.length - from);
      bytes.set(tail, from);
      draft.length = from + tail.length;
      return;
    }
    default:
      changeBytes(random, bytes, draft.view, length);
  }
}
