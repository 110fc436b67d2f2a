import { existsSync, statfsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { OptionError } from "../../core/errors.ts";
import { formatBytes } from "../../core/units.ts";
import { describeLayout, type ParsedSource, parseSource } from "../../io/index.ts";
import { formatDims } from "../../io/layout.ts";
import type { DemoValues } from "../commands.ts";
import { shmDirOf } from "../config/aeron-dir.ts";
import { poolsFor } from "../sizing/pool-sizes.ts";
import { DemoError } from "./errors.ts";

/** The plan of a demo. */
export interface DemoPlan {
  /** Text for the title, e.g. `uint8 480x640`; the source spec if nothing more is known before the first frame. */
  readonly title: string;
  /** The producer's options for its source. */
  readonly sourceArguments: readonly string[];
  /** True if frames come from a pipe or device: neither their layout nor their arrival is known in advance. */
  readonly isStream: boolean;
  /** Null: as fast as possible. */
  readonly rateHz: number | null;
  readonly seconds: number;
  /** Slots of the ring; null: the producer's default. */
  readonly slots: number | null;
  /** How long the slow consumer holds each frame. */
  readonly delayNs: number;
  /** The slow consumer skips to the newest frame when it is further behind than this. */
  readonly maxSeqGap: number;
}

const DEFAULT_RATE_HZ = 500;
/** The slow consumer takes this many times longer for a frame than the producer. */
const SLOWNESS = 4;
const MIN_DELAY_NS = 100_000;
const MAX_DELAY_NS = 100e6;
/** With a ring that holds this many seconds, a consumer that shares two CPUs with all other processes still reads every frame. */
const RING_SECONDS = 0.25;
const MIN_SLOTS = 8;
const MAX_SLOTS = 1024;
const MAX_RING_BYTES = 128 * 1024 * 1024;
const SLOT_HEADER_BYTES = 256;
/** Room in /dev/shm for the media driver and the publications, with some reserve. */
const AERON_BYTES = 20 * 1024 * 1024;
/** Share of the remaining free space for the ring; the rest is for other users. */
const RING_SHARE = 0.75;

/** Parses the options and examines the source before any process starts. @throws UsageError, SourceError, DemoError */
export async function planDemo(values: DemoValues): Promise<DemoPlan> {
  const { source: spec, rate: givenRateHz, dtype, dims } = values;
  const seconds = values.seconds / 1e9;
  if (!(seconds > 0)) throw new OptionError("seconds", "expected more than 0, found 0");
  const specOptions = { dtype, dims, once: true };
  const parsed = parseSource(spec, { ...specOptions, rateHz: givenRateHz ?? DEFAULT_RATE_HZ });
  const layoutArguments = [
    ...(dtype === undefined ? [] : ["--dtype", dtype]),
    ...(dims === undefined ? [] : ["--dims", formatDims(dims)]),
  ];
  const sourceArguments = ["--source", spec, "--once", ...layoutArguments];
  const freeBytes = freeBytesOf(shmDirOf(values));

  if (readsStream(parsed)) {
    const rateHz = givenRateHz ?? DEFAULT_RATE_HZ;
    // The frame size is unknown: if there is little room, the smallest number of slots leaves the most for each.
    const slots = (freeBytes - AERON_BYTES) * RING_SHARE < MAX_RING_BYTES / 2 ? MIN_SLOTS : null;
    return { title: spec, sourceArguments, isStream: true, rateHz, seconds, slots, ...slowness(rateHz, MIN_SLOTS) };
  }
  const source = await parsed.open();
  const { layout, maxByteLength, nativeRateHz } = source;
  source.close();
  const isUnpaced = parsed.kind === "synthetic" && nativeRateHz === null;
  const rateHz = givenRateHz ?? nativeRateHz ?? (isUnpaced ? null : DEFAULT_RATE_HZ);
  const slots = slotsFor(maxByteLength, rateHz ?? DEFAULT_RATE_HZ, freeBytes);
  const title = `${parsed.kind === "synthetic" ? "synthetic" : spec} ${describeLayout(layout)}`;
  return { title, sourceArguments, isStream: false, rateHz, seconds, slots, ...slowness(rateHz, slots) };
}

function slowness(rateHz: number | null, slots: number): { delayNs: number; maxSeqGap: number } {
  const periodNs = 1e9 / (rateHz ?? DEFAULT_RATE_HZ);
  const delayNs = Math.min(MAX_DELAY_NS, Math.max(MIN_DELAY_NS, Math.round(SLOWNESS * periodNs)));
  return { delayNs, maxSeqGap: slots / 4 };
}

/** Slots of the ring, a power of two: enough for the rate, and no more than the memory allows. @throws DemoError */
export function slotsFor(frameBytes: number, rateHz: number, freeBytes: number): number {
  const [pool = { strideBytes: frameBytes }] = poolsFor(frameBytes);
  const slotBytes = pool.strideBytes + SLOT_HEADER_BYTES;
  const ringBytes = Math.min(MAX_RING_BYTES, (freeBytes - AERON_BYTES) * RING_SHARE);
  let slots = MIN_SLOTS;
  while (slots < MAX_SLOTS && slots < rateHz * RING_SECONDS && slots * 2 * pool.strideBytes <= ringBytes) slots *= 2;
  const neededBytes = AERON_BYTES + slots * slotBytes;
  if (neededBytes > freeBytes) {
    const expected = `${formatBytes(neededBytes)} of free shared memory (${MIN_SLOTS} frames of ${formatBytes(frameBytes)}, and Aeron)`;
    throw new DemoError(
      "no-space",
      `the demo expects ${expected}, found ${formatBytes(freeBytes)}: use smaller frames, or another place with --shm-dir and --aeron-dir`,
      { expected, found: formatBytes(freeBytes) },
    );
  }
  return slots;
}

/** Free bytes of the file system that holds, or will hold, `path`. */
function freeBytesOf(path: string): number {
  let folder = resolve(path);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** True for standard input, FIFOs and devices, which can be read only once, by the producer. */
function readsStream({ kind, spec }: ParsedSource): boolean {
  if (kind === "synthetic") return false;
  const rest = spec.slice(spec.indexOf(":") + 1);
  const paths = kind === "npy" ? rest.split(",") : [rest];
  return paths.some((path) => path === "-" || isStreamFile(path));
}

/** A missing path counts as a file: opening it reports the error. */
function isStreamFile(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}
