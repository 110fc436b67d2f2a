import { expect, test } from "bun:test";
import { HostileWorld } from "../support/hostile.ts";
import { FRAMED } from "../support/sbe-messages.ts";

const SBE_HEADER_BYTES = 8;
const NUMBERS = [
  0n,
  1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 52n - 1n,
  2n ** 52n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];
/** Of descriptors that name the frame that is the next: each may take one frame's place. */
const MOST_INVENTED = 50;

const FIELDS = FRAMED.flatMap(({ name, fields }) =>
  fields.filter(({ type }) => type === "uint64" || type === "int64").map((field) => [name, field.name] as const),
);

test("W-36, W-44: any number in any field of 64 bits, under living ids, neither stops a role nor makes losses that never were", async () => {
  await using world = new HostileWorld();
  expect(FIELDS.length).toBeGreaterThan(20);
  for (const [message, name] of FIELDS) {
    for (const number of NUMBERS) {
      const found = world.messages.find(({ info }) => info.name === message);
      const field = found?.info.fields.find((each) => each.name === name);
      if (found === undefined || field === undefined) throw new Error(`expected ${message}.${name}`);
      const bytes = found.bytes.slice();
      if (bytes.length === 0) continue;
      new DataView(bytes.buffer).setBigUint64(SBE_HEADER_BYTES + field.offset, number, true);
      world.say(bytes, found.aeronStreamId);
      // Each by itself: one that unmaps the stream would keep the next from being looked at.
      try {
        world.readOn(1);
      } catch (error) {
        throw new Error(`after ${message}.${name} = ${number}`, { cause: error });
      }
      const invented = world.outcomes - world.claimed;
      if (invented > MOST_INVENTED)
        throw new Error(`${message}.${name} = ${number}: ${invented} frames that never were`);
    }
  }
  // QoS at its cadence, and an orderly end.
  world.rig.clock.jump(1.1e9);
  world.rig.step(5);
  await world.rig.remove(world.producer);
  await world.rig.remove(world.consumer);
  expect(world.rig.scheduler.agentErrors).toBe(0);
}, 120_000);
