import { describe, expect, test } from "bun:test";
import { descriptorPublicationChannel, LIVE_TIMEOUTS } from "../../src/aeron/channel.ts";
import { profileToml, standaloneFlags } from "../../src/cli/sizing/profile.ts";
import { fits, sizingPairs } from "../../src/cli/sizing/report.ts";
import { DEFAULT_KEPT_EPOCHS, type SizingRequest, sizeStream } from "../../src/cli/sizing/sizing.ts";
import { GeneralSettings } from "../../src/config/index.ts";
import { configFile } from "../support/config-schema.ts";

const MIB = 1024 ** 2;

/** A camera of 30 frames/s whose slowest reader takes 200 ms. */
function request(changes: Partial<SizingRequest> = {}): SizingRequest {
  return {
    rateHz: 30,
    frameBytes: 1080 * 1920 * 3,
    latencyNs: 200e6,
    headroom: 3,
    consumers: 1,
    streams: 1,
    keptEpochs: DEFAULT_KEPT_EPOCHS,
    ...changes,
  };
}

describe("sizing", () => {
  test("slots are rate x latency x headroom, as a power of two; a stride holds the frame", () => {
    expect(sizeStream(request())).toMatchObject({ neededSlots: 18, slots: 32, strideBytes: 8 * MIB });
    expect(sizeStream(request({ rateHz: 10_000, latencyNs: 20e6, headroom: 4, frameBytes: 64 * 1024 }))).toMatchObject({
      neededSlots: 800,
      slots: 1024,
      strideBytes: 64 * 1024,
    });
    expect(sizeStream(request({ frameBytes: 1 })).strideBytes).toBe(4096);
  });

  test("exact products are not rounded up by binary fractions", () => {
    expect(sizeStream(request({ rateHz: 30, latencyNs: 100e6, headroom: 1.1 })).neededSlots).toBe(4);
    expect(sizeStream(request({ rateHz: 320, latencyNs: 100e6, headroom: 1 }))).toMatchObject({
      neededSlots: 32,
      slots: 32,
    });
    expect(sizeStream(request({ rateHz: 0.7, latencyNs: 10e9, headroom: 10 })).neededSlots).toBe(70);
  });

  test("with a headroom of 2 or more, a reader may be paused for the whole latency", () => {
    for (const headroom of [2, 2.5, 3, 4]) {
      for (const rateHz of [1, 29.97, 1000, 123_456]) {
        const sizing = sizeStream(request({ rateHz, headroom, frameBytes: 64 }));
        expect(sizing.longestPauseNs).toBeGreaterThanOrEqual(sizing.request.latencyNs);
        expect(sizing.lifetimeNs).toBeCloseTo(2 * sizing.longestPauseNs, 0);
      }
    }
    const tight = sizeStream(request({ rateHz: 320, headroom: 1 }));
    expect(tight.longestPauseNs).toBe(100e6);
    expect(tight.remarks.join()).toContain("--headroom 2 or more");
  });

  test("the window and its terms are those of the descriptor publication", () => {
    for (const rateHz of [30, 10_000, 1_000_000]) {
      const { slots, windowBytes, termBytes } = sizeStream(request({ rateHz, frameBytes: 64 }));
      const channel = descriptorPublicationChannel("aeron:ipc", slots, LIVE_TIMEOUTS);
      expect(channel).toContain(`pub-wnd=${windowBytes}|`);
      expect(channel).toContain(`term-length=${termBytes}|`);
    }
  });

  test("regions count with every epoch that the driver wants room for, of every stream", () => {
    const one = sizeStream(request({ keptEpochs: 0 }));
    // A superblock more than the slots, in whole pages, and the header ring.
    expect(one.epochBytes).toBe(32 * 8 * MIB + 4096 + 3 * 4096);
    expect(one.epochs).toBe(2);
    const many = sizeStream(request({ keptEpochs: 2, streams: 5 }));
    expect(many.epochs).toBe(3);
    expect(many.regionBytes).toBe(one.epochBytes * 3 * 5);
    expect(many.totalBytes).toBe(many.regionBytes + many.aeronBytes);
  });

  test("what cannot be laid out is refused with the limit", () => {
    expect(() => sizeStream(request({ frameBytes: 2 ** 31 + 1 }))).toThrow("--frame: expected at most 2 GiB");
    expect(() => sizeStream(request({ rateHz: 1e6, latencyNs: 60e9, frameBytes: 64 }))).toThrow(
      "expected at most 4194304 slots, found 180000000",
    );
  });

  test("a slot that is much larger than its frame, and counters beyond what the driver has, are remarked on", () => {
    expect(sizeStream(request({ frameBytes: 65 * 1024 })).remarks.join()).toContain("51 % of its slot");
    expect(sizeStream(request({ consumers: 300 })).remarks.join()).toContain("Aeron counters");
    expect(sizeStream(request({ rateHz: 100 })).remarks).toEqual([]);
  });

  test("what is free decides whether it fits", () => {
    const sizing = sizeStream(request());
    const free = { directory: "/dev/shm/x", freeBytes: sizing.totalBytes };
    expect(fits(sizing, free)).toBe(true);
    expect(fits(sizing, { ...free, freeBytes: null })).toBe(true);
    const scant = { ...free, freeBytes: sizing.totalBytes - MIB };
    expect(fits(sizing, scant)).toBe(false);
    expect(new Map(sizingPairs(sizing, scant)).get("memory free")).toContain("1 MiB too little");
  });
});

describe("the settings that a sizing ends in", () => {
  test("are those of a driver, and say what was found", () => {
    const sizing = sizeStream(request({ streams: 2, keptEpochs: 1 }));
    const settings = new GeneralSettings(configFile(profileToml(sizing, "camera", 7)), {});
    expect(settings.get("policies.epoch_gc_keep")).toBe(1);
    expect([...settings.streams.values()]).toMatchObject([
      { name: "camera-1", streamId: 7, profile: "camera" },
      { name: "camera-2", streamId: 8, profile: "camera" },
    ]);
    expect(settings.profiles.get("camera")).toMatchObject({
      headerNslots: sizing.slots,
      payloadPools: [{ poolId: 1, strideBytes: sizing.strideBytes }],
    });
  });

  test("leave out what is the default anyway", () => {
    const text = profileToml(sizeStream(request()), "camera", 7);
    expect(text).not.toContain("[policies]");
    expect(new GeneralSettings(configFile(text), {}).get("policies.epoch_gc_keep")).toBe(DEFAULT_KEPT_EPOCHS);
  });

  test("come as flags for a producer on its own as well", () => {
    expect(standaloneFlags(sizeStream(request()))).toBe("--standalone --slots 32 --pool 8MiB");
  });
});
