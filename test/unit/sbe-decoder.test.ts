import { describe, expect, test } from "bun:test";
import * as sbe from "../../src/sbe/index.ts";

/** A message as bytes in a view that ends where it does. */
function viewOf(name: string, fields: object): DataView<ArrayBuffer> {
  const bytes = sbe.encodeJson(name, fields);
  return new DataView(bytes.buffer, 0, bytes.length);
}

function wrap(decoder: sbe.MessageDecoder, view: DataView, length = view.byteLength) {
  return decoder.wrap(view, 0, length);
}

const HELLO = {
  ...{ streamId: 1, consumerId: 2, supportsShm: true, supportsProgress: false, mode: "LATEST", maxRateHz: 0 },
  expectedLayoutVersion: 1,
};
const POOL = { poolId: 3, poolNslots: 8, strideBytes: 4096, regionUri: "shm:file?path=/a" };
const ANNOUNCE = {
  ...{ streamId: 1, producerId: 2, epoch: 7, layoutVersion: 1, headerNslots: 8, headerSlotBytes: 256, maxDims: 8 },
  ...{ payloadPools: [POOL, { ...POOL, poolId: 4, regionUri: "" }], headerRegionUri: "shm:file?path=/h" },
};
const META = {
  ...{ streamId: 1, metaVersion: 2, timestampNs: "3" },
  attributes: [{ key: "k", format: "text/plain", value: "AQID" }],
};
const ATTACH = {
  ...{ correlationId: "-2", streamId: 1, clientId: 2, role: "PRODUCER", expectedLayoutVersion: 1, maxDims: 8 },
  ...{ publishMode: null, requireHugepages: null },
};

describe("W-36: what a decoder refuses, with its reason", () => {
  const hello = new sbe.ConsumerHelloDecoder();
  const announce = new sbe.ShmPoolAnnounceDecoder();

  test("another schema or template", () => {
    const view = viewOf("ConsumerHello", HELLO);
    expect(wrap(announce, view)?.code).toBe("template");
    view.setUint16(4, 901, true);
    expect(wrap(hello, view)?.code).toBe("schema");
  });

  test("a higher version, and a lower one that never was", () => {
    const view = viewOf("ConsumerHello", HELLO);
    for (const version of [0, 2, 0xffff]) {
      view.setUint16(6, version, true);
      expect(wrap(hello, view)).toMatchObject({ code: "version", rule: "W-36", field: "version" });
      expect(hello.refusedValue).toBe(version);
      expect(hello.refusedAt).toBe(6);
    }
  });

  test("a block length that is not the version's, shorter or longer", () => {
    const view = viewOf("ConsumerHello", HELLO);
    for (const blockLength of [0, 28, 30]) {
      view.setUint16(0, blockLength, true);
      expect(wrap(hello, view)?.code).toBe("block-length");
    }
  });

  test("an enum value outside its set, and null in a required one", () => {
    const view = viewOf("ConsumerHello", HELLO);
    for (const mode of [0, 4, 255]) {
      view.setUint8(18, mode);
      expect(wrap(hello, view)).toMatchObject({ code: "enum", field: "mode" });
      expect(hello.refusedValue).toBe(mode);
    }
  });

  test("null in an optional enum is taken, another value outside the set is not", () => {
    const request = new sbe.ShmAttachRequestDecoder();
    const view = viewOf("ShmAttachRequest", ATTACH);
    expect(wrap(request, view)).toBeNull();
    expect(request.hasPublishMode).toBe(false);
    expect(request.publishMode).toBe(sbe.ShmAttachRequestDecoder.publishModeNull);
    view.setUint8(8 + 22, 3);
    expect(wrap(request, view)).toMatchObject({ code: "enum", field: "publishMode" });
  });

  test("a group of 65,535 entries in a message of a hundred bytes", () => {
    const view = viewOf("ShmPoolAnnounce", ANNOUNCE);
    view.setUint16(8 + 27 + 2, 0xffff, true);
    expect(wrap(announce, view)).toMatchObject({ code: "group-past-end", field: "payloadPools" });
    const meta = new sbe.DataSourceMetaDecoder();
    const empty = viewOf("DataSourceMeta", META);
    empty.setUint16(8 + 16 + 2, 0xffff, true);
    expect(wrap(meta, empty)).toMatchObject({ code: "group-past-end", field: "attributes" });
  });

  test("group entries of another length", () => {
    const view = viewOf("ShmPoolAnnounce", ANNOUNCE);
    view.setUint16(8 + 27, 11, true);
    expect(wrap(announce, view)?.code).toBe("group-block-length");
  });

  test("W-34: strings above 2^30 bytes, and strings that end after the message", () => {
    const view = viewOf("ShmPoolAnnounce", ANNOUNCE);
    const at = 8 + 27 + 4 + 10;
    for (const [length, code] of [
      [2 ** 31, "data-too-long"],
      [0xffffffff, "data-too-long"],
      [2 ** 30, "data-past-end"],
    ] as const) {
      view.setUint32(at, length, true);
      expect(wrap(announce, view)).toMatchObject({ code, field: "payloadPools.regionUri" });
      expect(announce.refusedValue).toBe(length);
    }
  });

  test("bytes above 0x7F in a string of US-ASCII, but not in a blob", () => {
    const view = viewOf("ShmPoolAnnounce", ANNOUNCE);
    view.setUint8(view.byteLength - 1, 0x80);
    expect(wrap(announce, view)).toMatchObject({ code: "non-ascii", field: "headerRegionUri" });
    const blob = viewOf("DataSourceMeta", META);
    blob.setUint8(blob.byteLength - 1, 0xff);
    expect(wrap(new sbe.DataSourceMetaDecoder(), blob)).toBeNull();
  });

  test("bytes after the message", () => {
    const view = new DataView(new ArrayBuffer(100));
    const { encodedLength } = new sbe.HeartbeatEncoder().wrap(view, 0, 100);
    expect(wrap(new sbe.HeartbeatDecoder(), view, encodedLength + 1)?.code).toBe("trailing-bytes");
  });

  test("a place that is none", () => {
    const view = viewOf("ConsumerHello", HELLO);
    for (const [offset, length] of [
      [-1, 37],
      [0, 38],
      [1, 37],
      [0, -1],
      [Number.NaN, 37],
      [0, Number.NaN],
      [0.5, 36],
    ] as const) {
      expect(hello.wrap(view, offset, length)?.code).toBe("truncated");
    }
  });

  test("the refusal can be explained, with what was found and where", () => {
    const view = viewOf("ConsumerHello", HELLO);
    view.setUint8(18, 9);
    const refused = wrap(hello, view);
    if (refused === null) throw new Error("expected a refusal");
    const text = "ConsumerHello.mode (W-36, enum): expected a code of Mode, found 9 at byte 18";
    expect(sbe.explainRefusal(refused, hello)).toBe(text);
  });

  test("after a refusal the decoder looks at nothing, not at the message before", () => {
    const view = viewOf("ShmPoolAnnounce", ANNOUNCE);
    expect(wrap(announce, view)).toBeNull();
    expect(wrap(announce, view, 20)?.code).toBe("truncated");
    expect(() => announce.streamId).toThrow(RangeError);
    expect(announce.payloadPools.count).toBe(0);
    expect(announce.payloadPools.next()).toBe(false);
  });
});

describe("reading in place", () => {
  test("groups can be read again, and parts in any order", () => {
    const announce = new sbe.ShmPoolAnnounceDecoder();
    expect(wrap(announce, viewOf("ShmPoolAnnounce", ANNOUNCE))).toBeNull();
    expect(announce.headerRegionUri()).toBe("shm:file?path=/h");
    const pools = announce.payloadPools;
    for (let round = 0; round < 2; round++) {
      const seen: string[] = [];
      for (pools.rewind(); pools.next(); ) seen.push(`${pools.poolId} ${pools.regionUri()}`);
      expect(seen).toEqual(["3 shm:file?path=/a", "4 "]);
    }
    expect(pools.count).toBe(2);
    expect(() => pools.poolId).toThrow(RangeError);
  });

  test("the length of a string is known before it is made", () => {
    const announce = new sbe.ShmPoolAnnounceDecoder();
    const view = viewOf("ShmPoolAnnounce", ANNOUNCE);
    expect(wrap(announce, view)).toBeNull();
    expect(announce.headerRegionUriLength).toBe(16);
    expect(view.getUint8(announce.headerRegionUriOffset)).toBe("s".charCodeAt(0));
  });

  test("a blob is copied, so that it outlives the buffer's next use", () => {
    const meta = new sbe.DataSourceMetaDecoder();
    const view = viewOf("DataSourceMeta", META);
    expect(wrap(meta, view)).toBeNull();
    meta.attributes.next();
    const value = meta.attributes.value();
    view.setUint8(view.byteLength - 1, 99);
    expect([...value]).toEqual([1, 2, 3]);
  });

  test("W-35: an absent optional says so, and reads as its null value", () => {
    const descriptor = new sbe.FrameDescriptorDecoder();
    const fields = { streamId: 1, epoch: 2, seq: 3, headerIndex: 4 };
    expect(wrap(descriptor, viewOf("FrameDescriptor", fields))).toBeNull();
    expect([descriptor.hasTimestampNs, descriptor.hasMetaVersion]).toEqual([false, false]);
    expect(descriptor.timestampNs).toBe(sbe.FrameDescriptorDecoder.timestampNsNull);
    expect(descriptor.metaVersion).toBe(sbe.FrameDescriptorDecoder.metaVersionNull);
    expect(wrap(descriptor, viewOf("FrameDescriptor", { ...fields, timestampNs: 0, metaVersion: 0 }))).toBeNull();
    expect([descriptor.hasTimestampNs, descriptor.hasMetaVersion]).toEqual([true, true]);
  });

  test("a negative i64 is exact as words, as a number and as a bigint", () => {
    const request = new sbe.ShmAttachRequestDecoder();
    expect(wrap(request, viewOf("ShmAttachRequest", ATTACH))).toBeNull();
    expect([request.correlationIdHigh, request.correlationIdLow]).toEqual([0xffffffff, 0xfffffffe]);
    expect(request.correlationIdNumber).toBe(-2);
    expect(request.correlationId).toBe(-2n);
  });
});

describe("before a message is decoded", () => {
  const view = viewOf("ShmAttachRequest", ATTACH);

  test("its key, ids, version and block length can be looked at; too short a message has none", () => {
    expect(sbe.messageKeyAt(view, 0, view.byteLength)).toBe(sbe.ShmAttachRequestDecoder.KEY);
    expect(sbe.messageByKey(sbe.ShmAttachRequestDecoder.KEY)?.name).toBe("ShmAttachRequest");
    const peeks = [sbe.schemaIdAt, sbe.templateIdAt, sbe.versionAt, sbe.blockLengthAt];
    expect(peeks.map((peek) => peek(view, 0, view.byteLength))).toEqual([901, 1, 1, 24]);
    for (const peek of [...peeks, sbe.messageKeyAt]) {
      expect(peek(view, 0, 7)).toBe(-1);
      expect(peek(view, 30, 8)).toBe(-1);
    }
  });

  test("templates 50 and 51 are no messages: they never come with a header", () => {
    expect(sbe.messageByKey(sbe.messageKey(900, 50))).toBeUndefined();
    expect(sbe.messageByKey(sbe.messageKey(900, 51))).toBeUndefined();
  });

  test("W-36, D-09: the correlationId of a refused attach request can be read, when it is there", () => {
    const changed = new DataView(view.buffer.slice(0));
    changed.setUint16(6, 9, true);
    const length = changed.byteLength;
    expect(new sbe.ShmAttachRequestDecoder().wrap(changed, 0, length)?.code).toBe("version");
    expect(sbe.hasCorrelationId(changed, 0, length)).toBe(true);
    expect(sbe.correlationIdHighAt(changed, 0)).toBe(0xffffffff);
    expect(sbe.correlationIdLowAt(changed, 0)).toBe(0xfffffffe);
    expect(sbe.hasCorrelationId(changed, 0, 16)).toBe(true);
    expect(sbe.hasCorrelationId(changed, 0, 15)).toBe(false);
    changed.setUint16(0, 7, true);
    expect(sbe.hasCorrelationId(changed, 0, length)).toBe(false);
  });

  test("the correlationId is the first field of every message of schema 901 that has one", () => {
    for (const { schemaId, fields } of sbe.MESSAGES) {
      const index = fields.findIndex((field) => field.name === "correlationId");
      if (schemaId === 901 && index !== -1) expect([index, fields[index]?.offset]).toEqual([0, 0]);
    }
  });
});

describe("structures of shared memory", () => {
  test("a superblock is read at any offset, and refused where it does not fit", () => {
    const decoder = new sbe.ShmRegionSuperblockDecoder();
    const view = new DataView(new ArrayBuffer(100));
    new sbe.ShmRegionSuperblockEncoder().wrap(view, 8).setRegionType(sbe.RegionType.HEADER_RING).setNslots(64);
    expect(decoder.wrap(view, 8)).toBeNull();
    expect([decoder.nslots, view.getUint32(8 + sbe.SUPERBLOCK_NSLOTS_OFFSET, true)]).toEqual([64, 64]);
    for (const offset of [37, -1, 100, Number.NaN]) expect(decoder.wrap(view, offset)?.code).toBe("truncated");
  });

  test("a slot header's arrays are read by index, and no further", () => {
    const view = new DataView(new ArrayBuffer(sbe.SLOT_HEADER_BYTES));
    const encoder = new sbe.TensorSlotHeader256Encoder().wrap(view, 0).setDims(0, 480).setDims(7, -1);
    const decoder = new sbe.TensorSlotHeader256Decoder();
    expect(decoder.wrap(view, 0)).toBeNull();
    expect([decoder.dims(0), decoder.dims(1), decoder.dims(7)]).toEqual([480, 0, -1]);
    expect(() => decoder.dims(8)).toThrow(RangeError);
    expect(() => encoder.setDims(8, 0)).toThrow(RangeError);
    view.setInt16(sbe.SLOT_DTYPE_OFFSET, 12, true);
    expect(decoder.wrap(view, 0)).toMatchObject({ code: "enum", field: "dtype" });
  });
});
