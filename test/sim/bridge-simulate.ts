import type { BridgeMode } from "../../src/bridge/channels.ts";
import {
  OUTPUT_STREAM,
  ReaderMember,
  ReceiverMember,
  receivedOf,
  SenderMember,
  SOURCE_STREAM,
  SourceMember,
} from "./bridge-members.ts";
import { BridgeOracle } from "./bridge-oracle.ts";
import type { SeededRandom } from "./random.ts";
import { closeAll, type SimulationOptions, type SimulationResult } from "./simulate.ts";
import { type Slot, World } from "./world.ts";

const WARM_UP_NS = 4e9;
const FAULTS_NS = 20e9;
/** After the last fault, frames flow within this time: lost sessions, dead clients and their leases take ten seconds each. */
const RECOVERY_NS = 45e9;
/** In which a source begins, is carried and ends. */
const ROUND_NS = 4e9;
const HOLD_NS = 3e9;
const SETTLING_NS = 6e9;

interface LinkFault {
  readonly atNs: number;
  readonly text: string;
  readonly apply: (world: World) => void;
}

/** Runs one schedule of a source, a bridge, and a reader behind it. The same options give the same schedule. */
export async function simulateBridge({ seed, without, trace }: SimulationOptions): Promise<SimulationResult> {
  const world = new World(seed, trace ?? null);
  const oracle = new BridgeOracle();
  const beganNs = world.nowNs;
  const { random } = world;
  const isLossless = random.chance(0.4);
  const mode: BridgeMode = isLossless ? "lossless" : "latest";
  const flow = isLossless && random.chance(0.7) ? "wait" : "drop";
  world.trace(`${mode}, ${flow}: stream ${SOURCE_STREAM} to stream ${OUTPUT_STREAM}`);
  const source = world.addSlot("source", (process) => new SourceMember(world, process, oracle, flow));
  const sender = world.addSlot("sender", (process) => new SenderMember(world, process, mode));
  const receiver = world.addSlot("receiver", (process) => new ReceiverMember(world, process));
  world.addSlot("reader", (process) => new ReaderMember(world, process, oracle));
  const toNs = beganNs + WARM_UP_NS + FAULTS_NS;
  const faults = drawLinkFaults(random.fork(), { fromNs: beganNs + WARM_UP_NS, toNs });
  for (const [index, fault] of faults.entries()) {
    if (without?.has(index)) continue;
    await world.run(fault.atNs);
    if (world.violation !== null) break;
    world.nowNs = Math.max(world.nowNs, fault.atNs);
    world.trace(`fault ${index}: ${fault.text}`);
    fault.apply(world);
  }
  await world.run(toNs);
  const endedNs = world.nowNs;
  if (world.violation === null) await recover(world);
  const recoveryNs = world.nowNs - endedNs;
  if (world.violation === null) await closeAccounts(world, oracle, { source, sender, receiver });
  if (world.violation === null) await closeAll(world);
  const { cycles, violation } = world;
  const failure = violation?.message ?? null;
  const { accepted } = oracle;
  return { seed, failure, faults: faults.length, cycles, accepted, epochs: world.oracle.epochs, grants: 0, recoveryNs };
}

function drawLinkFaults(random: SeededRandom, { fromNs, toNs }: { fromNs: number; toNs: number }): LinkFault[] {
  const faults: LinkFault[] = [];
  const count = random.between(1, 7);
  for (let i = 0; i < count; i++) {
    const atNs = random.between(fromNs, toNs);
    const forNs = random.between(1, 150) * 100e6;
    const index = random.between(0, 3);
    const processOf = ({ slots }: World) => slots[index]?.process ?? null;
    const once = (text: string, apply: (world: World) => void) => faults.push({ atNs, text, apply });
    const later = (text: string, apply: (world: World) => void) =>
      faults.push({ atNs: Math.min(toNs, atNs + forNs), text, apply });
    switch (random.between(0, 7)) {
      case 0:
      case 1: {
        const steps = random.between(1, 60);
        once(`process ${index} is killed after ${steps} steps`, (world) => {
          const process = processOf(world);
          if (process !== null) process.killAfter = Math.min(process.killAfter, steps);
        });
        break;
      }
      case 2:
        once(`process ${index} ends`, (world) => processOf(world)?.end());
        break;
      case 3:
      case 4:
        once(`process ${index} is paused for ${(forNs / 1e9).toFixed(1)} s`, (world) => {
          const process = processOf(world);
          if (process !== null) process.pausedUntilNs = world.nowNs + forNs;
        });
        break;
      case 5:
        once("the media driver is dead", ({ media }) => media.isAlive && media.die());
        later("the media driver starts", ({ media }) => !media.isAlive && media.start());
        break;
      default:
        once("the link is cut", ({ media }) => media.links.cut());
        later("the link is mended", ({ media }) => media.links.mend());
    }
  }
  return faults.sort((a, b) => a.atNs - b.atNs);
}

function problems(world: World): string[] {
  return world.slots.flatMap(({ name, member }) => {
    const problem = member === null ? "it does not run" : member.problem();
    return problem === null ? [] : [`${name}: ${problem}`];
  });
}

/** Once faults end, frames arrive. */
async function recover(world: World): Promise<void> {
  world.trace("no more faults");
  world.media.links.mend();
  if (!world.media.isAlive) world.media.start();
  for (const { process, member } of world.slots) {
    member?.watch();
    if (process === null) continue;
    process.killAfter = Number.POSITIVE_INFINITY;
    process.pausedUntilNs = Math.min(process.pausedUntilNs, world.nowNs);
  }
  let checked = 0;
  await world.run(world.nowNs + RECOVERY_NS, () => ++checked % 16 === 0 && problems(world).length === 0);
  if (world.violation !== null) return;
  const left = problems(world);
  if (left.length > 0) world.fail(`${RECOVERY_NS / 1e9} s after the last fault: ${left.join("; ")}`);
  else world.trace("everything flows");
}

/** One more source begins and ends in order, and each of its frames is in the accounts, once. */
async function closeAccounts(
  world: World,
  oracle: BridgeOracle,
  { source, sender, receiver }: Readonly<Record<"source" | "sender" | "receiver", Slot>>,
): Promise<void> {
  const endSource = async (): Promise<void> => {
    world.restarts = false;
    source.process?.end();
    await world.run(world.nowNs + SETTLING_NS);
    world.restarts = true;
  };
  const accounts = () => {
    const { member: from } = sender;
    const { member: to } = receiver;
    if (!(from instanceof SenderMember) || !(to instanceof ReceiverMember)) return null;
    return { sent: from.ledger, received: to.route.account.receiver };
  };
  await endSource();
  const before = accounts();
  // A frame that was published before the sender had mapped its epoch is in no account.
  oracle.holdNs = HOLD_NS;
  source.startNs = world.nowNs;
  await world.run(world.nowNs + HOLD_NS + ROUND_NS);
  await endSource();
  const after = accounts();
  if (world.violation !== null) return;
  if (before === null || after === null) {
    world.fail("a side of the bridge has ended without a fault");
    return;
  }
  const published = oracle.published(oracle.newestEpoch);
  const seen = after.sent.seen - before.sent.seen;
  const sent = after.sent.sent - before.sent.sent;
  const received = receivedOf(after.received) - receivedOf(before.received);
  const incomplete = after.received.incomplete - before.received.incomplete;
  world.trace(`${published} published, ${seen} seen, ${sent} sent, ${received} received, ${incomplete} incomplete`);
  const isClosed = seen === published && received === sent && incomplete === 0;
  if (!isClosed) {
    world.fail(
      `W-48: the accounts do not close: ${published} published, ${seen} seen, ${sent} sent, ${received} received, ${incomplete} incomplete`,
    );
  }
}
