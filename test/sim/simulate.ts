import { announceStreamIdOf } from "../../src/protocol/stream-ids.ts";
import { CheckMember } from "./check-member.ts";
import { checkStage } from "./check-stage.ts";
import { ConsumerMember } from "./consumer-member.ts";
import { DriverMember } from "./driver-member.ts";
import { drawFaults, drawRivalry, endFaults, type Fault } from "./faults.ts";
import { BASE_DIR, DYNAMIC_STREAM, FOREIGN_BASE_DIR } from "./member.ts";
import { OperatorMember } from "./operator-member.ts";
import { Killed } from "./process.ts";
import { ProducerMember } from "./producer-member.ts";
import { SupervisorMember } from "./supervisor-member.ts";
import { type Slot, World } from "./world.ts";

export const DRIVER_STREAM = 10_000;
export const STANDALONE_STREAM = 30_000;
/** Before the first fault, all may come to work. */
const WARM_UP_NS = 2e9;
const FAULTS_NS = 10e9;
/** After the last fault, everything that can flow flows within this time: leases, logs and back-offs of 10 s and less, one after the other. */
const RECOVERY_NS = 45e9;
const CLOSING_NS = 20e9;
const SETTLING_NS = 5e9;
const REST_NS = 5e9;
/** After late messages the last lease that they have shortened ends, and one period later all is at rest. */
const LATE_REST_PERIODS = 3;

export interface SimulationOptions {
  readonly seed: number;
  /** Faults of the schedule that are left out, by their place. */
  readonly without?: ReadonlySet<number>;
  readonly trace?: (line: string) => void;
  /** True: `check` runs beside the roles, again and again. */
  readonly hasChecks?: boolean;
}

export interface SimulationResult {
  readonly seed: number;
  readonly failure: string | null;
  readonly faults: number;
  readonly cycles: number;
  readonly accepted: number;
  readonly epochs: number;
  readonly grants: number;
  /** Virtual time from the last fault until everything flowed. */
  readonly recoveryNs: number;
}

/** Runs one schedule. The same options give the same schedule. */
export async function simulate({ seed, without, trace, hasChecks }: SimulationOptions): Promise<SimulationResult> {
  const world = new World(seed, trace ?? null);
  const beganNs = world.nowNs;
  populate(world);
  if (hasChecks === true) world.addTool("check", (process) => new CheckMember(world, process));
  const period = { fromNs: beganNs + world.random.between(0, 1) * WARM_UP_NS, toNs: beganNs + WARM_UP_NS + FAULTS_NS };
  const random = world.random.fork();
  const { isUnreadable } = world.locks;
  const faults = isUnreadable
    ? drawRivalry(random, beganNs, world.isRivalElsewhere)
    : drawFaults(random, period, world.slots.length);
  for (const [index, fault] of faults.entries()) {
    if (without?.has(index)) continue;
    await world.run(fault.atNs);
    if (world.violation !== null) break;
    world.nowNs = Math.max(world.nowNs, fault.atNs);
    world.trace(`fault ${index}: ${fault.text}`);
    applyFault(world, fault);
  }
  await world.run(world.nowNs + Math.floor((period.toNs - world.nowNs) / 2));
  const endedNs = world.nowNs;
  if (world.violation === null) await recover(world);
  const recoveryNs = world.nowNs - endedNs;
  if (world.violation === null) await closeAll(world);
  const { oracle, cycles, violation } = world;
  const { accepted, epochs, grants } = oracle;
  return {
    seed,
    failure: violation?.message ?? null,
    faults: faults.length,
    cycles,
    accepted,
    epochs,
    grants,
    recoveryNs,
  };
}

/** A fault may have a process say something, in which it may be killed. */
function applyFault(world: World, fault: Fault): void {
  try {
    fault.apply(world);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
}

/** The processes of a world; each seed has other ones. */
function populate(world: World): void {
  const { random } = world;
  const hasDriver = random.chance(0.8);
  const hasStandalone = !hasDriver || random.chance(0.5);
  const modes = ["stream", "latest", "decimated"] as const;
  const flow = random.chance(0.25) ? "wait" : "drop";
  if (hasDriver) {
    world.addSlot("driver", (process) => new DriverMember(world, process, [DRIVER_STREAM]));
    const hasDynamic = random.chance(0.3);
    const streams = hasDynamic ? [DRIVER_STREAM, DYNAMIC_STREAM] : [DRIVER_STREAM];
    if (hasDynamic && random.chance(0.1)) world.slowDownMaking();
    for (const streamId of streams) {
      world.addSlot(`producer-${streamId}`, (process) => new ProducerMember(world, process, streamId, false, flow));
      const count = random.between(1, 2);
      for (let i = 0; i < count; i++) {
        const mode = random.pick(modes);
        world.addSlot(
          `consumer-${streamId}-${i}`,
          (process) => new ConsumerMember(world, process, streamId, false, mode),
        );
      }
    }
    if (random.chance(0.5)) world.addSlot("operator", (process) => new OperatorMember(world, process));
    world.addSlot("guest-producer", (process) => new ProducerMember(world, process, DRIVER_STREAM, false, "drop"), {
      isGuest: true,
    });
    world.addSlot("guest-driver", (process) => new DriverMember(world, process, [DRIVER_STREAM]), { isGuest: true });
  }
  if (hasStandalone) {
    const streamId = STANDALONE_STREAM;
    // Where no lock keeps a second producer out, the announces have to: the one that came first stays.
    const isRival = !hasDriver && random.chance(0.6);
    world.locks.isUnreadable = isRival;
    world.isRivalElsewhere = isRival && random.chance(0.3);
    const start: Slot["start"] = (process) => new ProducerMember(world, process, streamId, true, flow);
    world.addSlot(`producer-${streamId}`, start, { isRival });
    world.addSlot(
      `consumer-${streamId}`,
      (process) => new ConsumerMember(world, process, streamId, true, random.pick(modes)),
    );
    const instanceId = isRival ? `rival-${streamId}` : `sim-${streamId}`;
    const guest = { instanceId, baseDir: world.isRivalElsewhere ? FOREIGN_BASE_DIR : BASE_DIR };
    const startGuest: Slot["start"] = (process) => new ProducerMember(world, process, streamId, true, "drop", guest);
    world.addSlot("guest-standalone", startGuest, { isGuest: true, isRival });
  }
  if (random.chance(0.3)) world.addSlot("supervisor", (process) => new SupervisorMember(world, process));
}

/** Consumers that were forbidden to use shared memory may use it again: their producers tell them, until they have heard it. */
function allowAll(world: World): void {
  for (const { member } of world.slots) {
    if (!(member instanceof ConsumerMember) || member.consumer.state !== "failed") continue;
    const { streamId, consumerId } = member.consumer;
    for (const { member: other } of world.slots) {
      if (!(other instanceof ProducerMember) || other.producer.streamId !== streamId) continue;
      other.producer.sendConsumerConfig({ consumerId, mode: "stream" });
    }
  }
}

/** Once faults end, everything that can flow flows. */
async function recover(world: World): Promise<void> {
  world.trace("no more faults");
  endFaults(world);
  for (const { member } of world.slots) member?.watch();
  const recoveryNs = RECOVERY_NS + 2 * world.makingNs;
  const endNs = world.nowNs + recoveryNs;
  let checked = 0;
  const isDone = (): boolean => {
    if (++checked % 16 !== 0) return false;
    if (checked % 128 === 0) allowAll(world);
    startRival(world);
    return problems(world).length === 0;
  };
  await world.run(endNs, isDone);
  if (world.violation !== null) return;
  const left = problems(world);
  if (left.length > 0) world.fail(`${recoveryNs / 1e9} s after the last fault: ${left.join("; ")}`);
  else world.trace("everything flows");
  if (world.violation === null && world.random.chance(0.3)) await rest(world);
  if (world.violation === null && world.slots.some(({ isTool }) => isTool)) await checkStage(world);
}

/** Where nothing fails, leases, epochs and mappings stay as they are. */
async function rest(world: World): Promise<void> {
  // What was under way when the last problem went away, and the leases of guests, come to their ends.
  await world.run(world.nowNs + SETTLING_NS);
  const slots = world.slots.filter(({ isTool }) => !isTool);
  const upheavals = (): string => slots.map(({ name, member }) => `${name} ${member?.upheavals()}`).join(", ");
  // A lease whose answer came late is counted as what was left of it then, and may be lost to any longer cycle; the next is not.
  // On a stream of their own, announces do not name their driver: the first one that is read may be of its publication before.
  const isApart = announceStreamIdOf(world.streams) !== world.streams.controlStreamId;
  const periods = world.media.hasBeenLate || isApart ? LATE_REST_PERIODS : 1;
  let before = upheavals();
  for (let period = 0; period < periods; period++) {
    await world.run(world.nowNs + REST_NS);
    const after = upheavals();
    if (world.violation !== null || after === before) return;
    if (period === periods - 1) {
      world.fail(
        `${(REST_NS * periods) / 1e9} s without a fault, and leases, epochs or mappings still change: ${before} became ${after}`,
      );
    }
    before = after;
  }
}

function problems(world: World): string[] {
  const found: string[] = [];
  let attached = 0;
  let leases: number | null = null;
  let rivals = 0;
  const epochs = new Map<number, bigint>();
  for (const { name, member, isGuest, isRival, isTool } of world.slots) {
    if (isRival && member !== null) rivals++;
    if ((isGuest || isRival || isTool) && member === null) continue;
    const problem = member === null ? "it does not run" : member.problem();
    if (problem !== null) found.push(`${name}: ${problem}`);
    if (member instanceof DriverMember) leases = member.driver.leaseCount;
    if (member instanceof ProducerMember) {
      epochs.set(member.producer.streamId, BigInt(member.producer.epoch));
      if (member.hasLease && member.producer.isAttached) attached++;
    }
  }
  const wanted = world.slots.some(({ isRival }) => isRival) ? 1 : 0;
  if (rivals !== wanted) found.push(`stream ${STANDALONE_STREAM} has ${rivals} producers, expected ${wanted}`);
  for (const { name, member } of world.slots) {
    if (!(member instanceof ConsumerMember)) continue;
    const { consumer } = member;
    if (member.hasLease && consumer.isAttached) attached++;
    const epoch = epochs.get(consumer.streamId);
    if (consumer.epoch !== epoch) found.push(`${name}: reads epoch ${consumer.epoch}, not ${epoch}`);
  }
  if (leases !== null && leases !== attached) {
    found.push(`the driver has ${leases} leases, and ${attached} clients have one`);
  }
  return found;
}

/** Rivals that have given way are not started again, unless none is left. */
function startRival({ slots, nowNs }: World): void {
  const rivals = slots.filter(({ isRival }) => isRival);
  const [first] = rivals;
  if (first === undefined || rivals.some(({ process }) => process !== null)) return;
  first.startNs = Math.min(first.startNs, nowNs);
}

/** Ends all processes in an order of the seed; afterwards nothing may be left. */
export async function closeAll(world: World): Promise<void> {
  const { random } = world;
  const waiting = world.slots.filter(({ process }) => process !== null);
  world.restarts = false;
  for (const slot of world.slots) slot.startNs = Number.POSITIVE_INFINITY;
  const endNs = world.nowNs + CLOSING_NS;
  while (waiting.length > 0 && world.violation === null) {
    const [slot] = waiting.splice(random.between(0, waiting.length - 1), 1);
    world.trace(`${slot?.name} is asked to end`);
    slot?.process?.end();
    await new Promise((resolve) => setImmediate(resolve));
    await world.run(world.nowNs + random.between(0, 500) * 1e6);
  }
  const runs = (): boolean => world.slots.some(({ process }) => process !== null);
  await world.run(endNs, () => !runs());
  if (world.violation !== null) return;
  if (runs())
    world.fail(
      `processes do not end: ${world.slots
        .filter(({ process }) => process !== null)
        .map(({ name }) => name)
        .join(", ")}`,
    );
  const used = world.disk.epochs.filter(({ users }) => users.size > 0);
  if (used.length > 0) world.fail(`regions are still mapped: ${used.map(({ uri }) => uri).join(", ")}`);
}
