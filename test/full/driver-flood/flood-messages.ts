import { hasCorrelationId, messageKeyAt } from "../../../src/sbe/header.ts";
import { messageByKey } from "../../../src/sbe/index.ts";
import { MESSAGE_VECTORS } from "../../support/sbe-messages.ts";
import { change, Draft } from "../fuzz/mutations.ts";
import type { Random } from "../fuzz/random.ts";

const DRIVER_SCHEMA = 901;
/** One fragment: with more, a message would be cut up by the sender. */
const MAX_BYTES = 1000;

/**
 * What a driver does about a message, by its counters; "attaches": it refuses it with an answer; "clients": it is for them, and
 * a driver does not look into it.
 */
export type Cause =
  | "messagesUnknown"
  | "messagesRefused"
  | "attaches"
  | "keepalivesUnknown"
  | "detachesRefused"
  | "requestsUnauthorised"
  | "clients";

/** Kinds that drivers read. */
const READ = new Set([
  "ShmAttachRequest",
  "ShmDetachRequest",
  "ShmLeaseKeepalive",
  "ShmDriverShutdownRequest",
  "ShmLeaseRevokeRequest",
  "ConsumerHello",
  "ShmPoolAnnounce",
]);
/** What a sound message of these kinds is for a driver that does not know who sent it. */
const NOBODYS: Readonly<Record<string, Cause>> = {
  ShmLeaseKeepalive: "keepalivesUnknown",
  ShmDetachRequest: "detachesRefused",
  ShmDriverShutdownRequest: "requestsUnauthorised",
  ShmLeaseRevokeRequest: "requestsUnauthorised",
};

/** Changed messages of schema 901, random bytes, and sound messages that name no process's lease. */
export class FloodMessages {
  readonly #originals = MESSAGE_VECTORS.filter(({ schemaId }) => schemaId === DRIVER_SCHEMA)
    .map(({ hex }) => Uint8Array.fromHex(hex))
    .filter(({ length }) => length <= MAX_BYTES / 2);
  readonly #draft = new Draft(MAX_BYTES * 2);
  readonly #decoders = new Map<number, { wrap(view: DataView, offset: number, length: number): unknown }>();

  /** The next message that a driver must not accept, with what it is to make of it; valid until the next call. */
  next(random: Random): { readonly bytes: Uint8Array; readonly cause: Cause } {
    for (;;) {
      const bytes = this.#any(random);
      const cause = this.#causeOf(bytes.length);
      if (cause !== null) return { bytes, cause };
    }
  }

  #any(random: Random): Uint8Array {
    const draft = this.#draft;
    if (random.oneIn(8)) {
      draft.length = 1 + random.below(200);
      for (let i = 0; i < draft.length; i++) draft.bytes[i] = random.bits();
    } else {
      draft.set(random.of(this.#originals));
      for (let changes = 1 + random.below(3); changes > 0; changes--) {
        change(random, draft, random.of(this.#originals));
        draft.length = Math.min(draft.length, MAX_BYTES);
      }
      draft.length = Math.max(1, draft.length);
    }
    return draft.bytes.subarray(0, draft.length);
  }

  /** Null for what may have an effect: requests that could be granted, and what clients would obey. */
  #causeOf(length: number): Cause | null {
    const { view } = this.#draft;
    const key = messageKeyAt(view, 0, length);
    const info = messageByKey(key);
    if (info === undefined) return "messagesUnknown";
    let decoder = this.#decoders.get(key);
    if (decoder === undefined) {
      decoder = info.createDecoder();
      this.#decoders.set(key, decoder);
    }
    const isSound = decoder.wrap(view, 0, length) === null;
    if (isSound) return NOBODYS[info.name] ?? null;
    if (!READ.has(info.name)) return "clients";
    return info.name === "ShmAttachRequest" && hasCorrelationId(view, 0, length) ? "attaches" : "messagesRefused";
  }
}
