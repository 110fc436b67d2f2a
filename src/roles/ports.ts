import type { CounterRecord } from "../aeron/counters-reader.ts";
import type { OwnerKind, StreamOwner } from "../aeron/service-locks.ts";
import type { Clock } from "../core/clock.ts";
import type {
  AllowedBaseDirs,
  EpochOptions,
  InstanceDirectoryOptions,
  MappedStream,
  PoolAnnouncement,
  RegionSet,
  RegionSetOptions,
  WritableRegions,
} from "../shm/index.ts";

// The services of the host that roles need besides messaging (`aeron/ports.ts`): regions, locks, randomness and time. `HOST_PORTS` is the
// real one; a simulation has its own (test/sim).

/** The regions of an epoch as their owner uses them. */
export type OwnedRegions = Pick<RegionSet, Exclude<keyof RegionSet, "directory" | typeof Symbol.dispose>>;

/** The regions of a stream that another process owns. */
export type MappedRegions = Pick<MappedStream, Exclude<keyof MappedStream, typeof Symbol.dispose>>;

/** The regions of an epoch while they are being created. */
export interface RegionsInMaking {
  /** Does part of the work, about `maxBytes` at most; true when `finish` may be called. @throws RegionCreateError */
  step(maxBytes: number): boolean;
  /** Does the rest and returns the regions. @throws RegionCreateError */
  finish(): OwnedRegions;
  /** Cancels and removes everything. */
  abort(): void;
}

/** The folder of a stream's epochs, owned while it is open. */
export interface EpochFolder {
  readonly path: string;
  /** False once another process removed or moved it. */
  readonly isInPlace: boolean;
  /** Epochs whose regions are in the folder, created by any process. */
  epochs(): bigint[];
  /** False only if an epoch in this folder never carried a frame. */
  mayHaveCarriedFrames(epoch: bigint): boolean;
  /** Removes epochs that no process uses, except those to spare. */
  sweep(spare: (epoch: bigint) => boolean): void;
  /** Begins the regions of the next epoch. @throws RegionCreateError */
  beginEpoch(options: EpochOptions): RegionsInMaking;
  close(): void;
}

/** Creates and maps regions. */
export interface RegionMaker {
  /** Creates a producer's own regions. @throws RegionCreateError */
  create(options: RegionSetOptions): OwnedRegions;
  /** Opens the folder for a driver's regions. @throws RegionCreateError */
  openFolder(options: InstanceDirectoryOptions): EpochFolder;
  /** @throws RegionCreateError "no-space" */
  requireSpaceIn(path: string, byteLength: number): void;
  /** Maps for reading. @throws RegionError */
  map(announce: PoolAnnouncement, baseDirs: AllowedBaseDirs): MappedRegions;
  /** Maps for writing, with a lease. @throws RegionError */
  lease(announce: PoolAnnouncement, baseDirs: AllowedBaseDirs): WritableRegions;
}

/** The locks of a process that owns streams; the kernel releases them when it dies. */
export interface OwnerLocks {
  /** False when another driver serves the control stream. */
  tryControlStream(controlStreamId: number): boolean;
  /** False when another process owns the stream. */
  tryStream(streamId: number, owner: OwnerKind): boolean;
  releaseStream(streamId: number): void;
  close(): void;
}

/** The locks of all processes that use an Aeron folder. */
export interface OwnerLockTable {
  open(aeronDir: string): OwnerLocks;
  /** True while a live driver serves this control stream. */
  isServed(aeronDir: string, controlStreamId: number): boolean;
  ownerOf(aeronDir: string, streamId: number): StreamOwner | null;
}

/** Source of random numbers. */
export interface RandomSource {
  /** A number in [0, 1). */
  unit(): number;
  /** A client id (W-38): neither 0 nor the null value. */
  clientId(): number;
  u64(): bigint;
}

/** The media driver's counters, read from outside it. */
export interface CounterSource {
  snapshot(isWanted: (typeId: number) => boolean): CounterRecord[];
  close(): void;
}

export interface RolePorts {
  readonly clock: Clock;
  readonly regions: RegionMaker;
  readonly locks: OwnerLockTable;
  readonly random: RandomSource;
  /** Resolves after a delay during which other agents run. */
  pause(ms: number): Promise<void>;
  /** @throws CountersError */
  openCounters(aeronDir: string): CounterSource;
}
