import { ConsumerMember } from "./consumer-member.ts";
import { OperatorMember } from "./operator-member.ts";
import { ProducerMember } from "./producer-member.ts";
import type { SeededRandom } from "./random.ts";
import { SupervisorMember } from "./supervisor-member.ts";
import type { Slot, World } from "./world.ts";

/** Something that happens to a world, and when. */
export interface Fault {
  readonly atNs: number;
  readonly text: string;
  readonly apply: (world: World) => void;
}

/** Something that ends later. */
interface Spell {
  readonly begin: (world: World) => void;
  readonly end: (world: World) => void;
}

const MESSAGE_SPELLS: readonly (readonly [string, Partial<World["media"]["faults"]>])[] = [
  ["messages are lost", { loss: 0.2 }],
  ["most messages are lost", { loss: 0.7 }],
  ["messages are late", { delay: 0.3, maxDelayNs: 2e9 }],
  ["messages are very late", { delay: 0.5, maxDelayNs: 6e9 }],
  ["messages come twice", { duplicate: 0.3 }],
  ["windows are full", { backPressure: 0.5 }],
  ["windows are full all the time", { backPressure: 0.97 }],
];
const NO_MESSAGE_FAULTS = { loss: 0, delay: 0, maxDelayNs: 0, duplicate: 0, backPressure: 0 };

/** A time in which there may be faults: nanoseconds from the start of a world. */
export interface Period {
  readonly fromNs: number;
  readonly toNs: number;
}

/** Draws what happens to a world. */
export function drawFaults(random: SeededRandom, period: Period, slotCount: number): Fault[] {
  const faults: Fault[] = [];
  // Epochs grow though folders are emptied, and though the wall clock is set back, but not through both.
  const setsClock = random.chance(0.5);
  const count = random.between(1, 8);
  for (let i = 0; i < count; i++) faults.push(...drawFault(random, period, slotCount, setsClock));
  return faults.sort((a, b) => a.atNs - b.atNs);
}

/**
 * Two producers of a stream without locks, which may begin before the media driver. Nothing else fails: where announces are lost, both
 * may come to be established, and say so.
 */
export function drawRivalry(random: SeededRandom, beganNs: number, isElsewhere: boolean): Fault[] {
  const upNs = beganNs + random.between(0, 6000) * 1e6;
  // One whose regions no consumer maps has to be the second, which gives way.
  const guestsNs = beganNs + random.between(isElsewhere ? 1100 : 0, 4000) * 1e6;
  // Then the epochs of both have one number.
  const beginsAtOnce = !isElsewhere && random.chance(0.3);
  const faults: Fault[] = [
    { atNs: beganNs, text: "there is no media driver", apply: ({ media }) => media.die() },
    beginsAtOnce
      ? { atNs: beganNs, text: "the rivals begin at once", apply: startRivals }
      : { atNs: guestsNs, text: "the guests come", apply: inviteGuests },
    { atNs: upNs, text: "the media driver starts", apply: ({ media }) => media.start() },
  ];
  return faults.sort((a, b) => a.atNs - b.atNs);
}

function drawFault(random: SeededRandom, { fromNs, toNs }: Period, slotCount: number, setsClock: boolean): Fault[] {
  const atNs = fromNs + Math.floor(random.unit() * (toNs - fromNs));
  const forNs = random.pick([0.2e9, 1e9, 2.5e9, 4e9, 7e9, 12e9]) + random.between(0, 1000) * 1e6;
  const index = random.between(0, slotCount - 1);
  const lasting = (text: string, { begin, end }: Spell): Fault[] => [
    { atNs, text: `${text} for ${(forNs / 1e9).toFixed(1)} s`, apply: begin },
    { atNs: Math.min(atNs + forNs, toNs), text: `${text}: no more`, apply: end },
  ];
  const once = (text: string, apply: (world: World) => void): Fault[] => [{ atNs, text, apply }];
  const slotOf = (world: World): Slot => world.slots[index % world.slots.length] as Slot;
  const kind = random.between(0, 15);
  switch (kind === 8 && setsClock ? 10 : kind) {
    case 0:
    case 1: {
      const steps = random.between(1, 40);
      return once(`process ${index} is killed after ${steps} steps`, (world) => {
        const { process } = slotOf(world);
        if (process !== null) process.killAfter = Math.min(process.killAfter, steps);
      });
    }
    case 2:
      return once(`process ${index} ends`, (world) => slotOf(world).process?.end());
    case 3:
    case 4:
      return once(`process ${index} is paused for ${(forNs / 1e9).toFixed(1)} s`, (world) => {
        const { process } = slotOf(world);
        if (process !== null) process.pausedUntilNs = world.nowNs + forNs;
      });
    case 5:
      return lasting("the media driver is dead", {
        begin: ({ media }) => media.isAlive && media.die(),
        end: ({ media }) => !media.isAlive && media.start(),
      });
    case 6:
      return lasting("the disk is full", {
        begin: ({ disk }) => {
          disk.isFull = true;
        },
        end: ({ disk }) => {
          disk.isFull = false;
        },
      });
    case 7:
      return lasting(`process ${index} has no descriptors`, {
        begin: (world) => setDescriptors(slotOf(world), true),
        end: ({ slots }) => {
          for (const slot of slots) setDescriptors(slot, false);
        },
      });
    case 8: {
      const how = random.pick(["removed", "moved", "emptied"] as const);
      return once(`folder ${index} is ${how}`, ({ disk }) => {
        const { folders } = disk;
        const path = folders[index % Math.max(1, folders.length)];
        if (path === undefined) return;
        if (how === "emptied") disk.removeFiles(path);
        else disk.displace(path, how === "removed");
      });
    }
    case 9: {
      const [text, messageFaults] = random.pick(MESSAGE_SPELLS);
      return lasting(text, {
        begin: ({ media }) => Object.assign(media.faults, messageFaults),
        end: ({ media }) => Object.assign(media.faults, NO_MESSAGE_FAULTS),
      });
    }
    case 10: {
      if (!setsClock) return guests(once);
      const backMs = random.pick([10, 5000, 3_600_000]);
      return once(`the wall clock is set back by ${backMs} ms`, (world) => {
        world.wallOffsetMs -= backMs;
      });
    }
    case 11:
      return once(`consumer ${index} is forbidden to use shared memory`, forbid(index));
    case 12: {
      const isAuthorised = random.chance(0.8);
      return once(`the operator revokes lease ${index}${isAuthorised ? "" : " without the token"}`, ({ slots }) =>
        operatorOf(slots)?.revoke(index, isAuthorised),
      );
    }
    case 13: {
      const isAuthorised = random.chance(0.8);
      return once(`the operator asks the driver to end${isAuthorised ? "" : " without the token"}`, ({ slots }) =>
        operatorOf(slots)?.shutDown(isAuthorised),
      );
    }
    case 14:
      return once(`the operator steers consumer ${index}`, steer(index, random.pick(MODES)));
    default:
      return guests(once);
  }
}

const MODES = ["stream", "latest", "decimated"] as const;

function operatorOf(slots: readonly Slot[]): OperatorMember | null {
  const found = slots.find(({ member }) => member instanceof OperatorMember)?.member;
  return found instanceof OperatorMember ? found : null;
}

/** The supervisor sends what the operator wants (W-39). */
function steer(index: number, mode: (typeof MODES)[number]): (world: World) => void {
  return ({ slots }) => {
    const consumers = slots.flatMap(({ member }) => (member instanceof ConsumerMember ? [member.consumer] : []));
    const consumer = consumers[index % Math.max(1, consumers.length)];
    const found = slots.find(({ member }) => member instanceof SupervisorMember)?.member;
    if (consumer === undefined || !(found instanceof SupervisorMember)) return;
    const { streamId, consumerId } = consumer;
    found.supervisor.order({ streamId, consumerId, mode, decimation: 2, useShm: true }, "the operator");
  };
}

/** A producer tells a consumer to use no shared memory (W-39). */
function forbid(index: number): (world: World) => void {
  return ({ slots }) => {
    const consumers = slots.flatMap(({ member }) => (member instanceof ConsumerMember ? [member.consumer] : []));
    const consumer = consumers[index % Math.max(1, consumers.length)];
    for (const { member } of slots) {
      if (!(member instanceof ProducerMember) || member.producer.streamId !== consumer?.streamId) continue;
      member.producer.sendConsumerConfig({ consumerId: consumer.consumerId, mode: "stream", useShm: false });
    }
  };
}

function guests(once: (text: string, apply: (world: World) => void) => Fault[]): Fault[] {
  return once("the guests come", inviteGuests);
}

function inviteGuests({ slots, nowNs }: World): void {
  for (const slot of slots) if (slot.isGuest && slot.process === null) slot.startNs = nowNs;
}

function startRivals({ slots, nowNs }: World): void {
  for (const slot of slots) if (slot.isRival) slot.startNs = nowNs;
}

function setDescriptors(slot: Slot, isOut: boolean): void {
  if (slot.process !== null) slot.process.isOutOfDescriptors = isOut;
}

/** Ends everything that keeps a world from its work. */
export function endFaults(world: World): void {
  Object.assign(world.media.faults, NO_MESSAGE_FAULTS);
  if (!world.media.isAlive) world.media.start();
  world.disk.isFull = false;
  for (const slot of world.slots) {
    const { process } = slot;
    if (process === null) continue;
    process.killAfter = Number.POSITIVE_INFINITY;
    process.isOutOfDescriptors = false;
    process.pausedUntilNs = Math.min(process.pausedUntilNs, world.nowNs);
    if (slot.isGuest && !slot.isRival) world.kill(process);
  }
}
