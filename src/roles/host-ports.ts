import { CountersReader } from "../aeron/counters-reader.ts";
import { ServiceLocks } from "../aeron/service-locks.ts";
import { SystemClock } from "../core/clock.ts";
import {
  type EpochOptions,
  InstanceDirectory,
  type InstanceDirectoryOptions,
  LeasedRegions,
  MappedStream,
  RegionSet,
  requireSpaceIn,
} from "../shm/index.ts";
import type { EpochFolder, RegionMaker, RegionsInMaking, RolePorts } from "./ports.ts";
import { randomId } from "./random-id.ts";

export type { RolePorts } from "./ports.ts";

/** A folder on disk. */
class FolderOnDisk implements EpochFolder {
  readonly #directory: InstanceDirectory;

  constructor(options: InstanceDirectoryOptions) {
    this.#directory = InstanceDirectory.open(options);
  }

  get path(): string {
    return this.#directory.path;
  }

  get isInPlace(): boolean {
    return this.#directory.isInPlace;
  }

  epochs(): bigint[] {
    return this.#directory.epochs();
  }

  mayHaveCarriedFrames(epoch: bigint): boolean {
    return this.#directory.mayHaveCarriedFrames(epoch);
  }

  sweep(spare: (epoch: bigint) => boolean): void {
    this.#directory.sweep(spare);
  }

  beginEpoch(options: EpochOptions): RegionsInMaking {
    return RegionSet.beginIn(this.#directory, options);
  }

  close(): void {
    this.#directory.close();
  }
}

/** Regions as files in shared memory. */
const REGION_FILES: RegionMaker = {
  create: (options) => RegionSet.create(options),
  openFolder: (options) => new FolderOnDisk(options),
  requireSpaceIn,
  map: (announce, baseDirs) => MappedStream.map(announce, baseDirs),
  lease: (announce, baseDirs) => LeasedRegions.map(announce, baseDirs),
};

/** This host. */
export const HOST_PORTS: RolePorts = {
  clock: new SystemClock(),
  regions: REGION_FILES,
  locks: ServiceLocks,
  random: {
    unit: () => Math.random(),
    clientId: randomId,
    u64: () => crypto.getRandomValues(new BigUint64Array(1))[0] as bigint,
  },
  pause: (ms) => Bun.sleep(ms),
  openCounters: (aeronDir) => CountersReader.open(aeronDir),
};
