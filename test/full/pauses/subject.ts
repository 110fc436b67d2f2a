import { descriptorPublicationChannel, LIVE_TIMEOUTS, observerChannel } from "../../../src/aeron/channel.ts";
import { AeronConnection } from "../../../src/aeron/connection.ts";
import { MessageBlock } from "../../../src/aeron/message-block.ts";

// A client of the media driver that stores positions and counters all the time: wherever it is paused, a store is near. It prints a
// line when it is at work, and one each time that it is at work again.

const [aeronDir = "", streamId = ""] = process.argv.slice(2);
const MESSAGE_BYTES = 44;
const COUNTERS = 8;
const CYCLES_A_TURN = 2000;

const connection = new AeronConnection({ aeronDir, clientName: "pauses" });
const channel = descriptorPublicationChannel("aeron:ipc", 64, LIVE_TIMEOUTS);
const publications = [0, 1, 2].map((n) => connection.addPublication(channel, Number(streamId) + n));
const blocks = [0, 1, 2].map((n) =>
  connection.addBlockSubscription(observerChannel("aeron:ipc"), Number(streamId) + n, 4096, () => {}),
);
const messages = connection.addSubscription(observerChannel("aeron:ipc"), Number(streamId), () => {});
const key = new Uint8Array(8);
const counters = Array.from({ length: COUNTERS }, (_, i) =>
  connection.addCounter(30_001, key, `subject ${streamId} ${i}`),
);
const block = new MessageBlock(MESSAGE_BYTES, 1);

let value = 1;
let reported = -1;
/** When it was at work last, or has said why it is not. */
let saidNs = Bun.nanoseconds();
const SILENT_NS = 10e9;
for (;;) {
  for (let cycle = 0; cycle < CYCLES_A_TURN; cycle++) {
    const nowNs = Bun.nanoseconds();
    connection.doWork(nowNs);
    for (const publication of publications) publication.publishBlock(block, 0, 1);
    for (const subscription of blocks) {
      if (subscription.poll(4096) === 0 && subscription.needsRenewal(nowNs)) connection.renew(subscription);
    }
    messages.poll(16);
    value++;
    for (const counter of counters) counter.set(value);
  }
  if (reported !== connection.losses && connection.isReady && messages.imageCount > 0) {
    reported = connection.losses;
    console.error(`at work ${reported}`);
  }
  if (reported === connection.losses) saidNs = Bun.nanoseconds();
  if (Bun.nanoseconds() - saidNs > SILENT_NS) {
    saidNs = Bun.nanoseconds();
    const ready = [...publications, ...blocks, messages].map(({ isReady }) => (isReady ? "ready" : "missing"));
    const connected = publications.map(({ isConnected }) => (isConnected ? "connected" : "alone"));
    console.error(`not at work: ${ready}; ${connected}; ${messages.imageCount} image(s); ${connection.shortage ?? ""}`);
  }
  await new Promise((resolve) => setImmediate(resolve));
}
