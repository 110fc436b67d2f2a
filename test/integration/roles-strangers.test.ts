import { expect, test } from "bun:test";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { ShmPoolAnnounceDecoder } from "../../src/sbe/generated/control/index.ts";
import { encodeJson } from "../../src/sbe/index.ts";
import { HostileWorld } from "../support/hostile.ts";
import { STREAM_ID } from "../support/shm.ts";

const { controlStreamId } = DEFAULT_STREAMS;

/** Byte of the epoch in a framed announce: behind the SBE header, the stream's id and the producer's. */
const EPOCH_AT = 16;

/** The announce of the driver with another epoch. */
function announceOf(world: HostileWorld, epoch: bigint): Uint8Array {
  const found = world.messages.find(({ info }) => info.name === "ShmPoolAnnounce");
  const bytes = (found?.bytes ?? new Uint8Array()).slice();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setBigUint64(EPOCH_AT, epoch, true);
  const decoder = new ShmPoolAnnounceDecoder();
  expect(decoder.wrap(view, 0, bytes.length)).toBeNull();
  expect([decoder.streamId, decoder.epoch]).toEqual([STREAM_ID, epoch]);
  return bytes;
}

test("D-17: announces and shutdowns by a process that is not the driver cost no client its lease; the driver's own do", async () => {
  await using world = new HostileWorld();
  const { producer, consumer, rig } = world;
  const lost = (): number[] => [producer, consumer].map(({ counters }) => counters.of.leasesLost.value);
  const epoch = BigInt(producer.epoch);
  // The consumer may have mapped the epoch before the producer's, too.
  const { maps } = consumer.counters.of;
  const mapsBefore = maps.value;
  for (let round = 0; round < 20; round++) {
    for (const lie of [epoch, epoch + 1n, epoch + 1000n]) world.say(announceOf(world, lie), controlStreamId);
    world.say(
      encodeJson("ShmDriverShutdown", { timestampNs: "1", reason: "NORMAL", errorMessage: "" }),
      controlStreamId,
    );
    world.readOn(5);
  }
  expect(lost()).toEqual([0, 0]);
  expect([producer.epoch, maps.value]).toEqual([Number(epoch), mapsBefore]);

  await rig.remove(world.driver);
  rig.startDriver();
  world.readOn(5);
  expect(lost()).toEqual([1, 1]);
  expect(producer.epoch).toBeGreaterThan(Number(epoch));
});
