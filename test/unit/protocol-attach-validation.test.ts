import { describe, expect, test } from "bun:test";
import {
  type AttachDecision,
  type AttachPolicy,
  type AttachRequest,
  decideAttach,
  isRepetition,
  limitErrorMessage,
  refuseUnreadable,
  type StreamState,
} from "../../src/protocol/attach-validation.ts";
import type { Lease } from "../../src/protocol/lease-table.ts";
import type { StreamLayout } from "../../src/protocol/stream-layout.ts";
import {
  PublishMode,
  ResponseCode,
  Role,
  ShmAttachRequestDecoder,
  ShmAttachRequestEncoder,
} from "../../src/sbe/generated/driver/index.ts";

const { UNSUPPORTED, INVALID_PARAMS, REJECTED } = ResponseCode;
const STREAM_ID = 10_000;

const LAYOUT: StreamLayout = {
  layoutVersion: 1,
  maxDims: 8,
  nslots: 8,
  pools: [{ poolId: 1, nslots: 8, strideBytes: 4096 }],
  isOnHugepages: false,
};
const REQUEST: AttachRequest = {
  schemaVersion: 1,
  correlationId: 7n,
  sessionId: 3,
  streamId: STREAM_ID,
  clientId: 21,
  role: "producer",
  expectedLayoutVersion: 0,
  maxDims: 0,
  publishMode: ShmAttachRequestDecoder.publishModeNull,
  requireHugepages: false,
};
const PROVISIONED: StreamState = { layout: LAYOUT, producer: null, clientLease: null };
const UNPROVISIONED: StreamState = { ...PROVISIONED, layout: null };
const STATIC: AttachPolicy = { allowsDynamicStreams: false, dynamicRanges: [], dynamicLayout: LAYOUT };
const DYNAMIC: AttachPolicy = {
  allowsDynamicStreams: true,
  dynamicRanges: [
    { first: 100, last: 199 },
    { first: STREAM_ID, last: STREAM_ID },
  ],
  dynamicLayout: LAYOUT,
};
const LEASE: Lease = {
  ...REQUEST,
  leaseId: 5n,
  leaseHigh: 0,
  leaseLow: 5,
  attachedNs: 0,
  expiresNs: 3e9,
  state: "attached",
};

function decide(request: Partial<AttachRequest>, state: Partial<StreamState> = {}, policy = STATIC): AttachDecision {
  return decideAttach({ ...REQUEST, ...request }, { ...PROVISIONED, ...state }, policy);
}

function refused(code: ResponseCode, message: string): AttachDecision {
  return { decision: "refuse", code, message };
}

describe("attach requests that are granted", () => {
  test("a provisioned stream is there for every publishMode, and without preferences", () => {
    for (const publishMode of [
      PublishMode.REQUIRE_EXISTING,
      PublishMode.EXISTING_OR_CREATE,
      ShmAttachRequestDecoder.publishModeNull,
    ] as const) {
      expect(decide({ publishMode })).toEqual({ decision: "grant" });
    }
    expect(decide({ expectedLayoutVersion: 1, maxDims: 8 })).toEqual({ decision: "grant" });
    expect(decide({ maxDims: 3 })).toEqual({ decision: "grant" });
    expect(decide({ requireHugepages: true }, { layout: { ...LAYOUT, isOnHugepages: true } })).toEqual({
      decision: "grant",
    });
  });

  test("D-03: consumers attach beside a producer and without one", () => {
    expect(decide({ role: "consumer" }, { producer: { ...LEASE, clientId: 1 } })).toEqual({ decision: "grant" });
    expect(decide({ role: "consumer" })).toEqual({ decision: "grant" });
  });

  test("a stream of the dynamic ranges is created by whoever may, at both ends of a range", () => {
    const publishMode = PublishMode.EXISTING_OR_CREATE;
    for (const streamId of [100, 199, STREAM_ID]) {
      const expected: AttachDecision = { decision: "create", layout: LAYOUT };
      expect(decide({ streamId, publishMode }, UNPROVISIONED, DYNAMIC)).toEqual(expected);
      expect(decide({ streamId, publishMode, role: "consumer" }, UNPROVISIONED, DYNAMIC)).toEqual(expected);
    }
  });

  test("D-06: the same request again gets the same lease, a producer's too", () => {
    const again: AttachDecision = { decision: "regrant", lease: LEASE };
    expect(decide({}, { producer: LEASE, clientLease: LEASE })).toEqual(again);
    const consumer: Lease = { ...LEASE, role: "consumer" };
    expect(decide({ role: "consumer" }, { clientLease: consumer })).toEqual({ decision: "regrant", lease: consumer });
  });
});

test("D-06: a repetition has everything that names a request in common with it", () => {
  expect(isRepetition({ ...REQUEST }, REQUEST)).toBe(true);
  for (const change of [
    { correlationId: 8n },
    { sessionId: 4 },
    { clientId: 22 },
    { streamId: 9 },
    { role: "consumer" } as const,
  ]) {
    expect(isRepetition({ ...REQUEST, ...change }, REQUEST)).toBe(false);
  }
});

describe("attach requests that are refused", () => {
  test("refused without a common schema version", () => {
    for (const schemaVersion of [0, 2]) {
      expect(decide({ schemaVersion })).toEqual(
        refused(UNSUPPORTED, `schema version: expected 1, found ${schemaVersion}: none in common`),
      );
    }
  });

  test("refused with an unknown publishMode", () => {
    const message = "publishMode: expected REQUIRE_EXISTING (1), EXISTING_OR_CREATE (2) or none (255), found 3";
    expect(decide({ publishMode: 3 })).toEqual(refused(UNSUPPORTED, message));
  });

  test("refused with an id that is no process's", () => {
    for (const id of [0, 0xffff_ffff]) {
      const expected = "expected an id of 1 to 4294967294";
      expect(decide({ clientId: id })).toEqual(refused(INVALID_PARAMS, `clientId: ${expected}, found ${id}`));
      expect(decide({ streamId: id })).toEqual(refused(INVALID_PARAMS, `streamId: ${expected}, found ${id}`));
    }
  });

  test("D-10: refused by a client id that has a lease, for whatever differs from the request that got it", () => {
    const expected = (role: string, streamId: number) =>
      refused(REJECTED, `client 21 has a lease already, as the ${role} of stream ${streamId}: use another client id`);
    expect(decide({ correlationId: 8n }, { clientLease: LEASE })).toEqual(expected("producer", STREAM_ID));
    expect(decide({ sessionId: 4 }, { clientLease: LEASE })).toEqual(expected("producer", STREAM_ID));
    expect(decide({ role: "consumer" }, { clientLease: LEASE })).toEqual(expected("producer", STREAM_ID));
    const elsewhere: Lease = { ...LEASE, streamId: 9 };
    expect(decide({}, { clientLease: elsewhere })).toEqual(expected("producer", 9));
  });

  test("D-03: refused by a second producer", () => {
    expect(decide({}, { producer: { ...LEASE, clientId: 20 } })).toEqual(
      refused(REJECTED, "stream 10000 has a producer already (client 20): end it, or use another stream"),
    );
  });

  test("refused for a stream that is not provisioned, without the wish to create it", () => {
    const notYet = "stream 10000 does not exist yet: the driver makes it when a producer asks for it";
    expect(decide({ publishMode: PublishMode.REQUIRE_EXISTING }, UNPROVISIONED, DYNAMIC)).toEqual(
      refused(REJECTED, notYet),
    );
    expect(decide({}, UNPROVISIONED, DYNAMIC)).toEqual(refused(REJECTED, notYet));
  });

  test("refused for a stream that policy does not let anybody create", () => {
    const publishMode = PublishMode.EXISTING_OR_CREATE;
    const off = refused(REJECTED, "it does not serve stream 10000, and makes no streams on request");
    expect(decide({ publishMode }, UNPROVISIONED, STATIC)).toEqual(off);
    expect(decide({ publishMode }, UNPROVISIONED, { ...DYNAMIC, allowsDynamicStreams: false })).toEqual(off);
    expect(decide({ publishMode }, UNPROVISIONED, { ...DYNAMIC, dynamicRanges: [] })).toEqual(off);
    expect(decide({ publishMode, streamId: 200 }, UNPROVISIONED, DYNAMIC)).toEqual(
      refused(REJECTED, "it does not serve stream 200, and makes streams 100 to 199, 10000 to 10000 on request"),
    );
    expect(decide({ publishMode }, UNPROVISIONED, { ...DYNAMIC, dynamicLayout: null })).toEqual(
      refused(REJECTED, "it has no profile for streams that are made on request ([profiles.NAME])"),
    );
  });

  test("refused for a stream without pools, or with a pool of other slots than the ring", () => {
    expect(decide({}, { layout: { ...LAYOUT, pools: [] } })).toEqual(
      refused(INVALID_PARAMS, "stream 10000: expected at least one payload pool, found none"),
    );
    const pools = [...LAYOUT.pools, { poolId: 2, nslots: 16, strideBytes: 4096 }];
    expect(decide({}, { layout: { ...LAYOUT, pools } })).toEqual(
      refused(INVALID_PARAMS, "stream 10000: nslots of pool 2: expected the header ring's 8, found 16"),
    );
  });

  test("refused with wishes that the layout does not meet", () => {
    expect(decide({ expectedLayoutVersion: 2 })).toEqual(
      refused(REJECTED, "expectedLayoutVersion: expected 0 or 1, found 2"),
    );
    expect(decide({ maxDims: 9 })).toEqual(refused(INVALID_PARAMS, "maxDims: expected at most 8, found 9"));
    expect(decide({ requireHugepages: true })).toEqual(
      refused(REJECTED, "hugepages are required, and the regions of the stream are not on hugetlbfs"),
    );
  });

  test("of several faults the first in the documented order is told", () => {
    const clientLease: Lease = { ...LEASE, correlationId: 1n };
    const broken: StreamLayout = { ...LAYOUT, pools: [] };
    const state: StreamState = { layout: null, producer: LEASE, clientLease };
    const request = { schemaVersion: 2, clientId: 0, publishMode: 9, expectedLayoutVersion: 2, maxDims: 9 };
    const said = (changes: Partial<AttachRequest>, changed: Partial<StreamState>) => {
      const decision = decide({ ...request, ...changes }, { ...state, ...changed });
      return decision.decision === "refuse" ? decision.message.replace(/: expected .*/, "") : decision.decision;
    };
    const readable = { schemaVersion: 1, clientId: 21, publishMode: PublishMode.REQUIRE_EXISTING };
    const fitting = { ...readable, expectedLayoutVersion: 1 };
    expect([
      said({}, {}),
      said({ schemaVersion: 1 }, {}),
      said({ schemaVersion: 1, clientId: 21 }, {}),
      said(readable, {}),
      said(readable, { clientLease: null }),
      said(readable, { clientLease: null, layout: broken }),
      said(readable, { clientLease: null, layout: LAYOUT }),
      said(fitting, { clientLease: null, layout: LAYOUT }),
      said({ ...fitting, maxDims: 8, requireHugepages: true }, { clientLease: null, layout: LAYOUT }),
      said({ ...fitting, maxDims: 8 }, { clientLease: null, layout: LAYOUT }),
    ]).toEqual([
      "schema version",
      "clientId",
      "publishMode",
      "client 21 has a lease already, as the producer of stream 10000: use another client id",
      "it does not serve stream 10000, and makes no streams on request",
      "stream 10000",
      "expectedLayoutVersion",
      "maxDims",
      "hugepages are required, and the regions of the stream are not on hugetlbfs",
      "stream 10000 has a producer already (client 21): end it, or use another stream",
    ]);
  });
});

describe("attach requests that cannot be read", () => {
  function unreadable(change: (view: DataView) => void, length = ShmAttachRequestEncoder.ENCODED_LENGTH) {
    const view = new DataView(new ArrayBuffer(64));
    const message = new ShmAttachRequestEncoder().wrap(view, 0, 64);
    message.setCorrelationIdBigint(7n).setStreamId(STREAM_ID).setClientId(21).setRole(Role.PRODUCER);
    message.setExpectedLayoutVersion(0).setMaxDims(0);
    change(view);
    const decoder = new ShmAttachRequestDecoder();
    const refusal = decoder.wrap(view, 0, length);
    if (refusal === null) throw new Error("expected a message that is refused");
    return refuseUnreadable(refusal, decoder);
  }

  test("unreadable ones are UNSUPPORTED for another version and for an unknown publishMode", () => {
    expect(unreadable((view) => view.setUint16(6, 2, true))).toEqual({
      decision: "refuse",
      code: UNSUPPORTED,
      message: "schema version: expected 1, found 2: none in common",
    });
    const mode = unreadable((view) => view.setUint8(8 + 22, 3));
    expect(mode.code).toBe(UNSUPPORTED);
    expect(mode.message).toContain("EXISTING_OR_CREATE (2) or none (255), found 3");
  });

  test("unreadable ones are INVALID_PARAMS for everything else, with what was expected and found", () => {
    expect(unreadable((view) => view.setUint8(8 + 16, 3))).toMatchObject({
      code: INVALID_PARAMS,
      message: "ShmAttachRequest.role (W-36, enum): expected a code of Role, found 3 at byte 24",
    });
    expect(unreadable((view) => view.setUint8(8 + 23, 7))).toMatchObject({ code: INVALID_PARAMS });
    expect(unreadable((view) => view.setUint16(0, 23, true))).toMatchObject({ code: INVALID_PARAMS });
    expect(unreadable(() => undefined, 31)).toMatchObject({ code: INVALID_PARAMS });
  });
});

test("D-08: an error message has at most 1,024 bytes, cut between characters", () => {
  const bytesOf = (text: string) => new TextEncoder().encode(text).length;
  expect(limitErrorMessage("a".repeat(1024))).toBe("a".repeat(1024));
  expect(limitErrorMessage("a".repeat(1025))).toBe(`${"a".repeat(1021)}...`);
  const cut = limitErrorMessage("€".repeat(400));
  expect(cut).toBe(`${"€".repeat(340)}...`);
  expect(bytesOf(cut)).toBe(1023);
  const ranges = Array.from({ length: 500 }, (_, i) => ({ first: i * 10 + 1, last: i * 10 + 2 }));
  const decision = decide({ publishMode: PublishMode.EXISTING_OR_CREATE }, UNPROVISIONED, {
    ...DYNAMIC,
    dynamicRanges: ranges,
  });
  const message = decision.decision === "refuse" ? decision.message : "";
  expect(message).toContain("1 to 2, 11 to 12");
  expect(bytesOf(message)).toBe(1024);
});
