import { describe, expect, test } from "bun:test";
import { monotonic } from "../../src/aeron/monotonic.ts";
import type { FragmentSource, FrameSink, Messaging } from "../../src/aeron/ports.ts";
import type { PublishResult } from "../../src/aeron/results.ts";
import { BridgeReceiver } from "../../src/bridge/bridge-receiver.ts";
import { type Endpoint, readEndpoint } from "../../src/bridge/channels.ts";
import { FarClock } from "../../src/bridge/far-clock.ts";
import type { OutputStream } from "../../src/bridge/output-stream.ts";
import { ReceiverRoute } from "../../src/bridge/receiver-route.ts";
import type { ReceiverSession } from "../../src/bridge/receiver-session.ts";
import { SenderMessages } from "../../src/bridge/sender-messages.ts";
import { streamIdentity } from "../../src/bridge/stream-path.ts";
import { BridgeReportDecoder } from "../../src/sbe/generated/bridge/index.ts";
import { cut, deliver, MemorySink } from "../support/bridge.ts";

const LEDGER = {
  seen: 9,
  sent: 9,
  skipped: 0,
  backPressured: 0,
  notConnected: 0,
  overwritten: 0,
  gapInSource: 0,
  tooLarge: 0,
  refused: 0,
};

/** An open and its ledger, as a sender that has no epoch sends them. */
function opening(sentNs: number): Uint8Array[] {
  const sink = new MemorySink();
  const messages = new SenderMessages();
  const fields = {
    streamId: 1,
    instance: 7n,
    epoch: 0n,
    nslots: 0,
    strideBytes: [],
    joinedSeq: 0,
    partBytes: 4096,
    seqStep: 1,
    flow: "drop",
    returnPort: 4000,
    path: streamIdentity("/near", 1),
    clock: new FarClock(),
  } as const;
  const publishPieces = (head: number, headBytes: number): PublishResult => sink.publish(head, headBytes);
  const publication = { publishPieces } as unknown as FrameSink;
  messages.sendOpen(publication, fields, sentNs);
  messages.sendLedger(publication, 1, 7n, LEDGER);
  return sink.messages;
}

/** A receiver, and one sender's session with it. */
class Rig {
  readonly reports = new MemorySink();
  readonly removed: unknown[] = [];
  /** What the next cycle receives. */
  next: ((session: ReceiverSession) => void) | null = null;
  readonly receiver: BridgeReceiver;
  #session: ReceiverSession | null = null;

  constructor() {
    const connection = {
      isConnected: false,
      losses: 0,
      addFragmentSubscription: (_channel: string, _id: number, readerOf: (source: FragmentSource) => unknown) => ({
        poll: () => this.#receive(readerOf),
      }),
      addPublication: () => this.reports,
      remove: (resource: unknown) => this.removed.push(resource),
    } as unknown as Messaging;
    const output = { streamId: 2, producer: null, doWork: () => 0 } as unknown as OutputStream;
    const identity = streamIdentity("/far", 2);
    const route = new ReceiverRoute({ streamId: 1, output, identity, maxRegionBytes: 2 ** 24, hasOwnLayout: false });
    const from = readEndpoint("127.0.0.1:4400") as Endpoint;
    this.receiver = new BridgeReceiver(connection, { from, peers: [], routeFor: () => route });
  }

  #receive(readerOf: (source: FragmentSource) => unknown): number {
    const take = this.next;
    if (take === null) return 0;
    this.next = null;
    this.#session ??= readerOf({ sourceIdentity: "192.0.2.1:9" }) as ReceiverSession;
    take(this.#session);
    return 1;
  }
}

describe("a bridge's receiver", () => {
  const take = (session: ReceiverSession): void => {
    for (const message of opening(5e8)) for (const fragment of cut(message, 1024)) deliver(session, fragment);
  };

  test("answers an open in the cycle after the one that read it, and dates both with its beginning", () => {
    const rig = new Rig();
    rig.next = take;
    rig.receiver.doWork(1e9);
    expect(rig.reports.messages.length).toBe(0);
    rig.receiver.doWork(1.25e9);
    const [bytes = new Uint8Array()] = rig.reports.messages;
    const report = new BridgeReportDecoder();
    expect(report.wrap(new DataView(bytes.buffer), 0, bytes.length)).toBeNull();
    expect([report.echoNs, report.heldNsNumber, report.monotonicNs]).toEqual([
      monotonic.toBigint(5e8),
      0,
      monotonic.toBigint(1.25e9),
    ]);
  });

  test("answers the last ledger of a sender whose session ends in the same cycle", () => {
    const rig = new Rig();
    rig.next = (session) => {
      take(session);
      session.onEnd();
    };
    rig.receiver.doWork(1e9);
    rig.receiver.doWork(1.25e9);
    expect([rig.reports.messages.length, rig.removed]).toEqual([1, [rig.reports]]);
  });
});
