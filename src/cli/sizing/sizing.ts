import { DESCRIPTOR_FRAME_BYTES, descriptorWindow } from "../../aeron/channel.ts";
import { UsageError } from "../../core/errors.ts";
import { formatBytes } from "../../core/units.ts";
import { streamCounters } from "../../roles/driver/driver-counters.ts";
import { epochBytes } from "../../roles/driver/driver-options.ts";
import { MAX_NSLOTS, MAX_REGION_BYTES } from "../../shm/announcement.ts";
import { poolsFor } from "./pool-sizes.ts";

/** The requirements of a stream. */
export interface SizingRequest {
  readonly rateHz: number;
  readonly frameBytes: number;
  /** Longest time from a frame's publication until its slowest reader is done with it. */
  readonly latencyNs: number;
  /** How many times this latency the ring must hold. */
  readonly headroom: number;
  /** Consumers of each stream. */
  readonly consumers: number;
  /** Number of streams of this kind. */
  readonly streams: number;
  /** `policies.epoch_gc_keep`. */
  readonly keptEpochs: number;
}

/** The layout of each stream, the memory of all streams, and how long a consumer may be delayed without losing frames. */
export interface Sizing {
  readonly request: SizingRequest;
  /** Slots according to the rule, before rounding up to a power of two. */
  readonly neededSlots: number;
  readonly slots: number;
  readonly strideBytes: number;
  /** The header ring and the pool of one epoch. */
  readonly epochBytes: number;
  /** Epochs for which the driver has room: the current one and the retained ones. */
  readonly epochs: number;
  /** Bytes of the regions of all streams. */
  readonly regionBytes: number;
  readonly windowBytes: number;
  readonly windowFrames: number;
  readonly termBytes: number;
  /** Bytes of Aeron: the media driver's files, and the logs of all roles. */
  readonly aeronBytes: number;
  /** Bytes that /dev/shm must hold. */
  readonly totalBytes: number;
  /** Longest pause of a consumer before descriptors are lost. */
  readonly longestPauseNs: number;
  /** Time after which a frame's slot is overwritten. */
  readonly lifetimeNs: number;
  /** Memory traffic of payloads per second: each is written once and read by each consumer. */
  readonly bytesPerSecond: number;
  /** Aeron counters of all roles together. */
  readonly counters: number;
  /** Points that deserve attention. */
  readonly remarks: readonly string[];
}

/** The default of `policies.epoch_gc_keep`. */
export const DEFAULT_KEPT_EPOCHS = 2;
/** Fewer would make a window of less than four descriptors. */
const MIN_SLOTS = 8;
/** Aeron keeps three terms and one page of metadata for each log. */
const TERMS = 3;
const LOG_METADATA_BYTES = 4096;
/** cnc.dat and loss-report.dat of our media driver. */
const MEDIA_DRIVER_BYTES = 12 * 1024 ** 2;
/** Logs besides the descriptor log: control, QoS and metadata of a producer; control and QoS of a consumer. */
const SMALL_LOGS = { producer: 3, consumer: 2 };
const SMALL_TERM_BYTES = 64 * 1024;
/** Capacity of our media driver; see `COUNTERS_VALUES_BYTES` there. */
const COUNTERS_CAPACITY = 8192;
/** Counters that Aeron adds to those of a role, for its client, publications and subscriptions: 13 to 19 were measured. */
const AERON_COUNTERS_PER_ROLE = 20;
/** Number of counters that a role exports, i.e. those that are not 0: the number of a healthy role plus a margin. */
const SHOWN_COUNTERS = { producer: 10, consumer: 12 };
/** If frames fill less than this share of a slot, a remark is added. */
const LOW_FILL = 0.6;
const MAX_STRIDE_BYTES = 2 ** 31;

/**
 * Computes the layout for a request: slots = rate x latency x headroom, rounded up to a power of two.
 * @throws UsageError if a ring cannot be that large, with the values to change
 */
export function sizeStream(request: SizingRequest): Sizing {
  const { rateHz, frameBytes, latencyNs, headroom, consumers, streams, keptEpochs } = request;
  if (frameBytes > MAX_STRIDE_BYTES) {
    throw wrong("--frame", `at most ${formatBytes(MAX_STRIDE_BYTES)}, the largest slot`, formatBytes(frameBytes));
  }
  const neededSlots = Math.ceil(withoutNoise((rateHz * latencyNs * headroom) / 1e9));
  const slots = 2 ** Math.ceil(Math.log2(Math.max(MIN_SLOTS, neededSlots)));
  if (slots > MAX_NSLOTS) {
    throw wrong("--rate x --latency x --headroom", `at most ${MAX_NSLOTS} slots`, String(neededSlots));
  }
  const pools = poolsFor(frameBytes);
  const strideBytes = pools[0]?.strideBytes ?? 0;
  if (slots * strideBytes + 64 > MAX_REGION_BYTES) {
    throw wrong("slots x stride", `at most ${formatBytes(MAX_REGION_BYTES)}`, formatBytes(slots * strideBytes));
  }
  const { windowBytes, termBytes } = descriptorWindow(slots);
  const perEpoch = epochBytes({ nslots: slots, pools });
  // The driver requires this at its start: consumers may still be leaving the last epoch while the next one is created.
  const epochs = 1 + Math.max(1, keptEpochs);
  const regionBytes = perEpoch * epochs * streams;
  const smallLogs = SMALL_LOGS.producer + SMALL_LOGS.consumer * consumers;
  const logBytes = streams * (logOf(termBytes) + smallLogs * logOf(SMALL_TERM_BYTES));
  const aeronBytes = MEDIA_DRIVER_BYTES + logBytes;
  const windowFrames = Math.floor(windowBytes / DESCRIPTOR_FRAME_BYTES);
  const sizing = {
    request,
    neededSlots,
    slots,
    strideBytes,
    epochBytes: perEpoch,
    epochs,
    regionBytes,
    windowBytes,
    windowFrames,
    termBytes,
    aeronBytes,
    totalBytes: regionBytes + aeronBytes,
    longestPauseNs: (windowFrames / rateHz) * 1e9,
    lifetimeNs: (slots / rateHz) * 1e9,
    bytesPerSecond: rateHz * frameBytes * (1 + consumers) * streams,
    counters: countersOf(streams, consumers),
  };
  return { ...sizing, remarks: remarksOn(sizing) };
}

function logOf(termBytes: number): number {
  return TERMS * termBytes + LOG_METADATA_BYTES;
}

/** Removes the error of binary fractions: 0.1 s at 30 Hz are 3 frames, not 3.0000000000000004. */
function withoutNoise(value: number): number {
  return Number(value.toPrecision(12));
}

function countersOf(streams: number, consumers: number): number {
  // Each role has a lease, which takes one counter.
  const producer = SHOWN_COUNTERS.producer + 1 + AERON_COUNTERS_PER_ROLE;
  const consumer = SHOWN_COUNTERS.consumer + 1 + AERON_COUNTERS_PER_ROLE;
  return streams * (streamCounters().list.length + producer + consumers * consumer);
}

function remarksOn(sizing: Omit<Sizing, "remarks">): string[] {
  const { request, neededSlots, slots, strideBytes, counters, longestPauseNs } = sizing;
  const remarks: string[] = [];
  if (neededSlots < MIN_SLOTS) remarks.push(`the rule asks for ${neededSlots} slots only: ${MIN_SLOTS} are the least`);
  if (longestPauseNs < request.latencyNs) {
    remarks.push(
      "a reader that is paused for the whole --latency loses descriptors: the window is half of the ring, so take --headroom 2 or more",
    );
  }
  const fill = request.frameBytes / strideBytes;
  if (fill < LOW_FILL && strideBytes > 4096) {
    remarks.push(
      `a frame fills ${Math.round(fill * 100)} % of its slot (strides are powers of two); the rest is reserved all the same`,
    );
  }
  if (counters > COUNTERS_CAPACITY) {
    remarks.push(
      `about ${counters} Aeron counters are needed, and a media driver of ours has ${COUNTERS_CAPACITY}: roles beyond that wait, or are not seen in full`,
    );
  }
  if (slots * strideBytes > 1024 ** 3) {
    remarks.push("a ring of more than 1 GiB takes a while to be made present at start (policies.prefault_shm)");
  }
  return remarks;
}

function wrong(what: string, expected: string, found: string): UsageError {
  return new UsageError(`sizing: ${what}: expected ${expected}, found ${found}`, { expected, found });
}
