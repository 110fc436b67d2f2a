import { describe, expect, test } from "bun:test";
import { Registry } from "prom-client";
import type { CounterRecord } from "../../src/aeron/counters-reader.ts";
import { FrameDelay } from "../../src/bridge/frame-delay.ts";
import { BridgeAccount } from "../../src/bridge/ledger.ts";
import { SlotTarget } from "../../src/bridge/slot-target.ts";
import { bridgeLines } from "../../src/cli/driver/bridge-lines.ts";
import { ReaderDrain } from "../../src/roles/reader-drain.ts";
import { ClaimState } from "../../src/roles/slot-claim.ts";
import {
  BridgeLinks,
  FAR_ACCEPTED_TYPE_ID,
  FAR_LOST_TYPE_ID,
  farReaderKey,
  LINK_TYPE_ID,
  linkKey,
} from "../../src/supervision/bridge-links.ts";
import { type BridgeFact, consumerViews } from "../../src/supervision/model/index.ts";
import { bridgeMetrics } from "../../src/web/bridge-metrics.ts";
import { bytesHeader, valuesOf } from "../support/bridge.ts";
import { Supervised } from "../support/supervision.ts";

function record(typeId: number, key: Uint8Array, value: bigint, ownerId = 1n): CounterRecord {
  const bytes = new Uint8Array(112);
  bytes.set(key);
  return { id: 1, typeId, key: new DataView(bytes.buffer), label: "", value, registrationId: 1n, ownerId };
}

describe("the Aeron counters of a bridge", () => {
  test("say where it goes, whether that is connected, and who reads there", () => {
    const links = new BridgeLinks([
      record(FAR_LOST_TYPE_ID, farReaderKey(1, 42, 2, 77), 3n),
      record(LINK_TYPE_ID, linkKey("consumer", 1, 42, "192.0.2.7:4400"), 1n),
      record(FAR_ACCEPTED_TYPE_ID, farReaderKey(1, 42, 2, 77), 100n),
      record(LINK_TYPE_ID, linkKey("producer", 9, 42, "[2001:db8::1]:40123"), 0n),
    ]);
    const readers = [{ streamId: 2, consumerId: 77, accepted: 100, lost: 3 }];
    expect(links.find(1n, "consumer", 1, 42)).toEqual({ peer: "192.0.2.7:4400", isConnected: true, readers });
    expect(links.find(1n, "producer", 9, 42)).toMatchObject({ peer: "[2001:db8::1]:40123", isConnected: false });
    expect([links.find(2n, "consumer", 1, 42), links.find(1n, "producer", 1, 42)]).toEqual([null, null]);
  });

  test("may hold any bytes: a peer that is no text, a length beyond the key, counts that cannot be", () => {
    const key = linkKey("consumer", 1, 42, "\u001b[2Jx".padEnd(200, "é"));
    key[9] = 255;
    const links = new BridgeLinks([
      record(LINK_TYPE_ID, key, -1n),
      record(FAR_ACCEPTED_TYPE_ID, farReaderKey(1, 42, 2, 77), -(2n ** 63n)),
      ...Array.from({ length: 200 }, (_, i) => record(FAR_LOST_TYPE_ID, farReaderKey(1, 42, 3, i), 2n ** 62n)),
    ]);
    const fact = links.find(1n, "consumer", 1, 42);
    expect(fact?.peer).toMatch(/^[\x20-\x7e]{1,102}$/);
    expect([fact?.isConnected, fact?.readers.length, fact?.readers[0]?.accepted]).toEqual([false, 64, 0]);
  });
});

describe("the supervisor", () => {
  const bridge: BridgeFact = {
    peer: "192.0.2.7:4400",
    isConnected: true,
    readers: [{ streamId: 2, consumerId: 77, accepted: 90, lost: 1 }],
  };
  const counts = new Map([
    ["accepted", 100],
    ["farDelivered", 95],
    ["farIncomplete", 2],
    ["farUnreported", 3],
    ["bridgeBackPressured", 4],
    ["roundTripNs", 250_000],
    ["bridgeDelayNs", 1_500_000],
    ["bridgeDelayErrorNs", 130_000],
  ]);

  function supervised(): Supervised {
    const it = new Supervised();
    it.announce();
    it.qos(10);
    it.wait(1);
    it.qos(20);
    it.news();
    it.model.onCounters(it.nowNs, { streamId: 1, clientId: 42, role: "consumer", pid: 5, counts, bridge });
    return it;
  }

  test("lists a bridge with its peer, its losses on either side and the far consumers, and says when it connects", () => {
    const it = supervised();
    const [view] = consumerViews(it.model, it.nowNs);
    expect(view?.bridge).toMatchObject({
      direction: "send",
      peer: "192.0.2.7:4400",
      isConnected: true,
      roundTripSeconds: 0.00025,
      delaySeconds: 0.0015,
      delayErrorSeconds: 0.00013,
      delivered: 95,
      unreported: 3,
      losses: { backPressured: 4, notConnected: 0, incomplete: 2 },
      farReaders: bridge.readers,
    });
    expect(bridgeLines(view?.bridge as never).join("\n")).toMatchInlineSnapshot(`
      "95 frames delivered, backPressured 4, incomplete 2, 3 not reported yet
      delay of frames 1.5 ms, give or take 130 us, round trip 250 us, NAKs 0, retransmits 0, window full 0 times
      consumer 77 of stream 2 there: accepted 90, lost 1"
    `);
    const away = { ...bridge, isConnected: false };
    it.model.onCounters(it.nowNs, { streamId: 1, clientId: 42, role: "consumer", pid: 5, counts, bridge: away });
    expect(it.news()).toEqual(["bridge-connected", "bridge-disconnected"]);
    expect(it.lastText).toBe("the bridge of stream 1 to 192.0.2.7:4400 is not connected any more");
  });

  test("has metrics of bridges", async () => {
    const it = supervised();
    const registry = new Registry();
    bridgeMetrics(registry, it.model)(it.nowNs);
    const text = await registry.metrics();
    const labels = 'stream_id="1",client_id="42",direction="send",peer="192.0.2.7:4400"';
    expect(text).toContain(`tensorpool_bridge_connected{${labels}} 1`);
    expect(text).toContain(`tensorpool_bridge_losses_total{${labels},cause="backPressured"} 4`);
    expect(text).toContain(
      `tensorpool_bridge_far_accepted_frames_total{${labels},far_stream_id="2",far_consumer_id="77"} 90`,
    );
  });
});

describe("a frame with a checksum", () => {
  test("is committed only if its values are those that were sent", () => {
    const account = new BridgeAccount();
    const values = valuesOf(1, 100);
    const claim = {
      index: 0,
      pool: { strideBytes: 4096 },
      address: 0,
      bytes: values,
      state: ClaimState.CLAIMED,
      isCommitted: false,
      commitCopy: () => {},
      abort: () => {},
    };
    const producer = { isReady: true, maxByteLength: 4096, skipTo: () => true, tryClaim: () => claim };
    const target = new SlotTarget(() => ({ output: { producer }, account, delay: new FrameDelay() }) as never);
    const header = bytesHeader(1, 100);
    header.poolId = 1;
    for (const checksum of [Bun.hash.crc32(values), Bun.hash.crc32(values) ^ 1, -1]) {
      expect(target.begin(header)).toBe(true);
      target.commit(header, checksum >>> 0 === 0xffff_ffff ? -1 : checksum >>> 0);
    }
    expect([account.delivered, account.checksum]).toEqual([2, 1]);
  });
});

describe("readers of a stream that has ended", () => {
  const drainOf = (flow: "wait" | "drop", waitTimeoutNs: number) => {
    const producer = { streamId: 1, flow, isDrained: false, drainedSeqs: 0 };
    return { producer, drain: new ReaderDrain(producer as never, waitTimeoutNs, 0) };
  };

  test("are waited for while they get on, and with the flow wait for as long as frames wait for them", () => {
    const { producer, drain } = drainOf("wait", 60e9);
    expect([drain.isOver(59e9), drain.isOver(61e9)]).toEqual([false, true]);
    producer.drainedSeqs = 1;
    expect([drain.isOver(62e9), drain.isOver(121e9), drain.isOver(123e9)]).toEqual([false, false, true]);
    const live = drainOf("drop", 60e9).drain;
    expect([live.isOver(1e9), live.isOver(2e9)]).toEqual([false, true]);
    producer.isDrained = true;
    expect(drain.isOver(0)).toBe(true);
  });
});
