import { PlugInCode } from "../../src/cli/check/plug-in.ts";
import type { Verdict } from "./check-member.ts";
import { DriverMember } from "./driver-member.ts";
import { ProducerMember } from "./producer-member.ts";
import type { Slot, World } from "./world.ts";

/** What was under way when everything began to flow comes to its end. */
const SETTLING_NS = 5e9;
/** A check under way, the pause after it, and the next one. */
const VERDICT_NS = 20e9;
/** After the longest silence that is no fault, and the leases of a dead driver. */
const DEATH_NS = 12e9;

/** Once everything flows, a check says so; when a role dies or is paused after that, a check names its stream. */
export async function checkStage(world: World): Promise<void> {
  await world.run(world.nowNs + SETTLING_NS);
  world.isCalm = true;
  const healthy = await verdictOf(world);
  if (healthy === null) return;
  for (const { name, code, text } of healthy.findings) {
    if (name === "drops" || code === PlugInCode.OK) continue;
    world.fail(`everything flows, and the check reports ${name}: ${text}`);
    return;
  }
  if (world.checks.chance(0.5)) await killOne(world);
}

async function killOne(world: World): Promise<void> {
  const { checks, media, slots } = world;
  const victims = slots.filter(
    ({ member, isGuest, isRival }) =>
      !isGuest && !isRival && (member instanceof DriverMember || member instanceof ProducerMember),
  );
  const index = checks.between(0, victims.length);
  const victim = victims[index];
  const isPaused = checks.chance(0.3);
  const names = namesFor(victim, slots);
  world.restarts = false;
  world.isCalm = false;
  world.missed = victims.flatMap(({ member }) =>
    member instanceof ProducerMember ? [String(member.producer.streamId)] : [],
  );
  if (victim?.process === undefined || victim.process === null) {
    world.trace("the media driver dies while nothing fails");
    media.die();
  } else if (isPaused) {
    world.trace(`${victim.name} is paused while nothing fails`);
    victim.process.pausedUntilNs = Number.POSITIVE_INFINITY;
  } else {
    world.trace(`${victim.name} is killed while nothing fails`);
    world.kill(victim.process);
  }
  await world.run(world.nowNs + DEATH_NS);
  const verdict = await verdictOf(world);
  if (verdict !== null) requireNamed(world, verdict, names);
  if (!media.isAlive) media.start();
  for (const { process } of slots) if (process !== null) process.pausedUntilNs = 0;
}

/** What a check has to say when this has died, one of them; null stands for the media driver. */
function namesFor(victim: Slot | undefined, slots: readonly Slot[]): readonly string[] {
  const member = victim?.member;
  if (member instanceof ProducerMember) return [`stream ${member.producer.streamId}`];
  if (!(member instanceof DriverMember)) return ["media driver"];
  return slots.flatMap((slot) =>
    slot.member instanceof ProducerMember && slot.member.hasLease ? [`stream ${slot.member.producer.streamId}`] : [],
  );
}

function requireNamed(world: World, { code, text }: Verdict, names: readonly string[]): void {
  if (code !== PlugInCode.OK && names.some((name) => text.includes(name))) return;
  world.fail(`the check does not name ${names.join(" or ")}: ${text === "" ? "it reports no fault" : text}`);
}

/** Of the first check that begins from now on. */
async function verdictOf(world: World): Promise<Verdict | null> {
  const fromNs = world.nowNs;
  const slot = world.slots.find(({ isTool }) => isTool);
  const find = (): Verdict | undefined => world.verdicts.find(({ beganNs }) => beganNs > fromNs);
  await world.run(fromNs + VERDICT_NS, () => {
    if (slot !== undefined && slot.process === null) slot.startNs = Math.min(slot.startNs, world.nowNs + 1);
    return find() !== undefined;
  });
  if (world.violation !== null) return null;
  const verdict = find();
  if (verdict === undefined) world.fail(`a check gives no verdict within ${VERDICT_NS / 1e9} s`);
  return verdict ?? null;
}
