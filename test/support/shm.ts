import { mkdirSync, readdirSync, readFileSync, readlinkSync, statfsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { closeFile, O, openFile, truncateFile } from "../../ffi/libc.ts";
import type { PoolAnnouncement } from "../../src/shm/announcement.ts";
import { RegionCreateError, RegionError } from "../../src/shm/errors.ts";
import { Mapping } from "../../src/shm/mapping.ts";
import type { RegionSetOptions } from "../../src/shm/region-plan.ts";
import { RegionSet } from "../../src/shm/region-set.ts";
import { type RegionIdentity, regionBytes, SUPERBLOCK_BYTES, SuperblockWriter } from "../../src/shm/superblock.ts";
import { TEST_PARENT, TestFolder } from "./test-folder.ts";

export const STREAM_ID = 10_000;

const CHILD_DIRECTORY = "TENSORPOOL_TEST_DIRECTORY";

/** A directory of the test's own, in shared memory, that goes when the block that declared it ends. */
export class TemporaryDirectory {
  readonly path: string;
  readonly #folder: TestFolder;

  /** In a child of `runChild`, a part of a directory that the parent removes even when the child crashed. */
  constructor(parent = process.env[CHILD_DIRECTORY] ?? TEST_PARENT) {
    this.#folder = new TestFolder(parent);
    this.path = this.#folder.path;
  }

  at(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  [Symbol.dispose](): void {
    this.#folder.remove();
  }
}

/** Options of a small stream in `<dir>/base`: 8 slots, one pool of 4 KiB slots. */
export function smallStream(dir: TemporaryDirectory, overrides: Partial<RegionSetOptions> = {}): RegionSetOptions {
  return {
    baseDir: dir.at("base"),
    namespace: "test",
    instanceId: `camera-${STREAM_ID}`,
    streamId: STREAM_ID,
    nslots: 8,
    pools: [{ poolId: 1, strideBytes: 4096 }],
    mode: "private",
    startTimestampNs: 123_456_789n,
    ...overrides,
  };
}

export function createSmallStream(dir: TemporaryDirectory, overrides: Partial<RegionSetOptions> = {}): RegionSet {
  return RegionSet.create(smallStream(dir, overrides));
}

/** The announce that a producer of these regions would send. */
export function announceOf(set: RegionSet, overrides: Partial<PoolAnnouncement> = {}): PoolAnnouncement {
  return {
    streamId: set.streamId,
    producerId: 7,
    epoch: BigInt(set.epoch),
    layoutVersion: 1,
    headerNslots: set.nslots,
    headerSlotBytes: 256,
    maxDims: 8,
    pools: set.pools.map((pool) => ({
      poolId: pool.poolId,
      poolNslots: set.nslots,
      strideBytes: pool.strideBytes,
      regionUri: pool.uri,
    })),
    headerRegionUri: set.headerRing.uri,
    ...overrides,
  };
}

/** A region file made by hand: sparse, with a superblock, of the length that its identity needs or of another one. */
export function writeRegion(
  path: string,
  identity: RegionIdentity,
  byteLength = Math.max(4096, regionBytes(identity)),
): void {
  mkdirSync(dirname(path), { recursive: true });
  const block = new ArrayBuffer(SUPERBLOCK_BYTES);
  new SuperblockWriter(block).initialise(identity, { pid: process.pid, startTimestampNs: 1n });
  writeFileSync(path, new Uint8Array(block));
  const fd = openFile(path, O.RDWR);
  truncateFile(fd, byteLength);
  closeFile(fd);
}

/** Maps a file for writing, whoever it belongs to: the hand of a peer that breaks the rules. */
export function tamper(path: string, change: (bytes: DataView) => void): void {
  const fd = openFile(path, O.RDWR);
  const mapping = Mapping.ofFile(fd, 4096, "read-write");
  closeFile(fd);
  try {
    change(new DataView(mapping.window(0, 4096)));
  } finally {
    mapping.close();
  }
}

/** The RegionError that `action` throws; anything else fails the test. */
export function refusalOf(action: () => unknown): RegionError {
  const error = thrownBy(action);
  if (error instanceof RegionError) return error;
  throw new Error(`expected a RegionError, found ${String(error)}`);
}

/** The RegionCreateError that `action` throws; anything else fails the test. */
export function creationErrorOf(action: () => unknown): RegionCreateError {
  const error = thrownBy(action);
  if (error instanceof RegionCreateError) return error;
  throw new Error(`expected a RegionCreateError, found ${String(error)}`);
}

function thrownBy(action: () => unknown): unknown {
  let result: unknown;
  try {
    result = action();
  } catch (error) {
    return error;
  }
  if (typeof result === "object" && result !== null && Symbol.dispose in result)
    (result as Disposable)[Symbol.dispose]();
  return new Error("expected an error, and nothing was thrown");
}

/** Open descriptors and mappings of this process that lead to files below `path`. */
export function heldBelow(path: string): { descriptors: number; mappings: number } {
  const descriptors = readdirSync("/proc/self/fd").filter((fd) =>
    linkOf(`/proc/self/fd/${fd}`).startsWith(`${path}/`),
  ).length;
  const mappings = readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => line.includes(` ${path}`)).length;
  return { descriptors, mappings };
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    // The descriptor of the listing itself is closed by now.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

/** Runs TypeScript in a Bun process of its own, for subjects that may crash; it starts in the project's root. */
export async function runChild(
  code: string,
): Promise<{ exitCode: number | null; signal: NodeJS.Signals | number | null; stdout: string; stderr: string }> {
  using dir = new TemporaryDirectory();
  const child = Bun.spawn([process.execPath, "-e", code], {
    env: { ...process.env, [CHILD_DIRECTORY]: dir.path },
    cwd: join(import.meta.dir, "../.."),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await child.exited;
  return { exitCode: child.exitCode, signal: child.signalCode, stdout, stderr };
}

/** A file system of the test's own at `path`; null where this user may not mount. */
export function mountAt(path: string, type: "tmpfs" | "hugetlbfs", options: string): Disposable | null {
  mkdirSync(path, { recursive: true });
  const before = statfsSync(path).type;
  const result = Bun.spawnSync(["mount", "-t", type, "-o", options, "tensorpool-test", path]);
  if (result.exitCode !== 0) return null;
  if (type === "hugetlbfs" && statfsSync(path).type === before) return null;
  return {
    [Symbol.dispose]() {
      const unmounted = Bun.spawnSync(["umount", path]);
      if (unmounted.exitCode !== 0) throw new Error(`umount ${path}: ${unmounted.stderr.toString()}`);
    },
  };
}
