import { expect, test } from "bun:test";
import {
  ConsumerConfigEncoder,
  DataSourceAnnounceEncoder,
  DataSourceMetaEncoder,
  Mode,
  ShmPoolAnnounceEncoder,
} from "../../src/sbe/generated/control/index.ts";
import { LeaseRevokeReason, Role, ShmLeaseRevokedEncoder } from "../../src/sbe/generated/driver/index.ts";
import { eventViews, SupervisionInbox, streamDetail, streamViews } from "../../src/supervision/model/index.ts";
import { Supervised } from "../support/supervision.ts";

const HUGE = "n".repeat(900_000);
const LIMIT = 4e6;
const view = new DataView(new ArrayBuffer(LIMIT));

test("text of other processes is cut where it comes in, whatever its length on the wire", () => {
  const { model, nowNs } = new Supervised();
  const told: string[] = [];
  const inbox = new SupervisionInbox(model, (_nowNs, fact) => told.push(fact.fallbackUri));
  const take = (length: number): void => inbox.onMessage(nowNs, view, 0, length, 1);

  const announce = new ShmPoolAnnounceEncoder().wrap(view, 0, LIMIT).setStreamId(7).setProducerId(1).setEpochNumber(5);
  announce.setLayoutVersion(1).setHeaderNslots(8).setHeaderSlotBytes(256).setMaxDims(8);
  const pools = announce.payloadPoolsCount(5000);
  for (let i = 0; i < 5000; i++) {
    pools.next();
    pools.setPoolId(i).setPoolNslots(8).setStrideBytes(4096).putRegionUri("x");
  }
  announce.putHeaderRegionUri(HUGE);
  take(announce.encodedLength);

  const source = new DataSourceAnnounceEncoder().wrap(view, 0, LIMIT).setStreamId(7).setProducerId(1);
  source.setEpochNumber(5).setMetaVersion(1).putName(HUGE).putSummary(HUGE);
  take(source.encodedLength);

  const meta = new DataSourceMetaEncoder().wrap(view, 0, LIMIT).setStreamId(7).setMetaVersion(1).setTimestampNs(0, 1);
  const attributes = meta.attributesCount(3000);
  for (let i = 0; i < 3000; i++) {
    attributes.next();
    attributes.putKey("k".repeat(300)).putFormat("text/plain").putValue(new Uint8Array(600).fill(0x61));
  }
  take(meta.encodedLength);

  const config = new ConsumerConfigEncoder().wrap(view, 0, LIMIT).setStreamId(7).setConsumerId(1).setUseShm(0);
  take(config.setMode(Mode.STREAM).setDecimation(1).putPayloadFallbackUri(HUGE).encodedLength);

  const revoked = new ShmLeaseRevokedEncoder().wrap(view, 0, LIMIT).setTimestampNs(0, 1).setLeaseId(0, 9);
  revoked.setStreamId(7).setClientId(1).setRole(Role.PRODUCER).setReason(LeaseRevokeReason.EXPIRED);
  take(revoked.putErrorMessage(HUGE).encodedLength);

  expect(inbox.counts.refused).toBe(0);
  const stream = model.streams.get(7);
  if (stream === undefined) throw new Error("expected stream 7");
  const detail = streamDetail(stream, nowNs);
  expect([detail.name?.length, detail.name?.at(-1)]).toEqual([256, "…"]);
  expect(detail.attributes.length).toBeGreaterThan(10);
  expect(JSON.stringify(streamViews(model, nowNs), String).length).toBeLessThan(10_000);
  expect(JSON.stringify(detail.attributes).length).toBeLessThan(20_000);
  expect([detail.summary.length, detail.headerRegionUri?.length, detail.pools.length]).toEqual([1024, 4096, 64]);
  expect(told[0]).toHaveLength(1024);
  const events = eventViews(model.events.after(0), nowNs, 0);
  expect(events.map(({ kind }) => kind)).toContain("lease-revoked");
  for (const { text } of events) expect(text.length).toBeLessThan(1200);
});
