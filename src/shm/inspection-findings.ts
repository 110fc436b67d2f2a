import { dtypeOfCode, MAX_DIMS } from "../protocol/dtype.ts";
import type { FrameHeader } from "../protocol/frame-header.ts";
import { HeaderFault } from "../protocol/frame-validation.ts";

/** A deviation from a rule, found by an inspection. */
export interface Finding {
  /** The rule, e.g. "W-07". */
  readonly rule: string;
  /** "breaks": a reader refuses the region or the frame because of it. "note": worth knowing, but no reason for a refusal. */
  readonly severity: "breaks" | "note";
  /** The file or slot, e.g. "header.ring" or "slot 12". */
  readonly subject: string;
  /** The property, e.g. "nslots". */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

type Explained = readonly [rule: string, what: string, expected: string, found: string];

/** Describes a fault in a frame's header that `findHeaderFault` found. `pools`: the strides by pool id. */
export function explainHeaderFault(
  fault: HeaderFault,
  header: FrameHeader,
  index: number,
  pools: ReadonlyMap<number, number>,
): Explained {
  const dims = listOf(header.dims, header.ndims);
  const strides = listOf(header.strides, header.ndims);
  const strided = header.strides.subarray(0, header.ndims).some((stride) => stride !== 0)
    ? ` with strides ${strides}`
    : "";
  switch (fault) {
    case HeaderFault.NDIMS:
      return ["W-09", "ndims", `0 to ${MAX_DIMS}`, String(header.ndims)];
    case HeaderFault.STRIDES:
      return [
        "W-10",
        "strides",
        `0 or bytes in major order, without overlap (none for bit), for dims ${dims}`,
        strides,
      ];
    case HeaderFault.PAYLOAD_OFFSET:
      return ["W-11", "payloadOffset", "0", String(header.payloadOffset)];
    case HeaderFault.VALUES_LENGTH:
      return [
        "W-11",
        "valuesLenBytes",
        `at most the stride of ${pools.get(header.poolId)}`,
        String(header.valuesLenBytes),
      ];
    case HeaderFault.PAYLOAD_SLOT:
      return ["W-11", "payloadSlot", `${index}, the header's index`, String(header.payloadSlot)];
    case HeaderFault.POOL_ID:
      return ["W-11", "poolId", `one of the pools ${[...pools.keys()].join(", ")}`, String(header.poolId)];
    case HeaderFault.DTYPE:
      return ["W-11", "dtype", "1 to 11, 13 or 14", String(header.dtype)];
    case HeaderFault.MAJOR_ORDER:
      return ["W-11", "majorOrder", "1 (row) or 2 (column)", String(header.majorOrder)];
    case HeaderFault.DIMS:
      return ["W-11", "dims", "no negative one", dims];
    case HeaderFault.SHAPE:
      return [
        "W-11",
        "valuesLenBytes",
        `at least the bytes that dims ${dims} of ${dtypeOfCode(header.dtype)} reach${strided}`,
        String(header.valuesLenBytes),
      ];
    case HeaderFault.NONE:
      return ["", "", "", ""];
  }
}

function listOf(values: Int32Array, count: number): string {
  return `[${[...values.subarray(0, Math.min(count, values.length))].join(", ")}]`;
}
