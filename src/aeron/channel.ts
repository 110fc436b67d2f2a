import { UsageError } from "../core/errors.ts";

/** Bytes of one FrameDescriptor in a term: 32 of frame header and 44 of message, aligned to 32. */
export const DESCRIPTOR_FRAME_BYTES = 96;
const MIN_TERM_BYTES = 64 * 1024;
const MAX_TERM_BYTES = 1024 * 1024 * 1024;
/** One descriptor per fragment. A window may not be smaller than the MTU: Aeron's 1,408 would exceed a small ring. */
const DESCRIPTOR_MTU_BYTES = DESCRIPTOR_FRAME_BYTES;

/**
 * Timeouts that make untethered subscriptions effective: a subscriber that holds the window for longer than the first becomes inactive,
 * after the second it rests, and it blocks no other subscriber (Aeron's defaults: 5 s, 5 s, 10 s).
 */
export interface UntetheredTimeouts {
  windowLimitMs: number;
  lingerMs: number;
  restingMs: number;
}

export const LIVE_TIMEOUTS: UntetheredTimeouts = { windowLimitMs: 5, lingerMs: 2, restingMs: 100 };
/**
 * An inactive subscriber of descriptors does not rejoin on its own: a stopped one would hold the window each time. A live one subscribes
 * again, see `LogSubscription`. Resting must not end the subscription (`rejoin=false`): Aeron 1.54 then frees its position counter, and
 * frees it a second time when the subscription is removed, even if another client owns it by then.
 */
const DESCRIPTOR_RESTING_MS = 24 * 60 * 60 * 1000;

export function isAeronChannel(text: string): boolean {
  return /^aeron:[a-z]+(\?.*)?$/.test(text);
}

/** Appends `key=value` parameters to a channel; those set by the user are kept. */
export function withParameters(channel: string, parameters: Record<string, string | number | boolean>): string {
  if (!isAeronChannel(channel)) {
    throw new UsageError(`expected an Aeron channel such as aeron:ipc, found ${JSON.stringify(channel)}`);
  }
  const [base = channel, query = ""] = channel.split("?", 2);
  const parts = query === "" ? [] : query.split("|");
  const keys = new Set(parts.map((part) => part.split("=", 1)[0]));
  for (const [key, value] of Object.entries(parameters)) if (!keys.has(key)) parts.push(`${key}=${value}`);
  return parts.length === 0 ? base : `${base}?${parts.join("|")}`;
}

/** The channel with this value of a parameter, in place of the value that it has. */
export function replaceParameter(channel: string, key: string, value: string | number): string {
  const replaced = channel.replace(new RegExp(`([?|])${key}=[^|]*`), (_all, before) => `${before}${key}=${value}`);
  return withParameters(replaced, { [key]: value });
}

/** What all publications have: a log whose memory is reserved, also by a foreign driver, and time-outs. */
function publicationParameters(timeouts: UntetheredTimeouts): Record<string, string | boolean> {
  return {
    // With a sparse log, touching a new page on a full /dev/shm kills every process that writes or reads the log.
    sparse: false,
    "untethered-window-limit-timeout": `${timeouts.windowLimitMs}ms`,
    "untethered-linger-timeout": `${timeouts.lingerMs}ms`,
    "untethered-resting-timeout": `${timeouts.restingMs}ms`,
  };
}

/** Longest message that is sent: subscribers do not reassemble longer ones. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Aeron accepts messages of up to an eighth of a term. */
export const TERM_PARTS = 8;

/**
 * A publication of infrequent messages of at most `messageBytes`: the smallest terms that can hold them, and no blocking by a stopped
 * subscriber.
 */
export function controlPublicationChannel(channel: string, messageBytes = 0): string {
  let termBytes = MIN_TERM_BYTES;
  while (termBytes < Math.min(messageBytes, MAX_MESSAGE_BYTES) * TERM_PARTS) termBytes *= 2;
  return withParameters(channel, { "term-length": termBytes, ...publicationParameters(LIVE_TIMEOUTS) });
}

/** How many bytes of descriptors may be in transit, and the terms that hold them. */
export interface DescriptorWindow {
  readonly windowBytes: number;
  readonly termBytes: number;
}

/** Half the ring, so that frames in transit are not yet overwritten (docs/ARCHITECTURE.md, "Where the guarantees come from"). */
export function descriptorWindow(nslots: number): DescriptorWindow {
  const windowBytes = Math.max(1, Math.floor(nslots / 2)) * DESCRIPTOR_FRAME_BYTES;
  let termBytes = MIN_TERM_BYTES;
  while (termBytes < windowBytes * 2 && termBytes < MAX_TERM_BYTES) termBytes *= 2;
  return { windowBytes: Math.min(windowBytes, termBytes / 2), termBytes };
}

/** The descriptor publication of a ring of `nslots`. */
export function descriptorPublicationChannel(
  channel: string,
  nslots: number,
  timeouts: Omit<UntetheredTimeouts, "restingMs">,
): string {
  const { windowBytes, termBytes } = descriptorWindow(nslots);
  return withParameters(channel, {
    mtu: DESCRIPTOR_MTU_BYTES,
    "term-length": termBytes,
    "pub-wnd": windowBytes,
    ...publicationParameters({ ...timeouts, restingMs: DESCRIPTOR_RESTING_MS }),
  });
}

/** A subscription that may miss messages but blocks no publisher. Resting never ends it, see `DESCRIPTOR_RESTING_MS`. */
export function observerChannel(channel: string): string {
  return withParameters(channel, { tether: false, rejoin: true });
}
