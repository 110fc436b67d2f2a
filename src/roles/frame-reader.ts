import { findHeaderFault, HeaderFault } from "../protocol/frame-validation.ts";
import { HeaderRing } from "../shm/header-ring.ts";
import type { MappedStream } from "../shm/index.ts";
import { PayloadPool } from "../shm/payload-pool.ts";
import type { LossCause } from "./counters.ts";
import type { Frame } from "./frame.ts";

/** The cause that a header's fault is counted under, by its value. */
const CAUSE_OF_FAULT: readonly LossCause[] = (() => {
  const causes: LossCause[] = [];
  causes[HeaderFault.NDIMS] = "headerNdims";
  causes[HeaderFault.STRIDES] = "headerStrides";
  causes[HeaderFault.PAYLOAD_OFFSET] = "headerPayloadOffset";
  causes[HeaderFault.VALUES_LENGTH] = "headerValuesLength";
  causes[HeaderFault.PAYLOAD_SLOT] = "headerPayloadSlot";
  causes[HeaderFault.POOL_ID] = "headerPoolId";
  causes[HeaderFault.DTYPE] = "headerDtype";
  causes[HeaderFault.MAJOR_ORDER] = "headerMajorOrder";
  causes[HeaderFault.DIMS] = "headerDims";
  causes[HeaderFault.SHAPE] = "headerShape";
  return causes;
})();

/** Reads frames of one mapped epoch by the commit protocol (W-16): never waits, never trusts what it did not check. */
export class FrameReader {
  readonly nslots: number;
  readonly #ring: HeaderRing;
  readonly #pools: readonly PayloadPool[];

  constructor(stream: MappedStream) {
    this.nslots = stream.nslots;
    this.#ring = new HeaderRing(stream.headerRing.mapping, stream.nslots);
    this.#pools = stream.pools.map(
      (pool) => new PayloadPool(pool.mapping, pool.poolId, pool.strideBytes, stream.nslots),
    );
  }

  /** The slot of frame `seq`. */
  indexOf(seq: number): number {
    return this.#ring.indexOf(seq);
  }

  /** Opens frame `seq` for reading; the cause when it is not there to be read. */
  begin(frame: Frame, seq: number): LossCause | null {
    const index = this.#ring.indexOf(seq);
    const word = this.#ring.loadCommitWord(index);
    if (word !== seq * 2) return this.#causeOf(word);
    const { header } = frame;
    this.#ring.readHeader(index, header);
    const pool = this.#poolOf(header.poolId);
    const fault = findHeaderFault(header, index, pool === null ? 0 : pool.strideBytes);
    if (header.frameId !== seq) return this.#isUnchanged(index, seq) ? "identity" : "changed";
    if (fault !== HeaderFault.NONE || pool === null) {
      // A header that was torn while it was copied says nothing about its writer.
      return this.#isUnchanged(index, seq) ? (CAUSE_OF_FAULT[fault] as LossCause) : "changed";
    }
    frame.begin(seq, index, this.#ring, pool);
    return null;
  }

  /** Ends the reading: true when the frame was intact all the while. */
  end(frame: Frame): boolean {
    const isIntact = frame.isIntact();
    frame.end();
    return isIntact;
  }

  #causeOf(word: number): LossCause {
    // Beyond 2^53 a word comes as a BigInt, which no frame of ours has.
    return typeof word === "number" && word % 2 === 1 ? "odd" : "identity";
  }

  #isUnchanged(index: number, seq: number): boolean {
    return this.#ring.reloadCommitWord(index) === seq * 2;
  }

  #poolOf(poolId: number): PayloadPool | null {
    for (let i = 0; i < this.#pools.length; i++) {
      const pool = this.#pools[i] as PayloadPool;
      if (pool.poolId === poolId) return pool;
    }
    return null;
  }
}
