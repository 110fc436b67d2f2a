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

/** What a demo is going to do. */
export interface DemoPlan {
  /** For the title, e.g. `uint8 480x640`; the spec itself where nothing more is known before the first frame. */
  readonly title: string;
  /** The producer's options that say where frames come from. */
  readonly sourceArguments: readonly string[];
  /** True when frames come from a pipe or a device: nothing is known of them before they come, not even when that is. */
  readonly isStream: boolean;
  /** Null: as fast as they come. */
  readonly rateHz: number | null;
  readonly seconds: number;
  /** Slots of the ring; null: as the producer chooses. */
  readonly slots: number | null;
  /** How long the slow consumer holds each frame. */
  readonly delayNs: number;
  /** The slow consumer skips to the newest frame when it is further behind than this. */
  readonly maxSeqGap: number;
}

const DEFAULT_RATE_HZ = 500;
/** The slow consumer needs so many times longer for a frame than the producer. */
const SLOWNESS = 4;
const MIN_DELAY_NS = 100_000;
const MAX_DELAY_NS = 100e6;
/** Of a ring that holds this long, a consumer that shares two CPUs with everything else still reads every frame. */
const RING_SECONDS = 0.25;
const MIN_SLOTS = 8;
const MAX_SLOTS = 1024;
const MAX_RING_BYTES = 128 * 1024 * 1024;
const SLOT_HEADER_BYTES = 256;
/** What the media driver and the publications take of /dev/shm, and some room beside. */
const AERON_BYTES = 20 * 1024 * 1024;
/** Of what is free then; the rest is for others. */
const RING_SHARE = 0.75;

/** Understands the options and looks at the source, before anything is started. @throws UsageError, SourceError, DemoError */
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
    // Frames of unknown size: where there is little room, the fewest slots leave the most for each.
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

/** Free bytes of the file system on which `path` is, or will be. */
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

/** What is not there counts as a file: opening it says what is wrong. */
function isStreamFile(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}
