import { nextEpochAfter } from "../../src/protocol/epoch-rules.ts";
import type { EpochFolder, MappedRegions, OwnedRegions, RegionMaker, RegionsInMaking } from "../../src/roles/ports.ts";
import {
  type EpochOptions,
  type PoolAnnouncement,
  RegionCreateError,
  RegionError,
  SUPERBLOCK_BYTES,
  type WritableRegions,
} from "../../src/shm/index.ts";
import { SimEpoch } from "./epoch.ts";
import { BASE_DIR, DYNAMIC_STREAM, LAST_DYNAMIC_STREAM } from "./member.ts";
import { Violation } from "./oracle.ts";
import type { SimProcess } from "./process.ts";

/** Steps in which the regions of an epoch are made. */
const STEPS = 2;

/** A folder that holds the epochs of a stream. */
interface Place {
  readonly path: string;
  readonly epochs: Map<bigint, SimEpoch>;
  /** Holds the folder's lock. */
  owner: SimProcess | null;
  /** False once it was moved away or removed: what is made in it is not found. */
  isInPlace: boolean;
}

/** What the disk reports to the oracle. */
export interface DiskObserver {
  onEpochMade(streamId: number, epoch: number, process: SimProcess): void;
}

/** Shared memory of a host: folders of epochs, in the memory of this process. */
export class SimDisk {
  /** Steps that it takes to make the regions of a stream on demand. */
  dynamicSteps = STEPS;
  /** No room for further regions. */
  isFull = false;
  readonly #places = new Map<string, Place>();
  /** Epochs that some process has mapped, or that have a name. */
  readonly #epochs = new Set<SimEpoch>();
  readonly #wallClockMs: () => number;
  readonly #observer: DiskObserver;

  constructor(wallClockMs: () => number, observer: DiskObserver) {
    this.#wallClockMs = wallClockMs;
    this.#observer = observer;
  }

  /** Epochs that have a name, or are mapped. */
  get epochs(): readonly SimEpoch[] {
    return [...this.#epochs].filter((epoch) => epoch.isNamed || epoch.users.size > 0);
  }

  /** The regions of an epoch that a process has mapped; null when it has none. */
  usedBy(process: SimProcess, streamId: number, epoch: number): SimEpoch | null {
    for (const each of this.#epochs) {
      if (each.epoch === epoch && each.streamId === streamId && each.users.has(process)) return each;
    }
    return null;
  }

  /** Folders of which the process holds the lock. */
  ownedBy(process: SimProcess): readonly string[] {
    return [...this.#places.values()].filter(({ owner }) => owner === process).map(({ path }) => path);
  }

  get folders(): readonly string[] {
    return [...this.#places.keys()];
  }

  /** Removes a folder with all that is in it, or moves it away. */
  displace(path: string, isRemoved: boolean): void {
    const place = this.#places.get(path);
    if (place === undefined) return;
    place.isInPlace = false;
    this.#places.delete(path);
    for (const epoch of place.epochs.values()) {
      epoch.isInPlace = false;
      if (isRemoved) epoch.isNamed = false;
    }
  }

  /** Removes the files of the epochs in a folder, and leaves the folder. */
  removeFiles(path: string): void {
    const place = this.#places.get(path);
    for (const epoch of place?.epochs.values() ?? []) {
      epoch.isInPlace = false;
      epoch.isNamed = false;
    }
    place?.epochs.clear();
  }

  processEnded(process: SimProcess): void {
    for (const place of this.#places.values()) if (place.owner === process) place.owner = null;
    for (const epoch of this.#epochs) epoch.users.delete(process);
  }

  ofProcess(process: SimProcess): RegionMaker {
    return {
      create: ({ baseDir, namespace, instanceId, ...options }) => {
        const place = this.#open(process, `${baseDir}/${namespace}/${instanceId}`);
        try {
          return this.#begin(process, place, options, true).finish();
        } catch (error) {
          if (!process.isDead && place.owner === process) place.owner = null;
          throw error;
        }
      },
      openFolder: ({ baseDir, namespace, instanceId }) =>
        this.#folder(process, this.#open(process, `${baseDir}/${namespace}/${instanceId}`)),
      requireSpaceIn: (path) => this.#requireRoom(path),
      map: (announce) => this.#map(process, announce),
      lease: (announce) => this.#lease(process, announce),
    };
  }

  #open(process: SimProcess, path: string): Place {
    process.step("open a folder of regions");
    if (process.isOutOfDescriptors) throw noDescriptors(path);
    let place = this.#places.get(path);
    if (place === undefined) {
      place = { path, epochs: new Map(), owner: null, isInPlace: true };
      this.#places.set(path, place);
    }
    if (place.owner !== null) {
      throw new RegionCreateError("in-use", `${path} is owned by ${place.owner.name}`);
    }
    place.owner = process;
    return place;
  }

  #folder(process: SimProcess, place: Place): EpochFolder {
    return {
      path: place.path,
      get isInPlace(): boolean {
        return place.isInPlace;
      },
      epochs: () => (place.isInPlace ? [...place.epochs.keys()] : []),
      mayHaveCarriedFrames: (epoch) => place.epochs.get(epoch)?.hasCarriedFrames !== false,
      sweep: (spare) => {
        process.step("sweep epochs");
        this.#sweep(place, spare);
      },
      beginEpoch: (options) => this.#begin(process, place, options, false),
      close: () => {
        if (!process.isDead && place.owner === process) place.owner = null;
      },
    };
  }

  /** Removes epochs that no process uses. */
  #sweep(place: Place, spare: (epoch: bigint) => boolean = () => false): void {
    for (const [number, epoch] of place.epochs) {
      if (epoch.users.size > 0 || spare(number)) continue;
      place.epochs.delete(number);
      epoch.isNamed = false;
      epoch.isInPlace = false;
      this.#epochs.delete(epoch);
    }
  }

  #requireRoom(path: string): void {
    if (this.isFull) throw new RegionCreateError("no-space", `${path}: no room`, { retryable: true });
  }

  #begin(process: SimProcess, place: Place, options: EpochOptions, ownsFolder: boolean): RegionsInMaking {
    process.step("begin an epoch");
    const highestOnDisk = [...place.epochs.keys()].reduce((highest, epoch) => (epoch > highest ? epoch : highest), 0n);
    const current = process.lastEpochs.get(place.path) ?? 0;
    const number = nextEpochAfter({ highestOnDisk, current, wallClockMs: this.#wallClockMs() }) as number;
    this.#sweep(place, options.retains);
    if (process.isOutOfDescriptors) throw noDescriptors(place.path);
    this.#requireRoom(place.path);
    if (BigInt(number) <= highestOnDisk) throw new Violation(`D-13: epoch ${number} is made beside ${highestOnDisk}`);
    process.lastEpochs.set(place.path, number);
    const epoch = new SimEpoch(place.path, number, options, process.pid);
    const release = epoch.use(process);
    epoch.isInPlace = place.isInPlace;
    place.epochs.set(BigInt(number), epoch);
    this.#epochs.add(epoch);
    let steps =
      options.streamId >= DYNAMIC_STREAM && options.streamId <= LAST_DYNAMIC_STREAM ? this.dynamicSteps : STEPS;
    let isEnded = false;
    const abort = (): void => {
      if (isEnded || process.isDead) return;
      isEnded = true;
      release();
      place.epochs.delete(BigInt(number));
      epoch.isNamed = false;
    };
    return {
      step: () => {
        process.step("reserve memory");
        if (this.isFull) {
          abort();
          this.#requireRoom(place.path);
        }
        return --steps <= 0;
      },
      finish: () => {
        process.step("finish an epoch");
        isEnded = true;
        this.#observer.onEpochMade(options.streamId, number, process);
        return this.#owned(process, place, epoch, release, ownsFolder);
      },
      abort,
    };
  }

  #owned(process: SimProcess, place: Place, epoch: SimEpoch, release: () => void, ownsFolder: boolean): OwnedRegions {
    let isClosed = false;
    return {
      ...epoch.regions(),
      epoch: epoch.epoch,
      get hasCarriedFrames(): boolean {
        return !isClosed && epoch.hasCarriedFrames;
      },
      totalBytes: SUPERBLOCK_BYTES,
      refreshActivity: (high, low) => {
        if (!isClosed && !process.isDead) epoch.setActivity(high, low);
      },
      findDamage: () => (isClosed || epoch.isInPlace ? null : "its regions were removed or moved"),
      lockInMemory: () => {},
      sweepPredecessors: () => {
        process.step("sweep predecessors");
        this.#sweep(place);
        return place.epochs.size;
      },
      close: ({ unlink }: { readonly unlink: boolean } = { unlink: true }) => {
        if (isClosed || process.isDead) return;
        isClosed = true;
        release();
        if (unlink) {
          if (place.epochs.get(BigInt(epoch.epoch)) === epoch) place.epochs.delete(BigInt(epoch.epoch));
          epoch.isNamed = false;
          epoch.isInPlace = false;
        }
        if (!ownsFolder) return;
        if (unlink) this.#sweep(place);
        place.owner = null;
      },
    } as OwnedRegions;
  }

  #find(process: SimProcess, announce: PoolAnnouncement): SimEpoch {
    process.step("map regions");
    const uri = announce.headerRegionUri;
    if (!uri.startsWith(`shm:file?path=${BASE_DIR}/`)) {
      throw new RegionError("path-not-allowed", {
        subject: uri,
        what: "path",
        expected: `one below ${BASE_DIR}`,
        found: uri,
      });
    }
    if (process.isOutOfDescriptors) {
      throw new RegionError("not-mappable", { subject: uri, what: "open", expected: "a file", found: "EMFILE" });
    }
    const epoch = [...this.#epochs].find((each) => each.uri === uri && each.isNamed && each.isInPlace);
    if (epoch === undefined) {
      throw new RegionError("region-gone", { subject: uri, what: "file", expected: "a region", found: "none" });
    }
    if (BigInt(epoch.epoch) !== announce.epoch || epoch.streamId !== announce.streamId) {
      throw new RegionError("superblock-mismatch", { subject: uri, what: "epoch", expected: "1", found: "2" });
    }
    return epoch;
  }

  #map(process: SimProcess, announce: PoolAnnouncement): MappedRegions {
    const epoch = this.#find(process, announce);
    const release = epoch.use(process);
    return {
      ...epoch.regions(),
      epoch: BigInt(epoch.epoch),
      pid: BigInt(epoch.pid),
      recheck: () => {
        if (!epoch.isNamed || !epoch.isInPlace) {
          throw new RegionError("region-gone", { subject: epoch.uri, what: "file", expected: "a file", found: "none" });
        }
      },
      requireSame: (other) => {
        if (other.headerRegionUri === epoch.uri) return;
        const [expected, found] = [epoch.uri, other.headerRegionUri];
        throw new RegionError("superblock-mismatch", {
          subject: "",
          what: "region URI",
          expected,
          found,
          rule: "W-07",
        });
      },
      activity: () => epoch.activityNs,
      // No role that is simulated reads frames behind its handler.
      hold: () => {},
      release: () => {},
      close: release,
    };
  }

  #lease(process: SimProcess, announce: PoolAnnouncement): WritableRegions {
    const epoch = this.#find(process, announce);
    const release = epoch.use(process);
    return { ...epoch.regions(), epoch: epoch.epoch, refreshActivity: () => {}, close: release };
  }
}

function noDescriptors(path: string): RegionCreateError {
  return new RegionCreateError("no-descriptors", `${path}: this process has no descriptors left`, { retryable: true });
}
