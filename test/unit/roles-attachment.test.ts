import { describe, expect, test } from "bun:test";
import { bytesAt } from "../../ffi/memory.ts";
import type { AeronConnection } from "../../src/aeron/connection.ts";
import { monotonic } from "../../src/aeron/monotonic.ts";
import type { Publication } from "../../src/aeron/publication.ts";
import { PublishResult } from "../../src/aeron/results.ts";
import { CycleClock } from "../../src/core/clock.ts";
import { Attachment } from "../../src/roles/attachment.ts";
import type { AttachmentOptions } from "../../src/roles/attachment-options.ts";
import { consumerCounters } from "../../src/roles/counters.ts";
import { AttachError } from "../../src/roles/errors.ts";
import { decodeJson, encodeJson, type JsonFields } from "../../src/sbe/index.ts";
import { RegionError } from "../../src/shm/index.ts";

const SECOND_NS = 1e9;
const STREAM_ID = 10_000;
/** Aeron sessions. */
const DRIVER = 1;
const STRANGER = 2;

/** An attachment whose messages a test hears, and answers as it likes, at times that it sets. */
class Desk {
  readonly said: { readonly name: string; readonly fields: JsonFields }[] = [];
  readonly events: string[] = [];
  readonly counters = consumerCounters();
  readonly attachment: Attachment;
  result: PublishResult = PublishResult.PUBLISHED;
  nowNs = 0;
  readonly #cycle = new CycleClock();
  losses = 0;
  shortage: string | null = null;
  onAttached = (): void => {};

  constructor(options: Partial<AttachmentOptions> = {}) {
    const publication = {
      publish: (address: number, length: number): PublishResult => {
        if (this.result === PublishResult.PUBLISHED) {
          const { name, fields } = decodeJson(bytesAt(address, length).slice());
          this.said.push({ name, fields });
        }
        return this.result;
      },
    } as unknown as Publication;
    const desk = this;
    const connection = {
      aeronDir: "/dev/shm/aeron-of-a-test",
      isConnected: true,
      get shortage(): string | null {
        return desk.shortage;
      },
      get losses(): number {
        return desk.losses;
      },
    } as unknown as AeronConnection;
    this.attachment = new Attachment(
      connection,
      publication,
      { streamId: STREAM_ID, role: "consumer", attachTimeoutNs: 0, ...options },
      this.counters.of,
      {
        onAttached: (announcement) => {
          this.onAttached();
          this.events.push(`attached ${announcement.epoch}`);
        },
        onDetached: (reason) => this.events.push(`detached: ${reason}`),
      },
      this.#cycle,
    );
  }

  of(name: string): JsonFields[] {
    return this.said.filter((message) => message.name === name).map(({ fields }) => fields);
  }

  pass(seconds: number): void {
    for (let milli = 0; milli < seconds * 1000; milli += 10) {
      this.nowNs += 10e6;
      this.#cycle.update(this.nowNs);
      this.attachment.doWork(this.nowNs);
    }
  }

  /** The process is paused: time passes, and nothing is done. */
  pause(seconds: number): void {
    this.nowNs += seconds * SECOND_NS;
    this.#cycle.update(this.nowNs);
  }

  hear(name: string, fields: JsonFields, sessionId = DRIVER): void {
    const bytes = encodeJson(name, fields);
    this.attachment.onMessage(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes.length, sessionId);
  }

  /** The driver's answer to the newest request. */
  answer(change: JsonFields = {}): void {
    const correlationId = this.of("ShmAttachRequest").at(-1)?.["correlationId"] as string;
    const uri = "shm:file?path=/dev/shm/regions/x";
    this.hear("ShmAttachResponse", {
      correlationId,
      code: "OK",
      leaseId: "7",
      leaseExpiryTimestampNs: null,
      streamId: STREAM_ID,
      epoch: "5",
      layoutVersion: 1,
      headerNslots: 8,
      headerSlotBytes: 256,
      maxDims: 8,
      payloadPools: [{ poolId: 1, poolNslots: 8, strideBytes: 4096, regionUri: uri }],
      headerRegionUri: uri,
      errorMessage: "",
      ...change,
    });
  }

  /** What keeps a lease alive on the driver's side: it announces. */
  announce(epoch = "5", sessionId = DRIVER): void {
    const uri = "shm:file?path=/dev/shm/regions/x";
    this.hear(
      "ShmPoolAnnounce",
      {
        streamId: STREAM_ID,
        producerId: 0,
        epoch,
        layoutVersion: 1,
        headerNslots: 8,
        headerSlotBytes: 256,
        maxDims: 8,
        payloadPools: [],
        headerRegionUri: uri,
      },
      sessionId,
    );
  }
}

describe("a client's lease", () => {
  test("D-06: one request is in flight, repeated with its id after growing waits, and no answer to another is taken", () => {
    const desk = new Desk();
    desk.pass(0.2);
    expect(desk.of("ShmAttachRequest").length).toBe(1);
    desk.pass(12);
    const requests = desk.of("ShmAttachRequest");
    // At first after half a second at the most, then up to two.
    expect(requests.length).toBeGreaterThanOrEqual(6);
    expect(requests.length).toBeLessThanOrEqual(14);
    expect(new Set(requests.map(({ correlationId }) => correlationId)).size).toBe(1);
    desk.answer({ correlationId: "1" });
    expect(desk.events).toEqual([]);
    desk.answer();
    expect(desk.events).toEqual(["attached 5"]);
    // Again, late: there is a lease already.
    desk.answer({ leaseId: "8" });
    expect(desk.attachment.leaseId).toBe(7n);
  });

  test("D-11: a lease of which a pause has left little is given back for another, once", () => {
    const desk = new Desk();
    const expiry = (seconds: number): JsonFields => ({
      leaseExpiryTimestampNs: String(monotonic.toBigint(desk.nowNs + seconds * SECOND_NS)),
    });
    desk.pass(0.01);
    desk.pause(2.7);
    desk.answer(expiry(0.3));
    expect(desk.events).toEqual([]);
    expect(desk.attachment.refusal?.message).toContain("its answer came when most of the lease was over");
    desk.pass(0.2);
    expect(desk.of("ShmDetachRequest").map(({ leaseId }) => leaseId)).toEqual(["7"]);
    desk.pause(2.7);
    desk.answer({ ...expiry(0.3), leaseId: "8" });
    expect([desk.events, desk.attachment.leaseId]).toEqual([["attached 5"], 8n]);
  });

  test("D-11: a short lease whose answer comes at once is taken", () => {
    const desk = new Desk();
    desk.pass(0.01);
    desk.answer({ leaseExpiryTimestampNs: String(monotonic.toBigint(desk.nowNs + 0.1 * SECOND_NS)) });
    expect(desk.events).toEqual(["attached 5"]);
  });

  test("D-06: ids of two runs have nothing to do with each other", () => {
    const ids = Array.from({ length: 20 }, () => {
      const desk = new Desk();
      desk.pass(0.01);
      return desk.of("ShmAttachRequest")[0]?.["correlationId"] as string;
    });
    expect(new Set(ids).size).toBe(20);
  });

  const faults: readonly (readonly [what: string, change: JsonFields])[] = [
    ["no lease id", { leaseId: null }],
    ["no epoch", { epoch: null }],
    ["another stream", { streamId: 3 }],
    ["an unknown layout", { layoutVersion: 2 }],
    ["other slot headers", { headerSlotBytes: 128 }],
    ["other dims", { maxDims: 4 }],
    ["no pool", { payloadPools: [] }],
    ["a blank URI", { headerRegionUri: " " }],
    [
      "a pool of other slots",
      { payloadPools: [{ poolId: 1, poolNslots: 4, strideBytes: 4096, regionUri: "shm:file?path=/x" }] },
    ],
  ];
  test.each(faults)("D-07: an answer with %s maps nothing, and the lease is asked for again", (_what, change) => {
    const desk = new Desk();
    desk.pass(0.01);
    desk.answer(change);
    expect(desk.events).toEqual([]);
    expect(desk.attachment.isAttached).toBe(false);
    expect(desk.attachment.refusal?.found).toBe("PROTOCOL");
    desk.pass(1);
    // What was granted all the same is given back first.
    if (change["leaseId"] !== null) expect(desk.of("ShmDetachRequest").length).toBe(1);
    const ids = desk.of("ShmAttachRequest").map(({ correlationId }) => correlationId);
    expect(new Set(ids).size).toBe(2);
    desk.answer();
    expect(desk.events).toEqual(["attached 5"]);
    expect(desk.attachment.refusal).toBeNull();
  });

  test("D-07: regions that cannot be mapped give the lease back", () => {
    const desk = new Desk();
    desk.onAttached = () => {
      throw new RegionError("region-gone", { subject: "x", what: "file", expected: "a file", found: "nothing" });
    };
    desk.pass(0.01);
    desk.answer();
    desk.pass(0.5);
    expect(desk.of("ShmDetachRequest")).toMatchObject([{ leaseId: "7", streamId: STREAM_ID }]);
    expect(desk.attachment.refusal?.found).toBe("UNUSABLE");
  });

  test("D-06: a lease that is granted to a request which was refused before is given back, and the request in flight continues", () => {
    const desk = new Desk();
    desk.pass(0.01);
    const refused = desk.of("ShmAttachRequest").at(-1)?.["correlationId"] as string;
    desk.answer({ code: "REJECTED", leaseId: null, epoch: null, errorMessage: "not yet" });
    desk.pass(0.2);
    const asked = desk.of("ShmAttachRequest").at(-1)?.["correlationId"] as string;
    expect(asked).not.toBe(refused);
    desk.answer({ correlationId: refused, leaseId: "8" });
    expect(desk.attachment.isAttached).toBe(false);
    expect(desk.of("ShmDetachRequest")).toMatchObject([{ leaseId: "8" }]);
    desk.answer({ correlationId: asked });
    expect(desk.attachment.leaseId).toBe(7n);
    // The same answer comes again: the lease is held.
    desk.answer({ correlationId: asked });
    expect(desk.of("ShmDetachRequest").length).toBe(1);
  });

  test("D-10: a successor that announces a later epoch is not taken for the driver, though that has announced nothing yet", () => {
    const desk = new Desk({ announcesApart: true });
    desk.pass(0.01);
    desk.answer();
    for (let second = 0; second < 3; second++, desk.pass(1)) desk.announce("6", STRANGER);
    expect(desk.events.at(-1)).toContain("another driver serves the stream");
  });

  test("D-11: keepalives go once a second and name the lease in full; without announces the driver counts as dead (D-17)", () => {
    const desk = new Desk({ clientId: 42 });
    desk.pass(0.01);
    desk.answer();
    for (let second = 0; second < 6; second++) {
      desk.pass(1);
      desk.announce();
    }
    const keepalives = desk.of("ShmLeaseKeepalive");
    expect(keepalives.length).toBeGreaterThanOrEqual(6);
    expect(keepalives.length).toBeLessThanOrEqual(8);
    expect(keepalives[0]).toMatchObject({ leaseId: "7", streamId: STREAM_ID, clientId: 42, role: "CONSUMER" });
    desk.pass(5);
    expect(desk.events.at(-1)).toContain("detached: the driver fell silent");
  });

  test("D-15: a keepalive that cannot be sent for a period is fatal to the lease: detached, and asked for again", () => {
    const desk = new Desk();
    desk.pass(0.01);
    desk.answer();
    desk.pass(1.5);
    desk.announce();
    desk.result = PublishResult.BACK_PRESSURED;
    desk.pass(0.5);
    expect(desk.events).toEqual(["attached 5"]);
    desk.pass(2);
    expect(desk.events.at(-1)).toContain("a keepalive could not be sent");
    desk.result = PublishResult.PUBLISHED;
    desk.pass(0.5);
    desk.answer({ leaseId: "9", epoch: "6" });
    expect(desk.events.at(-1)).toBe("attached 6");
  });

  test("D-15: a publication that is closed is fatal at once", () => {
    const desk = new Desk();
    desk.pass(0.01);
    desk.answer();
    desk.result = PublishResult.CLOSED;
    desk.pass(1.1);
    expect(desk.events.at(-1)).toContain("a keepalive could not be sent");
  });

  test("D-14, D-17: revocation, shutdown and the media driver's death end the lease at once", () => {
    const ends: readonly ((desk: Desk) => void)[] = [
      (desk) =>
        desk.hear("ShmLeaseRevoked", {
          timestampNs: "1",
          leaseId: "7",
          streamId: STREAM_ID,
          clientId: 42,
          role: "CONSUMER",
          reason: "REVOKED",
          errorMessage: "",
        }),
      (desk) => desk.hear("ShmDriverShutdown", { timestampNs: "1", reason: "NORMAL", errorMessage: "" }),
      (desk) => {
        desk.losses++;
        desk.pass(0.01);
      },
    ];
    for (const end of ends) {
      const desk = new Desk({ clientId: 42 });
      desk.pass(0.01);
      desk.answer();
      end(desk);
      expect(desk.events.at(-1)).toStartWith("detached");
      expect(desk.attachment.isAttached).toBe(false);
    }
  });

  test("D-14, D-17: what a process sends that did not grant the lease ends none while the driver announces", () => {
    for (const role of ["consumer", "producer"] as const) {
      const desk = new Desk({ clientId: 42, role });
      desk.pass(0.01);
      desk.answer();
      for (let second = 0; second < 6; second++) {
        for (const epoch of ["5", "6", "900"]) desk.announce(epoch, STRANGER);
        desk.hear("ShmDriverShutdown", { timestampNs: "1", reason: "NORMAL", errorMessage: "" }, STRANGER);
        const lease = { leaseId: "7", streamId: STREAM_ID, clientId: 42, role: role.toUpperCase() };
        const end = { timestampNs: "1", reason: "REVOKED", errorMessage: "" };
        desk.hear("ShmLeaseRevoked", { ...lease, ...end }, STRANGER);
        desk.announce();
        desk.pass(1);
      }
      expect(desk.events).toEqual(["attached 5"]);
      expect(desk.attachment.isAttached).toBe(true);
    }
  });

  test("D-10, D-17: another driver's announces end the lease as soon as those of the driver that granted it stay away", () => {
    const desk = new Desk();
    desk.pass(0.01);
    desk.answer();
    desk.announce();
    desk.pass(1);
    desk.announce("6", STRANGER);
    expect(desk.attachment.isAttached).toBe(true);
    desk.pass(1);
    desk.announce("6", STRANGER);
    expect(desk.events.at(-1)).toContain("another driver serves the stream");
  });

  test("D-17: the announces of others do not hide that the driver fell silent; it may announce in a session apart", () => {
    const desk = new Desk({ announcesApart: true });
    desk.pass(0.01);
    desk.answer();
    for (let second = 0; second < 6; second++, desk.pass(1)) desk.announce("5", 3);
    expect(desk.attachment.isAttached).toBe(true);
    for (let second = 0; second < 6; second++, desk.pass(1)) desk.announce("4", STRANGER);
    expect(desk.events.at(-1)).toContain("the driver fell silent");
  });

  test("D-17: a producer that sees its stream announced with a higher epoch stops at once", () => {
    const desk = new Desk({ role: "producer" });
    desk.pass(0.01);
    desk.answer();
    desk.announce("5");
    expect(desk.attachment.isAttached).toBe(true);
    desk.announce("6");
    expect(desk.events.at(-1)).toContain("epoch 5 was followed by 6");
  });

  test("a first lease that does not come is an error that names both ways", () => {
    const desk = new Desk({ attachTimeoutNs: 2 * SECOND_NS });
    let failure: unknown = null;
    try {
      desk.pass(3);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(AttachError);
    expect((failure as AttachError).code).toBe("not-found");
    expect((failure as AttachError).message).toMatch(/tensorpool driver.*standalone/);
  });

  test("a first lease that does not come because of a lack of room names the room, and no other deployment", () => {
    const desk = new Desk({ attachTimeoutNs: 2 * SECOND_NS });
    desk.shortage = "the media driver cannot make publication 1000: insufficient usable storage";
    expect(() => desk.pass(3)).toThrow(
      /^stream 10000: no lease within 2 s, because of a lack of room: the media driver cannot make .*storage; make room: `tensorpool gc`.*the room$/,
    );
  });

  test("a refusal that no waiting can change is an error at once; one that may pass is not", () => {
    const final = new Desk({ attachTimeoutNs: 5 * SECOND_NS });
    final.pass(0.01);
    final.answer({ code: "INVALID_PARAMS", errorMessage: "maxDims: expected at most 8" });
    expect(() => final.pass(0.1)).toThrow("maxDims");
    const passing = new Desk({ attachTimeoutNs: 5 * SECOND_NS });
    passing.pass(0.01);
    passing.answer({ code: "REJECTED", errorMessage: "D-03: there is a producer" });
    passing.pass(1);
    passing.answer();
    expect(passing.events).toEqual(["attached 5"]);
  });
});
