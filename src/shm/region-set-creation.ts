import { backingOf, PAGE_BYTES, roundUpToPage } from "./backing.ts";
import type { Directory } from "./directory.ts";
import { RegionCreateError } from "./errors.ts";
import type { InstanceDirectory } from "./instance-directory.ts";
import { RESERVE_STEP_BYTES, type RegionFile, RegionReservation } from "./region-file.ts";
import { type EpochOptions, type PlannedFile, planFiles } from "./region-plan.ts";
import type { RegionSet, RegionSetParts } from "./region-set.ts";
import { requireSpace } from "./space.ts";
import { regionBytes } from "./superblock.ts";
import { asCreateError } from "./system-error.ts";
import { SYSTEM_FILES, type SystemFiles } from "./system-files.ts";

/**
 * Regions being created. Memory is reserved step by step, so that the duty cycle continues between the steps; a failure leaves nothing
 * behind.
 */
export class RegionSetCreation {
  readonly totalBytes: number;
  readonly epoch: number;
  readonly #directory: InstanceDirectory;
  readonly #ownsDirectory: boolean;
  readonly #epochDirectory: Directory;
  readonly #options: EpochOptions;
  readonly #reservations: readonly RegionReservation[];
  readonly #complete: (parts: RegionSetParts) => RegionSet;
  #current = 0;
  #prefaulted = 0;
  #files: RegionFile[] | null = null;
  #ended = false;

  private constructor(
    directory: InstanceDirectory,
    ownsDirectory: boolean,
    epoch: number,
    epochDirectory: Directory,
    options: EpochOptions,
    reservations: readonly RegionReservation[],
    complete: (parts: RegionSetParts) => RegionSet,
  ) {
    this.#directory = directory;
    this.#ownsDirectory = ownsDirectory;
    this.epoch = epoch;
    this.#epochDirectory = epochDirectory;
    this.#options = options;
    this.#reservations = reservations;
    this.#complete = complete;
    this.totalBytes = reservations.reduce((sum, reservation) => sum + reservation.totalBytes, 0);
  }

  /**
   * Sweeps provably dead leftovers, checks the room for all regions together, and creates their files.
   * @param ownsDirectory the directory is closed together with the regions, or when their creation fails
   * @param complete builds the finished object from its parts
   * @throws RegionCreateError
   */
  static begin(
    directory: InstanceDirectory,
    ownsDirectory: boolean,
    options: EpochOptions,
    complete: (parts: RegionSetParts) => RegionSet,
  ): RegionSetCreation {
    let epochDirectory: Directory | null = null;
    let epoch = 0;
    const reservations: RegionReservation[] = [];
    try {
      const files = planFiles(options);
      // The epoch is chosen before the sweep, so that it is above every epoch that was ever here.
      epoch = directory.nextEpoch();
      directory.sweep(options.retains);
      directory.requireDescriptors(files.length);
      requireRoom(directory, files, options.systemFiles ?? SYSTEM_FILES);
      epochDirectory = directory.createEpoch(epoch);
      for (const { name, identity } of files) {
        reservations.push(
          RegionReservation.begin({
            directory: epochDirectory,
            name,
            identity: { ...identity, epoch: BigInt(epoch) },
            rights: directory.rights,
            requireHugepages: options.requireHugepages ?? false,
          }),
        );
      }
      return new RegionSetCreation(directory, ownsDirectory, epoch, epochDirectory, options, reservations, complete);
    } catch (error) {
      for (const reservation of reservations) reservation.abort();
      epochDirectory?.close();
      if (epochDirectory !== null) directory.removeEpoch(epoch);
      if (ownsDirectory) directory.close();
      throw asCreateError(error, directory.path);
    }
  }

  /** Bytes reserved, and faulted in if that was requested. */
  get doneBytes(): number {
    const reserved = this.#reservations.reduce((sum, reservation) => sum + reservation.reservedBytes, 0);
    return this.#options.prefault === true ? (reserved + this.#prefaulted) / 2 : reserved;
  }

  /** Does part of the work, about `maxBytes` at most; true when `finish` may be called. @throws RegionCreateError */
  step(maxBytes: number = RESERVE_STEP_BYTES): boolean {
    return this.#guarded(() => {
      while (this.#current < this.#reservations.length) {
        if (!(this.#reservations[this.#current] as RegionReservation).step(maxBytes)) return false;
        this.#current += 1;
        if (this.#current < this.#reservations.length) return false;
      }
      this.#files ??= this.#initialise();
      return this.#options.prefault !== true || this.#prefaultStep(maxBytes);
    });
  }

  /** Does the rest and returns the regions. @throws RegionCreateError */
  finish(): RegionSet {
    while (!this.step());
    const set = this.#complete({
      directory: this.#directory,
      ownsDirectory: this.#ownsDirectory,
      epoch: this.epoch,
      epochDirectory: this.#epochDirectory,
      options: this.#options,
      files: this.#files as RegionFile[],
    });
    this.#ended = true;
    return set;
  }

  /** Cancels and removes everything. Idempotent, without effect after `finish`. */
  abort(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const file of this.#files ?? []) file.close({ unlink: true });
    for (const reservation of this.#reservations) reservation.abort();
    this.#epochDirectory.close();
    this.#directory.removeEpoch(this.epoch);
    if (this.#ownsDirectory) this.#directory.close();
  }

  #initialise(): RegionFile[] {
    const { pid = process.pid, startTimestampNs } = this.#options;
    const files: RegionFile[] = [];
    try {
      for (const reservation of this.#reservations) files.push(reservation.finish({ pid, startTimestampNs }));
      return files;
    } catch (error) {
      for (const file of files) file.close({ unlink: true });
      throw error;
    }
  }

  #prefaultStep(maxBytes: number): boolean {
    let before = 0;
    for (const { mapping } of this.#files as RegionFile[]) {
      const done = this.#prefaulted - before;
      before += mapping.byteLength;
      if (done >= mapping.byteLength) continue;
      const bytes = Math.min(mapping.byteLength - done, roundUpToPage(maxBytes, PAGE_BYTES));
      mapping.prefault(done, bytes);
      this.#prefaulted += bytes;
      return this.#prefaulted === this.totalBytes;
    }
    return true;
  }

  #guarded<T>(action: () => T): T {
    if (this.#ended) throw new RegionCreateError("failed", "the creation was ended before");
    try {
      return action();
    } catch (error) {
      this.abort();
      throw asCreateError(error, this.#directory.path);
    }
  }
}

/** Checks the room for all files; if it is short, sweeps everything that is provably unused and checks again. */
function requireRoom(directory: InstanceDirectory, files: readonly PlannedFile[], systemFiles: SystemFiles): void {
  const check = (): void => {
    const backing = backingOf(directory.directory.fd);
    const bytes = files.reduce((sum, { identity }) => sum + roundUpToPage(regionBytes(identity), backing.pageBytes), 0);
    requireSpace(directory.path, backing, bytes, systemFiles);
  };
  try {
    check();
  } catch (error) {
    if (!(error instanceof RegionCreateError)) throw error;
    if (directory.sweep().freedBytes + directory.sweepNamespace().freedBytes === 0) throw error;
    check();
  }
}
