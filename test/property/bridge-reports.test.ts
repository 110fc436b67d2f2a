import { expect, test } from "bun:test";
import fc from "fast-check";
import { FarAccount, type FarReport } from "../../src/bridge/far-account.ts";
import { NOTHING_RECEIVED, receivedTotal } from "../../src/bridge/ledger.ts";
import { ReportMessages, reportOf } from "../../src/bridge/report-messages.ts";
import { BridgeReportDecoder } from "../../src/sbe/generated/bridge/index.ts";
import { MemorySink } from "../support/bridge.ts";

function report(fields: Partial<FarReport>): FarReport {
  const nothing = {
    toStreamId: 2,
    receiver: 1n,
    firstSent: 0,
    lastSent: 0,
    ledger: NOTHING_RECEIVED,
    delayNs: 0,
    delayErrorNs: 0,
    naks: 0,
  };
  return { ...nothing, windowBytes: 0, socketBufferBytes: 0, consumers: 0, readers: [], ...fields };
}

function encoded(told: FarReport): Uint8Array {
  const sink = new MemorySink();
  new ReportMessages().send(sink, { streamId: 1, instance: 7n, echoNs: 5n, heldNs: 3 }, told, 0);
  return sink.messages[0] as Uint8Array;
}

const count = fc.integer({ min: 0, max: 50 });

test("W-48: accounts of receivers that follow each other are taken to the frame, whatever each of them saw", () => {
  const account = fc.array(fc.record({ delivered: count, incomplete: count, noSlot: count }), { maxLength: 5 });
  const receivers = fc.array(fc.record({ missed: count, steps: account }), { maxLength: 5 });
  fc.assert(
    fc.property(receivers, (all) => {
      const far = new FarAccount();
      let sent = 0;
      let [delivered, unreported] = [0, 0];
      all.forEach(({ missed, steps }, index) => {
        sent += missed;
        unreported += missed;
        const firstSent = sent;
        let ledger = NOTHING_RECEIVED;
        for (const step of steps) {
          ledger = {
            ...ledger,
            delivered: ledger.delivered + step.delivered,
            incomplete: ledger.incomplete + step.incomplete,
            noSlot: ledger.noSlot + step.noSlot,
          };
          sent += step.delivered + step.incomplete + step.noSlot;
          delivered += step.delivered;
          const bytes = encoded(report({ receiver: BigInt(index + 1), firstSent, lastSent: sent, ledger }));
          const decoder = new BridgeReportDecoder();
          expect(decoder.wrap(new DataView(bytes.buffer), 0, bytes.length)).toBeNull();
          expect(far.onReport(reportOf(decoder), sent)).toBeNull();
        }
      });
      expect([far.ledger.delivered, far.unreported(sent)]).toEqual([delivered, unreported]);
    }),
    { numRuns: 200 },
  );
});

test("W-36: reports with any bits changed are refused, or count only frames that were sent, and none twice", () => {
  const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
  fc.assert(
    fc.property(fc.array(flips, { maxLength: 20 }), (messages) => {
      const far = new FarAccount();
      const sent = 100;
      const decoder = new BridgeReportDecoder();
      const reader = { consumerId: 9, accepted: 1, gap: 2, late: 3, sinkTooSlow: 4, other: 5 };
      messages.forEach((changes, index) => {
        const ledger = { ...NOTHING_RECEIVED, delivered: index * 2, noSlot: index };
        const bytes = encoded(report({ lastSent: index * 3, ledger, consumers: 1, readers: [reader] }));
        for (const [at, bits] of changes) bytes[at % bytes.length]! ^= bits;
        if (decoder.wrap(new DataView(bytes.buffer), 0, bytes.length) !== null) return;
        const told = reportOf(decoder);
        expect(told.readers.length).toBeLessThanOrEqual(32);
        far.onReport(told, sent);
        expect(far.unreported(sent)).toBeGreaterThanOrEqual(0);
        expect(receivedTotal(far.ledger)).toBeLessThanOrEqual(sent);
      });
    }),
    { numRuns: 500 },
  );
});

test("W-48: a report that counts too much, too little, or what another has counted is refused", () => {
  const far = new FarAccount();
  const of = (receiver: bigint, firstSent: number, lastSent: number, delivered = lastSent - firstSent): string | null =>
    far.onReport(report({ receiver, firstSent, lastSent, ledger: { ...NOTHING_RECEIVED, delivered } }), 100);
  expect(of(1n, 0, 50)).toBeNull();
  expect(of(1n, 0, 101)).toContain("101 frames, and 100 were sent");
  expect(of(1n, 0, 60, 59)).toContain("add up");
  expect(of(1n, 10, 60)).toContain("begun earlier or later");
  expect(of(1n, 0, 40)).toContain("reported already");
  expect(of(2n, 40, 60)).toContain("reported already");
  expect(of(2n, 55, 60)).toBeNull();
  expect([far.ledger.delivered, far.unreported(100), far.refused]).toEqual([55, 45, 5]);
});
