import { describe, expect, test } from "bun:test";
import * as sbe from "../../src/sbe/index.ts";

const view = new DataView(new ArrayBuffer(256));

/** The code of the EncodeError that a call throws. */
function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof sbe.EncodeError) return error.code;
    throw error;
  }
  return "none";
}

describe("an encoder", () => {
  test("W-35: writes 0 or null into fields that are not set, over whatever was there", () => {
    new Uint8Array(view.buffer).fill(0xa5);
    const response = new sbe.ShmAttachResponseEncoder().wrap(view, 0, 256);
    response.payloadPoolsCount(0);
    response.putHeaderRegionUri("").putErrorMessage("no");
    const decoded = sbe.decodeJson(new Uint8Array(view.buffer, 0, response.encodedLength));
    expect(decoded.fields).toMatchObject({
      correlationId: "0",
      code: "OK",
      leaseId: null,
      streamId: null,
      epoch: null,
    });
    expect(decoded.fields).toMatchObject({
      headerSlotBytes: null,
      maxDims: null,
      payloadPools: [],
      errorMessage: "no",
    });
  });

  test("can be told null again", () => {
    const encoder = new sbe.FrameDescriptorEncoder().wrap(view, 0, 256).setTimestampNs(1, 2).setTimestampNsNull();
    const decoder = new sbe.FrameDescriptorDecoder();
    expect(decoder.wrap(view, 0, encoder.encodedLength)).toBeNull();
    expect(decoder.hasTimestampNs).toBe(false);
  });

  test("knows the length of a message without groups and data beforehand", () => {
    expect(sbe.FrameDescriptorEncoder.ENCODED_LENGTH).toBe(44);
    expect(new sbe.FrameDescriptorEncoder().wrap(view, 0, 44).encodedLength).toBe(44);
  });

  test("refuses to write past its limit or its view, naming what did not fit", () => {
    const descriptor = new sbe.FrameDescriptorEncoder();
    expect(codeOf(() => descriptor.wrap(view, 0, 43))).toBe("no-room");
    expect(codeOf(() => descriptor.wrap(view, 230, 100))).toBe("no-room");
    expect(codeOf(() => descriptor.wrap(view, Number.NaN, 100))).toBe("no-room");
    const config = new sbe.ConsumerConfigEncoder().wrap(view, 0, 8 + 12 + 4 + 3);
    expect(() => config.putPayloadFallbackUri("aeron:ipc")).toThrow(
      /payloadFallbackUri: expected 33 bytes .* room for 27/,
    );
    expect(codeOf(() => new sbe.ShmRegionSuperblockEncoder().wrap(view, 193))).toBe("no-room");
  });

  test("refuses numbers that a field cannot hold, naming the field", () => {
    const hello = new sbe.ConsumerHelloEncoder().wrap(view, 0, 256);
    for (const value of [-1, 2 ** 32, 0.5, Number.NaN]) {
      expect(() => hello.setStreamId(value)).toThrow(
        `ConsumerHello.streamId: expected 0 to 4294967295, found ${value}`,
      );
    }
    expect(codeOf(() => hello.setMaxRateHz(65536))).toBe("out-of-range");
    expect(codeOf(() => hello.setMode(4))).toBe("out-of-range");
    expect(codeOf(() => hello.setMode(1.5))).toBe("out-of-range");
    const qos = new sbe.QosProducerEncoder().wrap(view, 0, 256);
    for (const value of [-1, 2 ** 53, 0.5, Number.NaN])
      expect(codeOf(() => qos.setEpochNumber(value))).toBe("out-of-range");
    for (const value of [-1n, 2n ** 64n]) expect(codeOf(() => qos.setEpochBigint(value))).toBe("out-of-range");
    const control = new sbe.ControlResponseEncoder().wrap(view, 0, 256);
    for (const value of [2n ** 63n, -(2n ** 63n) - 1n]) {
      expect(codeOf(() => control.setCorrelationIdBigint(value))).toBe("out-of-range");
    }
    const slot = new sbe.TensorSlotHeader256Encoder().wrap(view, 0);
    for (const value of [2 ** 31, -(2 ** 31) - 1]) expect(codeOf(() => slot.setDims(0, value))).toBe("out-of-range");
  });

  test("writes negative numbers into i64 fields", () => {
    const encoder = new sbe.ControlResponseEncoder().wrap(view, 0, 256);
    encoder.setCorrelationIdNumber(-(2 ** 40) - 7).putErrorMessage("");
    const decoder = new sbe.ControlResponseDecoder();
    expect(decoder.wrap(view, 0, encoder.encodedLength)).toBeNull();
    expect(decoder.correlationId).toBe(-(2n ** 40n) - 7n);
  });

  test("refuses strings outside US-ASCII; toAscii makes any text fit", () => {
    const encoder = () => new sbe.ControlResponseEncoder().wrap(view, 0, 256);
    expect(() => encoder().putErrorMessage("café")).toThrow(
      "errorMessage: expected US-ASCII, found U+00e9 at character 3",
    );
    expect(codeOf(() => encoder().putErrorMessage(sbe.toAscii("café")))).toBe("none");
  });
});

describe("groups and data are written in the order of the schema", () => {
  const announce = () => new sbe.ShmPoolAnnounceEncoder().wrap(view, 0, 256);

  test("data before the group is an error, and so is the group twice", () => {
    expect(codeOf(() => announce().putHeaderRegionUri("x"))).toBe("order");
    const encoder = announce();
    encoder.payloadPoolsCount(0);
    expect(codeOf(() => encoder.payloadPoolsCount(0))).toBe("order");
    encoder.putHeaderRegionUri("x");
    expect(codeOf(() => encoder.putHeaderRegionUri("x"))).toBe("order");
  });

  test("entries that were promised must come, and no more than those", () => {
    const encoder = announce();
    const pools = encoder.payloadPoolsCount(2);
    pools.next().setPoolId(1).putRegionUri("a");
    expect(codeOf(() => encoder.putHeaderRegionUri("x"))).toBe("incomplete");
    pools.next().setPoolId(2).putRegionUri("b");
    expect(codeOf(() => pools.next())).toBe("order");
    expect(codeOf(() => announce().payloadPoolsCount(65536))).toBe("out-of-range");
  });

  test("an entry's own data must be written before the next entry or part", () => {
    const encoder = announce();
    const pools = encoder.payloadPoolsCount(2);
    pools.next();
    expect(codeOf(() => pools.next())).toBe("incomplete");
    const single = announce();
    single.payloadPoolsCount(1).next();
    expect(codeOf(() => single.putHeaderRegionUri("x"))).toBe("incomplete");
  });

  test("the length is not known before all is written", () => {
    expect(codeOf(() => announce().encodedLength)).toBe("incomplete");
    const meta = new sbe.DataSourceMetaEncoder().wrap(view, 0, 256);
    const attributes = meta.attributesCount(1);
    expect(codeOf(() => meta.encodedLength)).toBe("incomplete");
    attributes.next().putKey("k").putFormat("f");
    expect(codeOf(() => meta.encodedLength)).toBe("incomplete");
    attributes.putValue(new Uint8Array([1]));
    expect(meta.encodedLength).toBe(8 + 16 + 4 + 12 + 3);
  });

  test("an encoder that gave up half-way starts afresh", () => {
    const encoder = new sbe.ShmPoolAnnounceEncoder();
    encoder.wrap(view, 0, 256).payloadPoolsCount(2).next();
    encoder.wrap(view, 0, 256).payloadPoolsCount(0);
    expect(encoder.putHeaderRegionUri("x").encodedLength).toBe(8 + 27 + 4 + 5);
  });
});
