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

// What roles need of their host beside messages (`aeron/ports.ts`): regions, locks, chance and time. `HOST_PORTS` is the real one; a
// simulation has its own (test/sim).

/** The regions of an epoch in the hands of their owner. */
export type OwnedRegions = Pick<RegionSet, Exclude<keyof RegionSet, "directory" | typeof Symbol.dispose>>;

/** The regions of a stream that another process owns. */
export type MappedRegions = Pick<MappedStream, Exclude<keyof MappedStream, typeof Symbol.dispose>>;

/** The regions of an epoch while they are made. */
export interface RegionsInMaking {
  /** Does a part of the work, at most about `maxBytes`; true when `finish` may be called. @throws RegionCreateError */
  step(maxBytes: number): boolean;
  /** Does the rest, and hands the regions over. @throws RegionCreateError */
  finish(): OwnedRegions;
  /** Gives up and removes everything. */
  abort(): void;
}

/** The folder of a stream's epochs, owned for as long as it is open. */
export interface EpochFolder {
  readonly path: string;
  /** False once it was removed or moved by others. */
  readonly isInPlace: boolean;
  /** Epochs whose regions are in the folder, whichever process made them. */
  epochs(): bigint[];
  /** False only if an epoch that is here never carried a frame. */
  mayHaveCarriedFrames(epoch: bigint): boolean;
  /** Removes epochs that no process uses, but those to spare. */
  sweep(spare: (epoch: bigint) => boolean): void;
  /** Begins the regions of the next epoch. @throws RegionCreateError */
  beginEpoch(options: EpochOptions): RegionsInMaking;
  close(): void;
}

/** Makes and maps regions. */
export interface RegionMaker {
  /** A producer's own. @throws RegionCreateError */
  create(options: RegionSetOptions): OwnedRegions;
  /** A driver's. @throws RegionCreateError */
  openFolder(options: InstanceDirectoryOptions): EpochFolder;
  /** @throws RegionCreateError "no-space" */
  requireSpaceIn(path: string, byteLength: number): void;
  /** For reading. @throws RegionError */
  map(announce: PoolAnnouncement, baseDirs: AllowedBaseDirs): MappedRegions;
  /** For writing, with a lease. @throws RegionError */
  lease(announce: PoolAnnouncement, baseDirs: AllowedBaseDirs): WritableRegions;
}

/** The locks of a process that owns streams; the kernel gives them back when it dies. */
export interface OwnerLocks {
  /** False when another driver serves the control stream. */
  tryControlStream(controlStreamId: number): boolean;
  /** False when another process owns the stream. */
  tryStream(streamId: number, owner: OwnerKind): boolean;
  releaseStream(streamId: number): void;
  close(): void;
}

/** The locks of all processes in an Aeron folder. */
export interface OwnerLockTable {
  open(aeronDir: string): OwnerLocks;
  /** True while a living driver serves this control stream. */
  isServed(aeronDir: string, controlStreamId: number): boolean;
  ownerOf(aeronDir: string, streamId: number): StreamOwner | null;
}

/** Chance. */
export interface RandomSource {
  /** A number from 0 up to, not including, 1. */
  unit(): number;
  /** A client id (W-38): never 0, nor the null value. */
  clientId(): number;
  u64(): bigint;
}

/** The media driver's counters, read from outside. */
export interface CounterSource {
  snapshot(isWanted: (typeId: number) => boolean): CounterRecord[];
  close(): void;
}

export interface RolePorts {
  readonly clock: Clock;
  readonly regions: RegionMaker;
  readonly locks: OwnerLockTable;
  readonly random: RandomSource;
  /** Resolves after a while, in which other agents run. */
  pause(ms: number): Promise<void>;
  /** @throws CountersError */
  openCounters(aeronDir: string): CounterSource;
}
