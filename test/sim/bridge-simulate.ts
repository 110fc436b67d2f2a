import type { BridgeMode } from "../../src/bridge/channels.ts";
import { RECEIVER_CAUSES, SENDER_CAUSES } from "../../src/bridge/ledger.ts";
import {
  OUTPUT_STREAM,
  ReceiverMember,
  SECOND_STREAM,
  SenderMember,
  SOURCE_STREAM,
  SourceMember,
  secondHop,
} from "./bridge-members.ts";
import { BridgeOracle } from "./bridge-oracle.ts";
import { ReaderMember } from "./bridge-reader.ts";
import { DECIMATED_STREAM, DecimatorMember, EVERY } from "./decimator-member.ts";
import type { SeededRandom } from "./random.ts";
import { closeAll, type SimulationOptions, type SimulationResult } from "./simulate.ts";
import { type Slot, World } from "./world.ts";

const WARM_UP_NS = 4e9;
const FAULTS_NS = 20e9;
/** A stop of a process that is longer than every time-out of a bridge. */
const LONG_STOP_NS = 30e9;
/** Share of datagrams that are lost, in the worlds of one schedule. */
const LOSSES = [0, 0.01, 0.05] as const;
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
  world.media.links.loss = random.pick(LOSSES);
  const share = `${world.media.links.loss * 100} % of datagrams are lost`;
  world.trace(`${mode}, ${flow}: stream ${SOURCE_STREAM} to stream ${OUTPUT_STREAM}, ${share}`);
  const source = world.addSlot("source", (process) => new SourceMember(world, process, oracle, flow));
  const sender = world.addSlot("sender", (process) => new SenderMember(world, process, mode));
  const receiver = world.addSlot("receiver", (process) => new ReceiverMember(world, process));
  world.addSlot("reader", (process) => new ReaderMember(world, process, oracle));
  const further = addFurther(world, oracle);
  const longStopNs = random.chance(0.1) ? LONG_STOP_NS : 0;
  const period = { fromNs: beganNs + WARM_UP_NS, toNs: beganNs + WARM_UP_NS + FAULTS_NS + longStopNs };
  const faults = drawLinkFaults(random.fork(), period, world.slots.length, longStopNs);
  for (const [index, fault] of faults.entries()) {
    if (without?.has(index)) continue;
    await world.run(fault.atNs);
    if (world.violation !== null) break;
    world.nowNs = Math.max(world.nowNs, fault.atNs);
    world.trace(`fault ${index}: ${fault.text}`);
    fault.apply(world);
  }
  await world.run(period.toNs);
  const endedNs = world.nowNs;
  if (world.violation === null) await recover(world);
  const recoveryNs = world.nowNs - endedNs;
  if (world.violation === null) await closeAccounts(world, oracle, { source, sender, receiver, ...further });
  if (world.violation === null) await closeAll(world);
  const { cycles, violation } = world;
  const failure = violation?.message ?? null;
  const { accepted } = oracle;
  return { seed, failure, faults: faults.length, cycles, accepted, epochs: world.oracle.epochs, grants: 0, recoveryNs };
}

interface Further {
  readonly decimator?: Slot;
  readonly reader?: Slot;
}

/** In some worlds the output is decimated, or a second bridge carries it further: to another stream, or back to the source's, which refuses it. */
function addFurther(world: World, oracle: BridgeOracle): Further {
  const kind = world.random.pick(["none", "none", "decimator", "hop", "loop"] as const);
  if (kind === "none") return {};
  world.trace(`beside it: ${kind}`);
  if (kind === "decimator") {
    const decimator = world.addSlot("decimator", (process) => new DecimatorMember(world, process));
    const start: Slot["start"] = (process) => new ReaderMember(world, process, oracle, DECIMATED_STREAM, EVERY);
    return { decimator, reader: world.addSlot("decimated-reader", start) };
  }
  const isLoop = kind === "loop";
  const hop = secondHop(isLoop);
  world.addSlot("second-sender", (process) => new SenderMember(world, process, "latest", hop, isLoop));
  world.addSlot("second-receiver", (process) => new ReceiverMember(world, process, hop, isLoop));
  if (!isLoop) world.addSlot("second-reader", (process) => new ReaderMember(world, process, oracle, SECOND_STREAM));
  return {};
}

function drawLinkFaults(
  random: SeededRandom,
  { fromNs, toNs }: { fromNs: number; toNs: number },
  slotCount: number,
  longStopNs: number,
): LinkFault[] {
  const faults: LinkFault[] = [];
  if (longStopNs > 0) {
    const index = random.between(0, slotCount - 1);
    const atNs = random.between(fromNs, toNs - longStopNs);
    const text = `process ${index} is stopped for ${longStopNs / 1e9} s`;
    faults.push({ atNs, text, apply: pause(index, longStopNs) });
  }
  const count = random.between(1, 7);
  for (let i = 0; i < count; i++) {
    const atNs = random.between(fromNs, toNs);
    const forNs = random.between(1, 150) * 100e6;
    const index = random.between(0, slotCount - 1);
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
        once(`process ${index} is paused for ${(forNs / 1e9).toFixed(1)} s`, pause(index, forNs));
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

function pause(index: number, forNs: number): (world: World) => void {
  return ({ slots, nowNs }) => {
    const process = slots[index]?.process ?? null;
    if (process !== null) process.pausedUntilNs = Math.max(process.pausedUntilNs, nowNs + forNs);
  };
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
  { source, sender, receiver, ...further }: Readonly<Record<"source" | "sender" | "receiver", Slot>> & Further,
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
    const carried = further.decimator?.member instanceof DecimatorMember ? further.decimator.member.carried : 0;
    const known = further.reader?.member instanceof ReaderMember ? further.reader.member.known : 0;
    return { sent: from.ledger, far: from.far, received: to.route.account.receiver, carried, known };
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
  const delivered = after.received.delivered - before.received.delivered;
  const reported = after.far.delivered - before.far.delivered;
  const unreported = after.far.unreported - before.far.unreported;
  const incomplete = after.received.incomplete - before.received.incomplete;
  const causes =
    SENDER_CAUSES.reduce((sum, cause) => sum + after.sent[cause] - before.sent[cause], 0) +
    RECEIVER_CAUSES.reduce((sum, cause) => sum + after.received[cause] - before.received[cause], 0);
  const carried = after.carried - before.carried;
  const known = after.known - before.known;
  const text =
    `${published} published, ${seen} seen, ${sent} sent, ${delivered} delivered, ${causes} lost by a cause, ${incomplete} incomplete, ` +
    `${reported} reported as delivered, ${unreported} not reported, ${carried} decimated, ${known} known to their reader`;
  world.trace(text);
  const isClosed = seen === published && published === delivered + causes && incomplete === 0;
  const isReported = reported === delivered && unreported === 0;
  // A reader that maps the epoch late has missed its first frames.
  const chosen = Math.ceil(published / EVERY);
  const isDecimated = carried <= chosen && known <= chosen;
  if (!isClosed || !isReported || !isDecimated) world.fail(`W-48: the accounts do not close: ${text}`);
}
