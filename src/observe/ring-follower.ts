import { FrameHeader } from "../protocol/frame-header.ts";
import { newestSeqOf } from "../roles/ring-extent.ts";
import { planMapping } from "../shm/announcement.ts";
import { HeaderRing } from "../shm/header-ring.ts";
import type { AllowedBaseDirs, PoolAnnouncement } from "../shm/index.ts";
import { MappedRegion } from "../shm/mapped-region.ts";

/** No frame was written yet. */
export const NO_FRAME = -1;
/** Frames read at one look if more were written than the ring holds: enough for statistics, and few cache lines of the producer. */
const MAX_SAMPLED = 64;

/** Called in order for each committed frame that a look finds; the header is valid during the call only. */
export type SeenFrame = (seq: number, header: FrameHeader) => void;

/**
 * Follows a producer's committed frames through the header ring alone. The ring is mapped for reading after all checks, and no payload is
 * mapped. The producer is affected only by a cache line that is read at intervals: no window of Aeron waits for this reader, so it may look
 * as rarely as it likes. Frames that were overwritten between two looks are not seen, but counted by their seqs.
 */
export class RingFollower implements Disposable {
  readonly epoch: bigint;
  readonly nslots: number;
  /** Seq of the newest committed frame that was found; `NO_FRAME` before the first. */
  newestSeq = NO_FRAME;
  readonly #region: MappedRegion;
  readonly #ring: HeaderRing;
  readonly #header = new FrameHeader();

  private constructor(region: MappedRegion, epoch: bigint, nslots: number) {
    this.#region = region;
    this.#ring = new HeaderRing(region.mapping, nslots);
    this.epoch = epoch;
    this.nslots = nslots;
  }

  /** @throws RegionError if the announce or the region breaks a rule */
  static map(announcement: PoolAnnouncement, baseDirs: AllowedBaseDirs): RingFollower {
    const { uri, identity } = planMapping(announcement).headerRing;
    return new RingFollower(MappedRegion.map(uri, identity, baseDirs), announcement.epoch, announcement.headerNslots);
  }

  /** CLOCK_MONOTONIC ns of the owner's last sign of life in the ring; 0 once it has ended the stream. */
  get activityNs(): bigint {
    return this.#region.activity();
  }

  /** Moves to the newest frame without reading those before it. */
  skipToNewest(): void {
    this.newestSeq = this.#findNewest();
  }

  /** Reads the frames that were committed since the last look. */
  look(onFrame: SeenFrame): void {
    let seq = this.newestSeq + 1;
    let isResumed = false;
    for (let walked = 0; walked < this.nslots; walked++) {
      const word = this.#ring.loadCommitWord(this.#ring.indexOf(seq));
      if (word > seq * 2 + 1) {
        // Overtaken again: the next look starts near the newest frame.
        if (isResumed) return;
        isResumed = true;
        seq = this.#resume(seq);
        continue;
      }
      if (word !== seq * 2 || !this.#read(seq)) {
        // Aborted by its writer, or still being filled while later ones are complete: it is not waited for.
        if (!this.#isCommitted(seq + 1)) return;
      } else {
        onFrame(seq, this.#header);
      }
      this.newestSeq = seq;
      seq++;
    }
  }

  [Symbol.dispose](): void {
    this.#region.close();
  }

  /** Where to continue if `seq` was overwritten: near the newest frame, and never backwards. */
  #resume(seq: number): number {
    const newest = this.#findNewest();
    const span = Math.min(this.nslots / 2, MAX_SAMPLED);
    const from = Math.max(seq + 1, newest - span + 1);
    this.newestSeq = Math.max(this.newestSeq, from - 1);
    return from;
  }

  #isCommitted(seq: number): boolean {
    return this.#ring.loadCommitWord(this.#ring.indexOf(seq)) === seq * 2 && this.#read(seq);
  }

  /** Copies the header of frame `seq`; false if the slot does not hold it, or no longer does. */
  #read(seq: number): boolean {
    const index = this.#ring.indexOf(seq);
    this.#ring.readHeader(index, this.#header);
    // A slot of zeros, which was never written, looks like a committed frame 0 without a dtype.
    return this.#header.dtype !== 0 && this.#header.frameId === seq && this.#ring.stillHasCommitWord(index, seq * 2);
  }

  #findNewest(): number {
    return newestSeqOf(this.#ring, NO_FRAME, false);
  }
}
