import { descriptorPublicationChannel, LIVE_TIMEOUTS } from "../aeron/channel.ts";
import { OptionError, UsageError } from "../core/errors.ts";
import {
  type Attribute,
  EVERY_SEQ,
  FLOW_ATTRIBUTE_KEY,
  type Flow,
  SEQ_STEP_ATTRIBUTE_KEY,
  textAttribute,
} from "../protocol/attribute.ts";
import type { AeronStreams } from "../protocol/stream-ids.ts";
import type { WritableRegions } from "../shm/index.ts";
import type { DriverProducerOptions } from "./driver-regions.ts";
import type { WakeWord } from "./reader-wake.ts";
import type { StandaloneOptions } from "./standalone-regions.ts";

/** The clock of a stream's timestamps and the event they mark, if not CLOCK_MONOTONIC and the claim (W-47). */
export interface TimestampMeaning {
  readonly clock?: "monotonic" | "realtime" | "tai" | "device";
  /** E.g. "exposure start". */
  readonly meaning?: string;
}

export interface ProducerOptions {
  readonly streamId: number;
  /** Name of the data source, US-ASCII; tools accept it instead of the id. */
  readonly name: string;
  readonly summary?: string;
  /** Producer id if the producer owns its regions; random if omitted. */
  readonly producerId?: number;
  /** For regions that the producer creates and owns; the alternative is `driver`. */
  readonly standalone?: StandaloneOptions;
  /** For regions that a driver owns and leases. */
  readonly driver?: DriverProducerOptions;
  readonly streams: AeronStreams;
  /** "drop": live. "wait": a full descriptor window delays the source by at most `waitTimeoutNs`. */
  readonly flow: Flow;
  readonly waitTimeoutNs: number;
  readonly attributes: readonly Attribute[];
  readonly timestamps?: TimestampMeaning;
  /** For a stream that carries the seqs of another one: see `SEQ_STEP_ATTRIBUTE_KEY`. Omitted: every seq. */
  readonly seqStep?: number;
  /** Send Heartbeat in every announce period (W-49). */
  readonly heartbeat?: boolean;
  /** Called with the regions of each epoch, for example to register their memory with a device. */
  readonly onRegions?: (regions: WritableRegions) => void;
  /** Called before the regions of an epoch are unmapped: a device must not touch them after this returns. */
  readonly onRegionsEnding?: (regions: WritableRegions) => void;
  /** How to wake waiting readers; by the kernel if omitted. */
  readonly wakeWord?: WakeWord;
}

/**
 * Result of `offer`. "queued": the tensor is in its slot and is published after the frames before it, once readers have room (`flow`
 * "wait", a burst, an older claim that is being filled). Offer the same tensor again only after other results.
 */
export type OfferResult = "published" | "queued" | "descriptor-dropped" | "no-pool" | "slots-busy" | "not-attached";
/** Why the last claim was refused. */
export type ClaimRefusal = "no-pool" | "slots-busy" | "waiting" | "not-attached" | "closed";

/** The window takes half of the ring, a reader's queue a quarter, and one slot is being written. */
const MIN_WAIT_SLOTS = 4;

/** The contents of a stream's metadata: its flow, the meaning of its timestamps, and the user's attributes. */
export function allAttributes(options: ProducerOptions, attributes: readonly Attribute[]): readonly Attribute[] {
  const { clock, meaning } = options.timestamps ?? {};
  const { seqStep = EVERY_SEQ } = options;
  return [
    textAttribute(FLOW_ATTRIBUTE_KEY, options.flow),
    ...(seqStep === EVERY_SEQ ? [] : [textAttribute(SEQ_STEP_ATTRIBUTE_KEY, String(seqStep))]),
    ...(clock === undefined ? [] : [textAttribute("tensorpool.timestamp_clock", clock)]),
    ...(meaning === undefined ? [] : [textAttribute("tensorpool.timestamp_meaning", meaning)]),
    ...attributes,
  ];
}

/** The error for an invalid frame length. */
export function wrongLength(byteLength: unknown): UsageError {
  const expected = "a whole number of bytes from 0 on";
  return new UsageError(`tryClaim: expected ${expected}, found ${String(byteLength)}`, { expected });
}

/** A producer that waits for its readers needs slots for frames in transit. @throws OptionError */
export function requireWaitSlots(options: Pick<ProducerOptions, "flow" | "seqStep">, nslots: number): void {
  const needed = MIN_WAIT_SLOTS * Math.max(1, options.seqStep ?? EVERY_SEQ);
  if (options.flow !== "wait" || nslots >= needed) return;
  throw new OptionError(
    "flow",
    `wait needs at least ${needed} slots (half of them are under way, others being read or written), found ${nslots}`,
  );
}

/** Number of a stream's frames that fit into a ring of `nslots`. */
export function framesOf({ seqStep = EVERY_SEQ }: Pick<ProducerOptions, "seqStep">, nslots: number): number {
  return Math.max(1, Math.floor(nslots / Math.max(1, seqStep)));
}

/** The descriptor channel of a ring of `nslots`. */
export function descriptorChannelOf(options: ProducerOptions, nslots: number): string {
  const { streams, flow, waitTimeoutNs } = options;
  // A source that waits allows its readers the time it waits itself before the driver marks them as inactive.
  const windowLimitMs = flow === "wait" ? Math.ceil(waitTimeoutNs / 1e6) : LIVE_TIMEOUTS.windowLimitMs;
  return descriptorPublicationChannel(streams.channel, framesOf(options, nslots), { ...LIVE_TIMEOUTS, windowLimitMs });
}
