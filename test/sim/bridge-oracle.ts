const HEAD_BYTES = 16;
/** Of which each frame has a part, which follows from its epoch and seq. */
const PATTERN = Uint8Array.from({ length: 2 ** 17 }, (_, i) => (i * 7 + (i >> 8) * 13) & 255);
const PLACES = 8191;

/** What the frames of a source are. */
export class BridgeOracle {
  accepted = 0;
  /** How long a source waits before its first frame. */
  holdNs = 0;
  /** Frames that were published, by epoch. */
  readonly #published = new Map<number, number>();

  get newestEpoch(): number {
    return Math.max(0, ...this.#published.keys());
  }

  published(epoch: number): number {
    return this.#published.get(epoch) ?? 0;
  }

  /** Fills a frame that is about to be published. */
  fill(bytes: Uint8Array, epoch: number, seq: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    view.setFloat64(0, epoch, true);
    view.setUint32(8, seq, true);
    view.setUint32(12, bytes.length, true);
    bytes.set(patternOf(epoch, seq, bytes.length), HEAD_BYTES);
    this.#published.set(epoch, this.published(epoch) + 1);
  }

  /** What a frame of this seq says of itself, and what is wrong with it. */
  check(bytes: Uint8Array, seq: number): { readonly epoch: number; readonly fault: string | null } {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const epoch = view.getFloat64(0, true);
    const written = view.getUint32(8, true);
    if (!this.#published.has(epoch)) return { epoch, fault: `the source has no epoch ${epoch}` };
    if (written !== seq) return { epoch, fault: `it is frame ${written} of epoch ${epoch}` };
    const byteLength = view.getUint32(12, true);
    if (byteLength !== bytes.length) return { epoch, fault: `it has ${bytes.length} bytes, and had ${byteLength}` };
    const isTorn = Buffer.compare(bytes.subarray(HEAD_BYTES), patternOf(epoch, seq, byteLength)) !== 0;
    return { epoch, fault: isTorn ? "it is torn" : null };
  }
}

function patternOf(epoch: number, seq: number, byteLength: number): Uint8Array {
  const from = (epoch * 31 + seq * 127) % PLACES;
  return PATTERN.subarray(from, from + byteLength - HEAD_BYTES);
}
