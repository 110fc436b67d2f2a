import type { PoolAnnouncement } from "./announcement.ts";
import type { AllowedBaseDirs } from "./base-dirs.ts";
import { RegionError } from "./errors.ts";
import { type HeaderRingRegion, MappedStream, type PayloadPoolRegion } from "./mapped-stream.ts";
import type { WritableRegions } from "./writable-regions.ts";

/**
 * A driver's regions as used by the producer that holds the lease: mapped for writing after the same checks as a reader's (D-05). The
 * driver refreshes the activity timestamp, creates and removes them; a producer never does (D-01).
 */
export class LeasedRegions implements WritableRegions {
  readonly streamId: number;
  readonly epoch: number;
  readonly nslots: number;
  readonly headerRing: HeaderRingRegion;
  readonly pools: readonly PayloadPoolRegion[];
  readonly #stream: MappedStream;

  private constructor(stream: MappedStream) {
    this.#stream = stream;
    this.streamId = stream.streamId;
    this.epoch = Number(stream.epoch);
    this.nslots = stream.nslots;
    this.headerRing = stream.headerRing;
    this.pools = stream.pools;
  }

  /** @throws RegionError like `MappedStream.map`; also for an epoch that is not exact as a number */
  static map(announce: PoolAnnouncement, baseDirs: AllowedBaseDirs): LeasedRegions {
    if (announce.epoch > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new RegionError("layout-unsupported", {
        subject: "",
        what: "epoch",
        expected: `at most ${Number.MAX_SAFE_INTEGER}`,
        found: String(announce.epoch),
        rule: "D-13",
      });
    }
    return new LeasedRegions(MappedStream.map(announce, baseDirs, "read-write"));
  }

  /** Done by the driver (D-04). */
  refreshActivity(_high: number, _low: number): void {}

  close(): void {
    this.#stream.close();
  }
}
