import type { AeronConnection } from "../../../src/aeron/connection.ts";
import type { MessageHandler } from "../../../src/aeron/subscription.ts";
import { receivedTotal } from "../../../src/bridge/ledger.ts";
import type { OutputStream, SourceEpoch } from "../../../src/bridge/output-stream.ts";
import { ReceiverRoute } from "../../../src/bridge/receiver-route.ts";
import { ReportMessages } from "../../../src/bridge/report-messages.ts";
import { ReturnPath } from "../../../src/bridge/return-path.ts";
import { streamIdentity } from "../../../src/bridge/stream-path.ts";
import { BridgeFlow, BridgeOpenDecoder, BridgeOpenEncoder } from "../../../src/sbe/generated/bridge/index.ts";
import { MemorySink } from "../../support/bridge.ts";
import { Arena } from "./arena.ts";
import { MessageCorpus } from "./message-corpus.ts";
import { Random } from "./random.ts";
import { type Counts, check, count } from "./tally.ts";

const SENT = 1000;
const MAX_REGION_BYTES = 2 ** 24;
const INSTANCE = 7n;

/** What a receiver makes of opens, and a sender of reports, with any bits changed. */
export class BridgeCases {
  readonly counts: Counts = {};
  readonly #corpus = new MessageCorpus([openMessage(), ...reportMessages()]);
  readonly #arena = new Arena(16 * 1024);
  readonly #open = new BridgeOpenDecoder();

  run(seed: number): void {
    const random = new Random(seed);
    let onMessage: MessageHandler = () => {};
    const connection = {
      addSubscription: (_channel: string, _streamId: number, handler: MessageHandler) => {
        onMessage = handler;
        return { poll: () => 0 };
      },
    } as unknown as AeronConnection;
    const to = { text: "192.0.2.7:1", channel: "aeron:udp?endpoint=192.0.2.7:1", host: "192.0.2.7" };
    const path = new ReturnPath(connection, { to, streamId: 1, instance: INSTANCE, sent: () => SENT });
    const { route, begun } = routeOf();
    for (let i = 0; i < 8; i++) {
      const message = this.#corpus.next(random);
      const view = this.#arena.place(message, random.bits(), 0xa5);
      onMessage(view, message.length, 1);
      // Clocks are related in the cycle after.
      path.poll(0);
      if (this.#open.wrap(view, 0, message.length) !== null) continue;
      const refusal = route.take({}, this.#open, random.below(2) * 10e9);
      count(this.counts, refusal === null ? "opens taken" : "opens refused");
    }
    const { account, roundTripNs } = path;
    check(account.unreported(SENT) >= 0, () => `${account.unreported(SENT)} frames are unreported`);
    check(
      receivedTotal(account.ledger) <= SENT,
      () => `${receivedTotal(account.ledger)} frames of ${SENT} are reported`,
    );
    check(roundTripNs === null || roundTripNs >= 0, () => `a round trip of ${roundTripNs} ns`);
    for (const { nslots, strideBytes } of begun) {
      const bytes = strideBytes.reduce((sum, stride) => sum + stride * nslots, nslots * 256);
      check(bytes <= MAX_REGION_BYTES, () => `regions of ${bytes} bytes`);
    }
    count(this.counts, "reports refused", account.refused);
    if (account.newest !== null) count(this.counts, "reports taken");
  }

  close(): void {}
}

function routeOf(): { readonly route: ReceiverRoute; readonly begun: SourceEpoch[] } {
  const begun: SourceEpoch[] = [];
  const output = {
    streamId: 2,
    producer: null,
    begin: (epoch: SourceEpoch) => begun.push(epoch),
    end: () => {},
    setAttributes: () => {},
  } as unknown as OutputStream;
  const identity = streamIdentity("/far", 2);
  const options = { streamId: 1, output, identity, maxRegionBytes: MAX_REGION_BYTES, hasOwnLayout: false };
  return { route: new ReceiverRoute(options), begun };
}

function openMessage(): Uint8Array {
  const bytes = new Uint8Array(512);
  const message = new BridgeOpenEncoder().wrap(new DataView(bytes.buffer), 0, bytes.length);
  message.setStreamId(1).setNslots(64).setInstanceBigint(INSTANCE).setEpochBigint(5n).setJoinedSeqNumber(3);
  message.setPartBytes(4096).setSeqStep(1).setFlow(BridgeFlow.DROP).setReturnPort(4000);
  const pools = message.poolsCount(2);
  pools.next().setStrideBytes(4096);
  pools.next().setStrideBytes(65_536);
  message.putPath(streamIdentity("/near", 1));
  return bytes.slice(0, message.encodedLength);
}

function reportMessages(): Uint8Array[] {
  const sink = new MemorySink();
  const messages = new ReportMessages();
  const reader = { consumerId: 9, accepted: 1, gap: 2, late: 3, sinkTooSlow: 4, other: 5 };
  for (const [receiver, firstSent, lastSent] of [
    [1n, 0, 100],
    [1n, 0, 300],
    [2n, 300, 900],
  ] as const) {
    const ledger = {
      delivered: lastSent - firstSent - 6,
      noSlot: 1,
      refused: 2,
      incomplete: 3,
      epochChange: 0,
      checksum: 0,
    };
    const report = {
      toStreamId: 2,
      receiver,
      firstSent,
      lastSent,
      ledger,
      delayNs: 0,
      delayErrorNs: 0,
      naks: 1,
      windowBytes: 1,
      socketBufferBytes: 1,
    };
    const context = { streamId: 1, instance: INSTANCE, echoNs: 5n, heldNs: 3 };
    messages.send(sink, context, { ...report, consumers: 1, readers: [reader] }, 0);
  }
  return sink.messages;
}
