import { expect, test } from "bun:test";
import { configureLogging } from "../../src/core/logger.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { HostileWorld } from "../support/hostile.ts";
import { MessageCorpus } from "./fuzz/message-corpus.ts";
import { Random } from "./fuzz/random.ts";
import { figures } from "./support/figures.ts";

const MESSAGES = 1_000_000;
const BURST = 1000;
const { controlStreamId, descriptorStreamId, qosStreamId, metadataStreamId } = DEFAULT_STREAMS;
const STREAM_IDS = [controlStreamId, descriptorStreamId, qosStreamId, metadataStreamId];

test(
  "W-36: a million changed messages under living ids, on the real streams: after each burst the living stream is read on",
  async () => {
    // Leases end thousands of times, each with a line or two.
    configureLogging({ level: "error" });
    const seed = Number(process.env["TENSORPOOL_FUZZ_SEED"] ?? Date.now() % 2 ** 31);
    console.log(`hostile messages from seed ${seed} (TENSORPOOL_FUZZ_SEED)`);
    const random = new Random(seed);
    const startMs = performance.now();
    await using world = new HostileWorld();
    while (world.sent < MESSAGES) {
      const corpus = new MessageCorpus(world.messages.map(({ bytes }) => bytes));
      for (let n = 0; n < BURST; n++) {
        const message = corpus.next(random);
        if (message.length > 0) world.say(message, random.of(STREAM_IDS));
      }
      world.readOn(3);
    }
    const { accepted, messagesRefused, leasesLost, detached, maps } = world.consumer.counters.snapshot();
    const seconds = (performance.now() - startMs) / 1000;
    console.log(
      figures("hostile", [{ sent: world.sent, seconds, accepted, messagesRefused, leasesLost, detached, maps }]),
    );
    expect(messagesRefused).toBeGreaterThan(0);
    await world.rig.remove(world.producer);
    await world.rig.remove(world.consumer);
    expect(world.rig.scheduler.agentErrors).toBe(0);
  },
  10 * 60_000,
);
