/** A file that the participants of a stream map. */
export interface RegionPlace {
  /** Canonical and absolute. */
  readonly path: string;
  /** Mapped bytes, from the beginning of the file. */
  readonly byteLength: number;
}

/** Location of a pool's slots, and of their headers, in files (W-02). There is one object for each pool of a mapped epoch. */
export interface SlotPlace {
  readonly streamId: number;
  readonly epoch: bigint;
  readonly nslots: number;
  readonly poolId: number;
  readonly strideBytes: number;
  readonly headerRing: RegionPlace;
  readonly pool: RegionPlace;
}
