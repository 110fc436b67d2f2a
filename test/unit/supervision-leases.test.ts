import { describe, expect, test } from "bun:test";
import { consumerViews, streamViews } from "../../src/supervision/model/index.ts";
import { Supervised } from "../support/supervision.ts";

describe("leases as a supervisor shows them (D-11)", () => {
  const producer = { streamId: 1, clientId: 7, role: "producer" } as const;
  const consumer = { streamId: 1, clientId: 42, role: "consumer" } as const;
  const told = { errorMessage: "" };

  test("a keepalive shows a lease whose granting was missed, and a revocation its end and reason", () => {
    const it = new Supervised();
    it.announce();
    it.qos(1);
    const leaseOf = () => streamViews(it.model, it.nowNs)[0];
    expect(leaseOf()).toMatchObject({ lease: "none", leaseId: null });
    it.model.onKeepalive(it.nowNs, { ...producer, leaseId: 3n });
    it.model.onKeepalive(it.nowNs, { ...consumer, leaseId: 4n });
    it.wait(1);
    expect(leaseOf()).toMatchObject({ lease: "held", leaseId: 3n, leaseSignSeconds: 1 });
    expect(consumerViews(it.model, it.nowNs)[0]).toMatchObject({ lease: "held", leaseId: 4n });
    it.model.onRevoked(it.nowNs, { ...consumer, ...told, leaseId: 4n, reason: "EXPIRED" });
    // It was under way when the lease ended.
    it.model.onKeepalive(it.nowNs, { ...consumer, leaseId: 4n });
    expect(consumerViews(it.model, it.nowNs)[0]).toMatchObject({ lease: "ended", leaseEndReason: "EXPIRED" });
    // The end of another lease is not the end of this one.
    it.model.onRevoked(it.nowNs, { ...producer, ...told, leaseId: 2n, reason: "REVOKED" });
    expect(leaseOf()).toMatchObject({ lease: "held" });
    it.model.onDriverShutdown(it.nowNs, "NORMAL", "");
    expect(leaseOf()).toMatchObject({ lease: "ended", leaseEndReason: "the driver shut down" });
  });

  test("the lease of a predecessor is not that of the producer that acts now, and no lease makes a stream known", () => {
    const it = new Supervised();
    it.model.onKeepalive(it.nowNs, { ...producer, leaseId: 3n });
    expect(it.model.streams.size).toBe(0);
    it.announce();
    it.model.onAttachRequest(it.nowNs, { ...producer, correlationId: 9n });
    it.model.onAttachAnswer(it.nowNs, { correlationId: 9n, leaseId: 5n, code: "OK", errorMessage: "" });
    expect(streamViews(it.model, it.nowNs)[0]).toMatchObject({ lease: "held", leaseId: 5n });
    it.announce({ producerId: 8, epoch: 6n });
    expect(streamViews(it.model, it.nowNs)[0]).toMatchObject({ lease: "none" });
  });
});
