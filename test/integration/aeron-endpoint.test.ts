import { expect, test } from "bun:test";
import { type FragmentReader, FragmentSubscription } from "../../src/aeron/fragment-subscription.ts";
import { freeUdpPort } from "../support/free-port.ts";
import { Rig } from "../support/rig.ts";

const STREAM_ID = 1400;
const ROUNDS = 4;

const NO_READER: FragmentReader = {
  mayTake: () => false,
  onFragment: () => undefined,
  onFragmentEnd: () => undefined,
  onEnd: () => undefined,
};

test("a subscription to an endpoint of UDP that the media driver still closes is asked for again", async () => {
  await using rig = new Rig();
  const channel = `aeron:udp?endpoint=127.0.0.1:${await freeUdpPort()}`;
  for (let round = 0; round < ROUNDS; round++) {
    const subscription = rig.connection.add(new FragmentSubscription(channel, STREAM_ID, () => NO_READER));
    rig.until(() => subscription.isReady, `the subscription of round ${round}`);
    rig.connection.remove(subscription);
  }
  expect(rig.connection.isReady).toBe(true);
});
