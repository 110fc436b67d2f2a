import { tryLock } from "../../ffi/libc.ts";
import { errnoOf } from "../core/system-errors.ts";
import { nextEpochAfter } from "../protocol/epoch-rules.ts";
import { DescriptorPromise, requireDescriptors } from "./descriptors.ts";
import { type BaseDirectory, type Directory, ensureBaseDirectory } from "./directory.ts";
import { mayHaveCarriedFrames } from "./ended-epoch.ts";
import { RegionCreateError } from "./errors.ts";
import { epochDirectoryName, epochOfDirectoryName, requireComponent } from "./layout.ts";
import { exclusiveLockHolder, type LockHolder } from "./lock-holder.ts";
import type { RegionRights } from "./rights.ts";
import { type SweepReport, sweepEpochs, sweepNamespace } from "./sweep.ts";
import { asCreateError } from "./system-error.ts";

export interface InstanceDirectoryOptions {
  /** Absolute; made where it is missing. */
  readonly baseDir: string;
  readonly namespace: string;
  readonly instanceId: string;
  readonly rights: RegionRights;
}

/** An instance that ends removes empty directories; one that starts meanwhile begins again, but not indefinitely. */
const MAX_ATTEMPTS = 100;
/** The base, the folder that holds it, namespace and instance. */
const DESCRIPTORS = 4;
/** Those of an epoch: its folder, a header ring, and as many pools as most streams have. */
const EPOCH_DESCRIPTORS = 4;
/** A sweep of another process holds the lock for a moment. */
const LOCK_ATTEMPTS = 5;
const LOCK_PAUSE_MS = 2;

/**
 * The last epoch that this process made, by the directory's path: one that was emptied and made again within the same
 * millisecond continues from there (W-21).
 */
const lastEpochs = new Map<string, number>();

/**
 * `<base>/<namespace>/<instance>` (W-30), owned by an exclusive lock for as long as this object is open. Gives out the epochs
 * of one producer, and cleans up behind it and behind those that died.
 */
export class InstanceDirectory {
  readonly #base: BaseDirectory;
  readonly #namespaceName: string;
  readonly #namespace: Directory;
  readonly #instanceName: string;
  readonly #instance: Directory;
  readonly rights: RegionRights;
  readonly #firstEpoch = new DescriptorPromise(EPOCH_DESCRIPTORS);
  #closed = false;

  private constructor(
    base: BaseDirectory,
    namespace: Directory,
    instance: Directory,
    options: InstanceDirectoryOptions,
  ) {
    this.#base = base;
    this.#namespace = namespace;
    this.#namespaceName = options.namespace;
    this.#instance = instance;
    this.#instanceName = options.instanceId;
    this.rights = options.rights;
  }

  /**
   * Opens the directory, making what is missing of it, and locks it.
   * @throws RegionCreateError "in-use" while another process (or another object) owns it, "invalid-options",
   * "unsafe-directory", "no-access"
   */
  static open(options: InstanceDirectoryOptions): InstanceDirectory {
    requireComponent("namespace", options.namespace);
    requireComponent("instance id", options.instanceId);
    try {
      requireDescriptors(pathOf(options), DESCRIPTORS + EPOCH_DESCRIPTORS);
    } catch (error) {
      throw asCreateError(error, pathOf(options));
    }
    let lockAttempts = 0;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const found = InstanceDirectory.#openOnce(options);
      if (found === "vanished") continue;
      if (found instanceof InstanceDirectory) return found;
      lockAttempts += 1;
      if (lockAttempts === LOCK_ATTEMPTS) throw inUse(options, found.holder);
      Bun.sleepSync(LOCK_PAUSE_MS);
    }
    throw new RegionCreateError(
      "failed",
      `${pathOf(options)} cannot be made: it, or a directory on the way, was not there ${MAX_ATTEMPTS} times after it was made; choose another folder for regions`,
      { retryable: true, options: ["shmDir"] },
    );
  }

  /** One try: the owned directory, who owns it, or "vanished" when it was removed under our hands. */
  static #openOnce(options: InstanceDirectoryOptions): InstanceDirectory | { holder: LockHolder | null } | "vanished" {
    const opened: Directory[] = [];
    let owned = false;
    try {
      const base = ensureBaseDirectory(options.baseDir, options.rights);
      opened.push(base.parent, base.directory);
      const namespace = base.directory.ensureChild(options.namespace, options.rights);
      opened.push(namespace);
      const instance = namespace.ensureChild(options.instanceId, options.rights);
      opened.push(instance);
      if (!tryLock(instance.fd, "exclusive")) return { holder: exclusiveLockHolder(instance.stat()) };
      if (!namespace.holds(options.instanceId, instance)) return "vanished";
      owned = true;
      return new InstanceDirectory(base, namespace, instance, options);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return "vanished";
      throw asCreateError(error, pathOf(options));
    } finally {
      if (!owned) for (const directory of opened.reverse()) directory.close();
    }
  }

  /** The canonical path. */
  get path(): string {
    return this.#instance.path;
  }

  get directory(): Directory {
    return this.#instance;
  }

  /** False once it was removed or moved by others: what is made in it is not found under its path. */
  get isInPlace(): boolean {
    return this.#instance.isInPlace;
  }

  get #lastEpoch(): number {
    return lastEpochs.get(this.path) ?? 0;
  }

  /**
   * The next epoch (D-13): above every epoch on disk, above every one given out here, and not below the wall clock in
   * milliseconds, so that epochs grow even when the directories were emptied. Always exact as a number.
   * @throws RegionCreateError "epoch-exhausted" when a foreign epoch on disk leaves no exact number above it
   */
  nextEpoch(wallClockMs: number = Date.now()): number {
    let highestOnDisk = 0n;
    let highestName = epochDirectoryName(this.#lastEpoch);
    for (const name of this.#instance.names()) {
      const epoch = epochOfDirectoryName(name);
      if (epoch !== null && epoch >= highestOnDisk) {
        highestOnDisk = epoch;
        highestName = name;
      }
    }
    const next = nextEpochAfter({ highestOnDisk, current: this.#lastEpoch, wallClockMs });
    if (next !== null) return next;
    throw new RegionCreateError(
      "epoch-exhausted",
      `${this.#instance.pathOf(highestName)}: expected an epoch below ${Number.MAX_SAFE_INTEGER}, found ${highestOnDisk}; remove the directory`,
      { rule: "D-13", expected: `below ${Number.MAX_SAFE_INTEGER}`, found: String(highestOnDisk) },
    );
  }

  /** Epochs whose directories are here, of every owner. */
  epochs(): bigint[] {
    if (!this.isInPlace) return [];
    return this.#instance.names().flatMap((name) => epochOfDirectoryName(name) ?? []);
  }

  /** False only where an epoch that is here never carried a frame. */
  mayHaveCarriedFrames(epoch: bigint): boolean {
    return mayHaveCarriedFrames(this.#instance, epoch);
  }

  /** Before the files of an epoch are made. @throws RegionCreateError "no-descriptors" */
  requireDescriptors(files: number): void {
    this.#firstEpoch.end();
    requireDescriptors(this.path, files + 1);
  }

  /** Makes the directory of an epoch. @throws RegionCreateError "exists" */
  createEpoch(epoch: number): Directory {
    try {
      const directory = this.#instance.makeChild(epochDirectoryName(epoch), this.rights);
      lastEpochs.set(this.path, Math.max(this.#lastEpoch, epoch));
      return directory;
    } catch (error) {
      throw asCreateError(error, this.#instance.pathOf(epochDirectoryName(epoch)));
    }
  }

  /** Removes the directory of an epoch when it is empty. */
  removeEpoch(epoch: number): boolean {
    return this.#instance.removeChild(epochDirectoryName(epoch));
  }

  /** Removes what dead predecessors left here and no process uses (D-19). */
  sweep(spare?: (epoch: bigint) => boolean): SweepReport {
    return sweepEpochs(this.#instance, spare);
  }

  /** Removes what dead instances of the whole namespace left; to be called when room is short. */
  sweepNamespace(): SweepReport {
    return sweepNamespace(this.#namespace);
  }

  /** Gives the directory up, and removes it, its namespace and its base as far as they are empty. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#firstEpoch.end();
    // Removed while the lock is held; one that waits for the lock notices that its directory has no name any more.
    this.#namespace.removeChild(this.#instanceName);
    this.#instance.close();
    this.#base.directory.removeChild(this.#namespaceName);
    this.#namespace.close();
    // A base that we would have made like this may go; one that was set up otherwise (/tmp, /dev/shm) stays.
    const base = this.#base.directory.stat();
    const mode = Number(base.mode) & 0o7777;
    if (mode === this.rights.directoryMode && Number(base.uid) === process.geteuid?.()) {
      this.#base.parent.removeChild(this.#base.name);
    }
    this.#base.directory.close();
    this.#base.parent.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function pathOf(options: InstanceDirectoryOptions): string {
  return `${options.baseDir}/${options.namespace}/${options.instanceId}`;
}

function inUse(options: InstanceDirectoryOptions, holder: LockHolder | null): RegionCreateError {
  const who =
    holder === null ? "another process" : `process ${holder.pid}${holder.command === "" ? "" : ` (${holder.command})`}`;
  return new RegionCreateError(
    "in-use",
    `${pathOf(options)} is in use by ${who}: end that process, or use another stream, namespace or instance id`,
    {
      rule: "W-30",
      options: ["namespace", "instanceId"],
      expected: "an instance directory without an owner",
      found: who,
    },
  );
}
