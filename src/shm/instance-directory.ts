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
  /** Absolute; created if it is missing. */
  readonly baseDir: string;
  readonly namespace: string;
  readonly instanceId: string;
  readonly rights: RegionRights;
}

/** An instance that ends removes empty directories; one that starts meanwhile retries, but not indefinitely. */
const MAX_ATTEMPTS = 100;
/** Base, its parent folder, namespace and instance. */
const DESCRIPTORS = 4;
/** Descriptors of an epoch: its folder, a header ring, and as many pools as most streams have. */
const EPOCH_DESCRIPTORS = 4;
/** Another process's sweep holds the lock briefly. */
const LOCK_ATTEMPTS = 5;
const LOCK_PAUSE_MS = 2;

/**
 * The last epoch that this process created, by the directory's path: a directory that was emptied and created again within the same
 * millisecond continues from there (W-21).
 */
const lastEpochs = new Map<string, number>();

/**
 * `<base>/<namespace>/<instance>` (W-30), owned by an exclusive lock while this object is open. Assigns the epochs of one producer, and
 * removes its leftovers and those of dead processes.
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
   * Opens the directory, creating missing parts, and locks it.
   * @throws RegionCreateError "in-use" while another process (or another object) owns it, "invalid-options", "unsafe-directory",
   * "no-access"
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

  /** One attempt: returns the owned directory, its current owner, or "vanished" if it was removed meanwhile. */
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

  /** False once another process removed or moved it: files created in it are then not found under its path. */
  get isInPlace(): boolean {
    return this.#instance.isInPlace;
  }

  get #lastEpoch(): number {
    return lastEpochs.get(this.path) ?? 0;
  }

  /**
   * The next epoch (D-13): above every epoch on disk and every one assigned here, and not below the wall clock in milliseconds, so that
   * epochs grow even if the directories were emptied. Always exact as a number.
   * @throws RegionCreateError "epoch-exhausted" if a foreign epoch on disk leaves no exact number above it
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

  /** Epochs whose directories exist here, of every owner. */
  epochs(): bigint[] {
    if (!this.isInPlace) return [];
    return this.#instance.names().flatMap((name) => epochOfDirectoryName(name) ?? []);
  }

  /** False only if an epoch in this directory never carried a frame. */
  mayHaveCarriedFrames(epoch: bigint): boolean {
    return mayHaveCarriedFrames(this.#instance, epoch);
  }

  /** Called before the files of an epoch are created. @throws RegionCreateError "no-descriptors" */
  requireDescriptors(files: number): void {
    this.#firstEpoch.end();
    requireDescriptors(this.path, files + 1);
  }

  /** Creates the directory of an epoch. @throws RegionCreateError "exists" */
  createEpoch(epoch: number): Directory {
    try {
      const directory = this.#instance.makeChild(epochDirectoryName(epoch), this.rights);
      lastEpochs.set(this.path, Math.max(this.#lastEpoch, epoch));
      return directory;
    } catch (error) {
      throw asCreateError(error, this.#instance.pathOf(epochDirectoryName(epoch)));
    }
  }

  /** Removes the directory of an epoch if it is empty. */
  removeEpoch(epoch: number): boolean {
    return this.#instance.removeChild(epochDirectoryName(epoch));
  }

  /** Removes leftovers of dead predecessors that no process uses (D-19). */
  sweep(spare?: (epoch: bigint) => boolean): SweepReport {
    return sweepEpochs(this.#instance, spare);
  }

  /** Removes leftovers of dead instances in the whole namespace; to be called when space is short. */
  sweepNamespace(): SweepReport {
    return sweepNamespace(this.#namespace);
  }

  /** Closes the directory and removes it, its namespace and its base if they are empty. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#firstEpoch.end();
    // Removed while the lock is held; a process that waits for the lock notices that the directory has been unlinked.
    this.#namespace.removeChild(this.#instanceName);
    this.#instance.close();
    this.#base.directory.removeChild(this.#namespaceName);
    this.#namespace.close();
    // A base with the rights that we would have set may be removed; one that was set up otherwise (/tmp, /dev/shm) stays.
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
