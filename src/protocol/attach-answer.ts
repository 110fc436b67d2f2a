import { quoted } from "../core/text.ts";
import { MAX_DIMS } from "./dtype.ts";
import { HEADER_SLOT_BYTES, isPowerOfTwo, LAYOUT_VERSION } from "./stream-layout.ts";

/** One payload pool of an `AttachAnswer`. */
export interface AnsweredPool {
  readonly poolId: number;
  readonly poolNslots: number;
  readonly strideBytes: number;
  readonly regionUri: string;
}

/** A driver's answer to an attach request (ShmAttachResponse); absent fields are null. */
export interface AttachAnswer {
  /** A code of ResponseCode. */
  readonly code: number;
  readonly correlationId: bigint;
  readonly leaseId: bigint | null;
  /** CLOCK_MONOTONIC ns. */
  readonly leaseExpiryTimestampNs: bigint | null;
  readonly streamId: number | null;
  readonly epoch: bigint | null;
  readonly layoutVersion: number | null;
  readonly headerNslots: number | null;
  readonly headerSlotBytes: number | null;
  readonly maxDims: number | null;
  readonly pools: readonly AnsweredPool[];
  readonly headerRegionUri: string;
  readonly errorMessage: string;
}

/** The request that an answer must match. */
export interface ExpectedAnswer {
  readonly correlationId: bigint;
  readonly streamId: number;
}

/**
 * The first missing, blank or contradictory field of an answer whose code is OK, as "field: expected ..., found ..."; null if there is none
 * (D-07). A client that finds a fault maps nothing.
 */
export function findAnswerFault(answer: AttachAnswer, expected: ExpectedAnswer): string | null {
  const { headerNslots } = answer;
  return (
    requireEqual("correlationId", expected.correlationId, answer.correlationId) ??
    requirePresent("leaseId", answer.leaseId) ??
    requireEqual("streamId", expected.streamId, answer.streamId) ??
    requirePresent("epoch", answer.epoch) ??
    requireEqual("layoutVersion", LAYOUT_VERSION, answer.layoutVersion) ??
    requirePowerOfTwo("headerNslots", headerNslots) ??
    requireEqual("headerSlotBytes", HEADER_SLOT_BYTES, answer.headerSlotBytes) ??
    requireEqual("maxDims", MAX_DIMS, answer.maxDims) ??
    requireUri("headerRegionUri", answer.headerRegionUri) ??
    findPoolFault(answer.pools, headerNslots)
  );
}

function findPoolFault(pools: readonly AnsweredPool[], headerNslots: number | null): string | null {
  if (pools.length === 0) return fault("payloadPools", "at least one", "none");
  const poolIds = new Set<number>();
  for (const { poolId, poolNslots, strideBytes, regionUri } of pools) {
    const name = `pool ${poolId}`;
    if (poolIds.has(poolId)) return fault("payloadPools", "each pool id once", `${poolId} again`);
    poolIds.add(poolId);
    const found =
      requireEqual(`${name}: poolNslots`, headerNslots, poolNslots) ??
      requirePowerOfTwo(`${name}: strideBytes`, strideBytes) ??
      requireUri(`${name}: regionUri`, regionUri);
    if (found !== null) return found;
  }
  return null;
}

function requirePresent(what: string, found: bigint | null): string | null {
  return found === null ? fault(what, "a value", "none") : null;
}

function requireEqual<T>(what: string, expected: T, found: T): string | null {
  return found === expected ? null : fault(what, String(expected), String(found ?? "none"));
}

function requirePowerOfTwo(what: string, found: number | null): string | null {
  return found !== null && isPowerOfTwo(found) ? null : fault(what, "a power of two", String(found ?? "none"));
}

function requireUri(what: string, found: string): string | null {
  return found.trim() === "" ? fault(what, "a region URI", quoted(found)) : null;
}

function fault(what: string, expected: string, found: string): string {
  return `${what}: expected ${expected}, found ${found}`;
}
