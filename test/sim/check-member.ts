import { type CheckFacts, type Finding, findingsOf, worstOf } from "../../src/cli/check/findings.ts";
import { LIMITS, limitsOf } from "../../src/cli/check/limits.ts";
import { NOTHING_OBSERVED, observationNsOf, observedOf } from "../../src/cli/check/observed.ts";
import { PlugInCode, stateOf } from "../../src/cli/check/plug-in.ts";
import { WorstDrops } from "../../src/cli/check/worst-drops.ts";
import { defaultsOf } from "../../src/config/index.ts";
import { LOSS_CAUSES, totalLost } from "../../src/roles/counters.ts";
import type { ConsumerView } from "../../src/supervision/model/index.ts";
import { SupervisionObserver } from "../../src/supervision/observer.ts";
import { ConsumerMember } from "./consumer-member.ts";
import { BASE_DIR, type Member } from "./member.ts";
import { Violation } from "./oracle.ts";
import type { SimProcess } from "./process.ts";
import { ProducerMember } from "./producer-member.ts";
import type { World } from "./world.ts";

const CHECK_LIMITS = limitsOf(defaultsOf(LIMITS));
const OBSERVATION_NS = observationNsOf(CHECK_LIMITS);
/** Reports come once a second: losses so close to an end of the observation may be in no report that it has received. */
const UNREPORTED_NS = 2e9;
/** A consumer that has lost a larger share has to be named. */
const LOST_SHARE = 0.3;
const MIN_FRAMES = 20;

/** What a check has said. */
export interface Verdict {
  readonly beganNs: number;
  readonly findings: readonly Finding[];
  /** Of the worst finding, and what all of them say. */
  readonly code: PlugInCode;
  readonly text: string;
}

interface Passed {
  readonly member: ConsumerMember;
  readonly lost: number;
  readonly passed: number;
}

/** Listens as the command `check` does, gives its verdict, and ends. What it says of losses has to be what consumers have counted. */
export class CheckMember implements Member {
  readonly roleName = "check";
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #beganNs: number;
  readonly #observer: SupervisionObserver;
  readonly #drops: WorstDrops;
  readonly #isHeard: boolean;
  #from: readonly Passed[] | null = null;
  #to: readonly Passed[] | null = null;
  #hasEnded = false;

  constructor(world: World, process: SimProcess) {
    this.#world = world;
    this.#process = process;
    this.#beganNs = world.nowNs;
    this.#isHeard = world.media.isAlive;
    const options = { streams: world.streams, descriptorStreamIds: [] };
    this.#observer = new SupervisionObserver(process.connection, options, process.ports);
    this.#drops = new WorstDrops(this.#observer.model);
  }

  doWork(nowNs: number): number {
    if (this.#hasEnded) return 0;
    const work = this.#observer.doWork(nowNs) + this.#drops.doWork(nowNs);
    const sinceNs = nowNs - this.#beganNs;
    if (this.#from === null && sinceNs > UNREPORTED_NS) this.#from = passedOf(this.#world);
    if (this.#to === null && sinceNs > OBSERVATION_NS - UNREPORTED_NS) this.#to = passedOf(this.#world);
    if (this.#isHeard && sinceNs < OBSERVATION_NS) return work;
    this.#hasEnded = true;
    this.#decide(nowNs);
    this.#process.stop();
    return work;
  }

  #decide(nowNs: number): void {
    const { media, disk, slots, verdicts } = this.#world;
    const expected = slots.flatMap(({ member, isGuest, isRival }) =>
      member instanceof ProducerMember && !isGuest && !isRival ? [String(member.producer.streamId)] : [],
    );
    const observed = this.#isHeard ? observedOf(this.#observer.model, this.#drops, [], nowNs) : NOTHING_OBSERVED;
    const facts: CheckFacts = {
      ...observed,
      expected: [...new Set([...expected, ...this.#world.missed])],
      observedNs: this.#isHeard ? OBSERVATION_NS : null,
      heartbeatNs: media.isAlive ? 0 : null,
      absence: media.isAlive ? null : "no media driver runs",
      free: { share: disk.isFull ? 0 : 1, where: BASE_DIR },
    };
    const findings = findingsOf(facts, CHECK_LIMITS);
    const code = worstOf(findings);
    const text = findings.flatMap((finding) => (finding.text === "" ? [] : [finding.text])).join("; ");
    this.#world.trace(`${this.#process.name}: ${stateOf(code)} ${text}`);
    for (const view of facts.consumers) this.#requireCounted(view);
    this.#requireReported(findings);
    verdicts.push({ beganNs: this.#beganNs, findings, code, text });
  }

  /** A check reports no loss that no counter has. */
  #requireCounted({ consumerId, streamId, drops, causes, accepted }: ConsumerView): void {
    const member = this.#world.consumers.find(({ ids }) => ids.has(consumerId));
    const who = `${this.#process.name} reports consumer ${consumerId} of stream ${streamId}`;
    if (member === undefined) throw new Violation(`${who}, which was never there`);
    const { counters } = member.consumer;
    const lost = totalLost(counters);
    if (drops.total > lost) throw new Violation(`${who} with ${drops.total} lost frames, and it has counted ${lost}`);
    if ((accepted ?? 0) > counters.of.accepted.value) {
      throw new Violation(`${who} with ${accepted} frames, and it has accepted ${counters.of.accepted.value}`);
    }
    for (const cause of LOSS_CAUSES) {
      const told = causes[cause]?.total ?? 0;
      const { value } = counters.of[cause];
      if (told > value) throw new Violation(`${who} with ${told} frames lost by ${cause}, and it has counted ${value}`);
    }
  }

  /** A consumer that loses many frames all the time is not passed over where nothing disturbs the check. */
  #requireReported(findings: readonly Finding[]): void {
    if (!this.#world.isCalm || this.#from === null || this.#to === null) return;
    const isReported = findings.some(({ name, code }) => name === "drops" && code !== PlugInCode.OK);
    if (isReported) return;
    for (const { member, lost, passed } of this.#to) {
      const before = this.#from.find((each) => each.member === member);
      if (before === undefined) continue;
      const frames = passed - before.passed;
      const share = (lost - before.lost) / frames;
      if (frames < MIN_FRAMES || share <= LOST_SHARE) continue;
      throw new Violation(
        `${this.#process.name} reports no loss, and consumer ${member.consumer.consumerId} has lost ${lost - before.lost} of ${frames} frames`,
      );
    }
  }

  onClose(): void {
    this.#observer.onClose();
  }
  problem(): string | null {
    return null;
  }
  watch(): void {}
  upheavals(): number {
    return 0;
  }
}

/** What the consumers that run have counted. */
function passedOf({ slots }: World): readonly Passed[] {
  return slots.flatMap(({ member }) => {
    if (!(member instanceof ConsumerMember)) return [];
    const { counters } = member.consumer;
    const lost = totalLost(counters);
    return [{ member, lost, passed: lost + counters.of.accepted.value + counters.of.skipped.value }];
  });
}
