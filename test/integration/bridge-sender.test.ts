import { expect, test } from "bun:test";
import { BridgeReceiver } from "../../src/bridge/bridge-receiver.ts";
import { BridgeSender } from "../../src/bridge/bridge-sender.ts";
import { type Endpoint, readEndpoint } from "../../src/bridge/channels.ts";
import { RoleSetUp } from "../../src/cli/bench/worker/role-set-up.ts";
import { freeUdpPort } from "../support/free-port.ts";
import { TemporaryDirectory } from "../support/shm.ts";
import { TIMEOUT_MS } from "../support/until.ts";

const SHAPE = { dtype: "uint8", dims: [1] } as const;
const SLOTS = 8;

test("W-16, W-48: a frame that is overwritten while a sender takes it is counted once, and not as sent", async () => {
  using directory = new TemporaryDirectory();
  const places = { aeronDir: directory.at("aeron"), shmDir: directory.at("regions") };
  const setUp = new RoleSetUp({ ...places, embedded: true, idle: "yield" });
  const { scheduler, connection } = setUp;
  const until = async (condition: () => boolean, what: string): Promise<void> => {
    const endMs = performance.now() + TIMEOUT_MS;
    while (!condition()) {
      if (performance.now() > endMs) throw new Error(`expected ${what}, and it did not come`);
      scheduler.step();
      await Bun.sleep(0);
    }
  };
  const producer = setUp.addProducer({ streamId: 1, slots: SLOTS, payloadBytes: 4096, flow: "drop" });
  const consumer = setUp.addConsumer(1);
  const at = readEndpoint(`127.0.0.1:${await freeUdpPort()}`) as Endpoint;
  // Frames go nowhere there: the sender is what is looked at.
  scheduler.add(new BridgeReceiver(connection, { from: at, peers: [], routeFor: () => null }));
  const sender = new BridgeSender(connection, consumer, { to: at, mode: "latest", step: 1 });
  scheduler.add(sender);
  const poll = consumer.poll.bind(consumer);
  const publish = (): unknown => producer.offer(Uint8Array.of(1), SHAPE);
  let handled = 0;
  consumer.poll = (handler, options) =>
    poll((frame) => {
      const verdict = handler(frame);
      // A pause in the middle of the handler, in which the ring is filled again.
      if (handled++ === 0) for (let i = 0; i <= SLOTS; i++) publish();
      return verdict;
    }, options);
  await until(() => sender.isConnected && consumer.isMapped && producer.hasReaders(1), "the way to be there");
  await until(() => sender.mtuBytes > 0, "the sender's epoch");
  publish();
  await until(() => handled >= 2 && sender.bytes >= 1, "the frame, and others behind it");
  // Each frame is one byte.
  const { changed, accepted } = consumer.counters.of;
  expect([changed.value, accepted.value, sender.ledger.sent]).toEqual([1, sender.bytes, sender.bytes]);
  await scheduler.close();
});
