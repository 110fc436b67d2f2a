import { releaseAll } from "../core/release.ts";
import type { Directory } from "./directory.ts";
import { holdsFirstFrame } from "./ended-epoch.ts";
import { InstanceDirectory } from "./instance-directory.ts";
import { requireStreamInInstanceId } from "./layout.ts";
import type { HeaderRingRegion, PayloadPoolRegion } from "./mapped-stream.ts";
import type { RegionFile } from "./region-file.ts";
import { type EpochOptions, planFiles, type RegionSetOptions, sortedPools } from "./region-plan.ts";
import { RegionSetCreation } from "./region-set-creation.ts";
import { regionRights } from "./rights.ts";
import { HEADER_SLOT_BYTES, SUPERBLOCK_BYTES } from "./superblock.ts";
import { formatRegionUri } from "./uri.ts";
import type { WritableRegions } from "./writable-regions.ts";

/** The parts that a finished creation passes on. */
export interface RegionSetParts {
  readonly directory: InstanceDirectory;
  /** The directory is closed together with the regions. */
  readonly ownsDirectory: boolean;
  readonly epoch: number;
  readonly epochDirectory: Directory;
  readonly options: EpochOptions;
  /** The header ring and then the pools in ascending order of stride. */
  readonly files: readonly RegionFile[];
}

/** All regions of one epoch of a stream, owned by this process. */
export class RegionSet implements WritableRegions {
  readonly streamId: number;
  /** Exact as a number; on the wire a u64. */
  readonly epoch: number;
  readonly nslots: number;
  readonly headerRing: HeaderRingRegion;
  /** In ascending order of stride. */
  readonly pools: readonly PayloadPoolRegion[];
  readonly directory: InstanceDirectory;
  readonly #ownsDirectory: boolean;
  readonly #epochDirectory: Directory;
  readonly #files: readonly RegionFile[];
  #closed = false;

  /** Called by `RegionSetCreation.finish`. */
  constructor({ directory, ownsDirectory, epoch, epochDirectory, options, files }: RegionSetParts) {
    this.directory = directory;
    this.#ownsDirectory = ownsDirectory;
    this.epoch = epoch;
    this.#epochDirectory = epochDirectory;
    this.#files = files;
    this.streamId = options.streamId;
    this.nslots = options.nslots;
    const requireHugepages = options.requireHugepages ?? false;
    const uriOf = (file: RegionFile): string => formatRegionUri({ path: file.path, requireHugepages });
    const [ring, ...pools] = files as [RegionFile, ...RegionFile[]];
    this.headerRing = { uri: uriOf(ring), path: ring.path, mapping: ring.mapping };
    this.pools = sortedPools(options).map(({ poolId, strideBytes }, index) => {
      const file = pools[index] as RegionFile;
      return { poolId, strideBytes, uri: uriOf(file), path: file.path, mapping: file.mapping };
    });
  }

  /** Opens the instance directory and creates all regions, or none. @throws RegionCreateError */
  static create(options: RegionSetOptions): RegionSet {
    return RegionSet.begin(options).finish();
  }

  /** As `create`, step by step. @throws RegionCreateError */
  static begin(options: RegionSetOptions): RegionSetCreation {
    requireStreamInInstanceId(options.instanceId, options.streamId);
    // Options that can be refused without disk access are refused first.
    planFiles(options);
    const { baseDir, namespace, instanceId } = options;
    const directory = InstanceDirectory.open({
      baseDir,
      namespace,
      instanceId,
      rights: regionRights(options.mode, options.gid),
    });
    return RegionSetCreation.begin(directory, true, options, (parts) => new RegionSet(parts));
  }

  /** Creates a further epoch in a directory that the caller keeps. @throws RegionCreateError */
  static createIn(directory: InstanceDirectory, options: EpochOptions): RegionSet {
    return RegionSet.beginIn(directory, options).finish();
  }

  /** As `createIn`, step by step. @throws RegionCreateError */
  static beginIn(directory: InstanceDirectory, options: EpochOptions): RegionSetCreation {
    return RegionSetCreation.begin(directory, false, options, (parts) => new RegionSet(parts));
  }

  /** Refreshes the activity timestamp in every superblock (W-08): CLOCK_MONOTONIC ns as two unsigned words. Allocates nothing. */
  refreshActivity(high: number, low: number): void {
    if (this.#closed) return;
    for (let index = 0; index < this.#files.length; index += 1) {
      (this.#files[index] as RegionFile).superblock.refreshActivity(high, low);
    }
  }

  /**
   * Describes damage by others that keeps readers from mapping the regions; null if there is none. Readers that have mapped them continue;
   * a new epoch is needed.
   */
  findDamage(): string | null {
    if (this.#closed) return null;
    // Files of an epoch are moved and removed together.
    const [ring] = this.#files as [RegionFile, ...RegionFile[]];
    if (!ring.isInPlace) return `its regions were removed or moved (${ring.path})`;
    for (const file of this.#files) {
      const damage = file.findDamage();
      if (damage !== null) return damage;
    }
    return null;
  }

  /** True once a frame was claimed in this epoch: its first slot is no longer in its initial state. */
  get hasCarriedFrames(): boolean {
    return (
      !this.#closed &&
      holdsFirstFrame(new Uint8Array(this.headerRing.mapping.window(SUPERBLOCK_BYTES, HEADER_SLOT_BYTES)))
    );
  }

  /** Bytes of all regions. */
  get totalBytes(): number {
    return this.#files.reduce((sum, { mapping }) => sum + mapping.byteLength, 0);
  }

  /** Locks all regions in memory (mlock). @throws SystemError "ENOMEM" or "EPERM" beyond RLIMIT_MEMLOCK */
  lockInMemory(): void {
    for (const { mapping } of this.#files) mapping.lockInMemory();
  }

  /** Removes epochs of dead predecessors that no process uses any more (D-19). @returns the number of epochs left, including this one */
  sweepPredecessors(): number {
    return this.directory.sweep().kept.length;
  }

  /** Ends all mappings; with `unlink`, removes the files and the directories that became empty. Idempotent. */
  close(options: { readonly unlink: boolean } = { unlink: true }): void {
    if (this.#closed) return;
    this.#closed = true;
    releaseAll([
      ...this.#files.map((file) => () => file.close(options)),
      () => this.#epochDirectory.close(),
      () => {
        if (options.unlink) this.directory.removeEpoch(this.epoch);
      },
      () => {
        // A reader that still held a dead predecessor's regions when these were created has unmapped them since.
        if (this.#ownsDirectory && options.unlink) this.directory.sweep();
      },
      () => {
        if (this.#ownsDirectory) this.directory.close();
      },
    ]);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
