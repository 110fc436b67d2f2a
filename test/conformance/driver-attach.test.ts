import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import type { JsonFields } from "../../src/sbe/index.ts";
import { TestClient } from "../support/driver-client.ts";
import { DriverRig, smallPlan } from "../support/driver-rig.ts";
import { STREAM_ID } from "../support/shm.ts";
import { settle } from "./wiretap.ts";

const NOTHING = {
  leaseId: null,
  leaseExpiryTimestampNs: null,
  streamId: null,
  epoch: null,
  layoutVersion: null,
  headerNslots: null,
  headerSlotBytes: null,
  maxDims: null,
  payloadPools: [],
  headerRegionUri: "",
};

describe("attaching to a driver", () => {
  test("D-07: a grant carries everything that a client needs, and its regions are there", async () => {
    await using rig = new DriverRig();
    rig.startDriver();
    const client = new TestClient(rig);
    const answer = client.attach();
    expect(answer).toMatchObject({
      code: "OK",
      streamId: STREAM_ID,
      layoutVersion: 1,
      headerNslots: 8,
      headerSlotBytes: 256,
      maxDims: 8,
      errorMessage: "",
      payloadPools: [{ poolId: 1, poolNslots: 8, strideBytes: 4096 }],
    });
    expect(BigInt(answer["leaseId"] as string)).toBeGreaterThan(0n);
    expect(BigInt(answer["leaseExpiryTimestampNs"] as string)).toBeGreaterThan(0n);
    const [pool] = answer["payloadPools"] as readonly JsonFields[];
    for (const uri of [answer["headerRegionUri"], pool?.["regionUri"]] as string[]) {
      expect(uri).toStartWith("shm:file?path=/");
      expect(existsSync(uri.slice("shm:file?path=".length).split("|")[0] as string)).toBe(true);
    }
    expect(client.announcedEpochs().at(-1) ?? BigInt(answer["epoch"] as string)).toBe(
      BigInt(answer["epoch"] as string),
    );
  });

  test("D-06: a request that comes again gets the lease that it has", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver();
    const client = new TestClient(rig);
    const first = client.attach({ correlationId: "77" });
    client.tap.forget();
    const second = client.attach({ correlationId: "77" });
    expect(second["leaseId"]).toBe(first["leaseId"] as string);
    expect(second["epoch"]).toBe(first["epoch"] as string);
    expect(driver.leaseCount).toBe(1);
    expect(driver.counters.of.attachesRepeated.value).toBe(1);
  });

  test("D-03, D-10: a second producer, and a second lease of a client id, are rejected with the one that is there named", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver();
    const client = new TestClient(rig);
    expect(client.attach({ clientId: 501, role: "PRODUCER" })["code"]).toBe("OK");
    const second = client.attach({ clientId: 502, role: "PRODUCER" });
    expect(second).toMatchObject({ ...NOTHING, code: "REJECTED" });
    expect(second["errorMessage"]).toContain("501");
    const again = client.attach({ clientId: 501, role: "CONSUMER" });
    expect(again).toMatchObject({ ...NOTHING, code: "REJECTED" });
    expect(again["errorMessage"]).toContain("use another client id");
    for (let clientId = 510; clientId < 530; clientId++) expect(client.attach({ clientId })["code"]).toBe("OK");
    expect(driver.leaseCount).toBe(21);
  });

  test("D-03: of two producers that ask at once, while regions are being made, one is rejected", async () => {
    await using rig = new DriverRig();
    rig.startDriver();
    const client = new TestClient(rig);
    const ask = (clientId: number) =>
      client.say("ShmAttachRequest", {
        correlationId: String(clientId),
        streamId: STREAM_ID,
        clientId,
        role: "PRODUCER",
        expectedLayoutVersion: 0,
        maxDims: 0,
        publishMode: null,
        requireHugepages: null,
      });
    ask(601);
    ask(602);
    const codes = [601, 602].map((id) => client.answer("ShmAttachResponse", String(id))["code"]);
    expect(codes.sort()).toEqual(["OK", "REJECTED"]);
  });

  const dynamic = { ranges: [{ first: 20_000, last: 20_009 }], nslots: 4, pools: [{ poolId: 3, strideBytes: 8192 }] };
  const refusals: readonly (readonly [what: string, request: JsonFields, code: string, says: string])[] = [
    ["another layout version is REJECTED", { expectedLayoutVersion: 2 }, "REJECTED", "expectedLayoutVersion"],
    ["more dims than there are is INVALID_PARAMS", { maxDims: 9 }, "INVALID_PARAMS", "maxDims"],
    ["hugepages that cannot be had are REJECTED", { requireHugepages: true }, "REJECTED", "hugetlbfs"],
    [
      "REQUIRE_EXISTING on a stream that is not there is REJECTED",
      { streamId: 20_001, publishMode: "REQUIRE_EXISTING" },
      "REJECTED",
      "20001",
    ],
    ["no publishMode creates nothing: REJECTED", { streamId: 20_001, publishMode: null }, "REJECTED", "20001"],
    [
      "EXISTING_OR_CREATE outside of the range is REJECTED",
      { streamId: 20_010, publishMode: "EXISTING_OR_CREATE" },
      "REJECTED",
      "20010",
    ],
  ];
  test.each(refusals)("D-08, D-09: %s, and every optional field is null", async (_what, request, code, says) => {
    await using rig = new DriverRig();
    const driver = rig.startDriver({ dynamic });
    const client = new TestClient(rig);
    const answer = client.attach(request);
    expect(answer).toMatchObject({ ...NOTHING, code });
    expect(answer["errorMessage"]).toContain(says);
    expect(driver.leaseCount).toBe(0);
  });

  test("D-09: no preference and fewer dims are fine, and the configured ones are returned", async () => {
    await using rig = new DriverRig();
    rig.startDriver();
    const client = new TestClient(rig);
    for (const [index, maxDims] of [0, 3, 8].entries()) {
      const answer = client.attach({ clientId: 700 + index, maxDims, expectedLayoutVersion: 0 });
      expect(answer).toMatchObject({ code: "OK", maxDims: 8, layoutVersion: 1 });
    }
  });

  test("D-09: a stream is made on demand where policy allows it, and attached to like any other", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver({ dynamic });
    const client = new TestClient(rig);
    const made = client.attach({ streamId: 20_001, role: "PRODUCER", publishMode: "EXISTING_OR_CREATE" });
    expect(made).toMatchObject({ code: "OK", headerNslots: 4, payloadPools: [{ poolId: 3, strideBytes: 8192 }] });
    expect(client.attach({ clientId: 501, streamId: 20_001 })["code"]).toBe("OK");
    expect(driver.streams.find(20_001)?.isDynamic).toBe(true);
  });

  test("D-09, W-36: a request of which only the correlation id can be read is answered with INVALID_PARAMS", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver();
    const client = new TestClient(rig);
    client.sayBytes(new Uint8Array([24, 0, 1, 0, 0x85, 3, 1, 0, 9, 3, 0, 0, 0, 0, 0, 0, 1]));
    expect(client.answer("ShmAttachResponse", "777")).toMatchObject({ ...NOTHING, code: "INVALID_PARAMS" });
    expect(driver.counters.of.messagesRefused.value).toBe(1);
    expect(driver.counters.of.attachesInvalid.value).toBe(1);
  });

  test("D-09: a later schema version is UNSUPPORTED", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver();
    const client = new TestClient(rig);
    const bytes = new Uint8Array(8 + 24);
    bytes.set([24, 0, 1, 0, 0x85, 3, 2, 0, 9, 3]);
    client.sayBytes(bytes);
    const answer = client.answer("ShmAttachResponse", "777");
    expect(answer).toMatchObject({ ...NOTHING, code: "UNSUPPORTED" });
    expect(answer["errorMessage"]).toContain("version");
    expect(driver.counters.of.attachesUnsupported.value).toBe(1);
  });

  test("D-05, W-26, W-31: a client maps nothing outside of its own allowed directories, whatever the driver grants", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver({ streams: [smallPlan(), smallPlan(77_078)] });
    const { AllowedBaseDirs } = await import("../../src/shm/index.ts");
    const elsewhere = AllowedBaseDirs.resolve([rig.directory.at("elsewhere")]);
    const producer = rig.leasedProducer({ driver: { attachTimeoutNs: 0, baseDirs: elsewhere } });
    const consumer = rig.leasedConsumer({ baseDirs: elsewhere });
    rig.until(() => producer.attachRefusal !== null && consumer.refusal !== null, "both to refuse");
    expect(producer.attachRefusal?.message).toContain("region refused");
    expect(consumer.refusal?.rule).toBe("W-26");
    expect([producer.isAttached, consumer.isMapped]).toEqual([false, false]);
    // What cannot be used is given back.
    rig.until(() => driver.counters.of.detaches.value > 0, "the producer's lease to be given back");
    settle(rig);
  });
});
