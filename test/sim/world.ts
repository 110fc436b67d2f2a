import type { CounterRecord } from "../../src/aeron/counters-reader.ts";
import { type AeronStreams, DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { DriverError } from "../../src/roles/driver/driver-errors.ts";
import { ProducerError } from "../../src/roles/errors.ts";
import type { CounterSource } from "../../src/roles/ports.ts";
import { RegionCreateError } from "../../src/shm/index.ts";
import type { Verdict } from "./check-member.ts";
import type { ConsumerMember } from "./consumer-member.ts";
import { SimLocks } from "./locks.ts";
import { type SimCounterRecord, SimMedia } from "./media.ts";
import type { Member } from "./member.ts";
import { Oracle, Violation } from "./oracle.ts";
import { Killed, SimProcess } from "./process.ts";
import { SeededRandom } from "./random.ts";
import { SimDisk } from "./regions.ts";

const START_NS = 2 ** 32;
const START_WALL_MS = 1_700_000_000_000;
const RESTART_NS = 500e6;
const SLOW_MAKING_NS = 35e9;
const CHECKS_SEED = 0x2545_f491;

/** A place for a process: what runs there, and is started again when it ends. */
export interface Slot {
  readonly name: string;
  readonly start: (process: SimProcess) => Member;
  process: SimProcess | null;
  member: Member | null;
  /** When it is started next; infinite while it is not to be. */
  startNs: number;
  /** Started by a fault, and not missed when it ends. */
  readonly isGuest: boolean;
  /** One of several producers of a stream, of which one stays. */
  readonly isRival: boolean;
  /** A tool that ends by itself: it is started again, and not missed meanwhile. */
  readonly isTool: boolean;
}

interface Sleeper {
  readonly atNs: number;
  readonly process: SimProcess;
  readonly resolve: () => void;
}

/** A host with processes, on virtual time, in one thread. */
export class World {
  nowNs = START_NS;
  /** Processes whose agents are closing. */
  closing = 0;
  /** True where the second of two rivals has its regions where consumers map nothing. */
  isRivalElsewhere = false;
  /** How long it takes to make the regions of a stream on demand, where that is long. */
  makingNs = 0;
  /** What the wall clock shows beside the time that has passed. */
  wallOffsetMs = 0;
  readonly random: SeededRandom;
  /** For the tools: a world has one schedule with them and without. */
  readonly checks: SeededRandom;
  /** Consumers that have been started, and what checks have said. */
  readonly consumers: ConsumerMember[] = [];
  readonly verdicts: Verdict[] = [];
  /** Streams that have a producer while all runs, though it may have died since. */
  missed: readonly string[] = [];
  /** True once an operator with the token has asked a driver to end. */
  mayShutDown = false;
  /** True while nothing fails, and nothing of what has failed is under way. */
  isCalm = false;
  /** Where roles speak; in some worlds announces have an Aeron stream of their own. */
  readonly streams: AeronStreams;
  readonly media: SimMedia;
  readonly disk: SimDisk;
  readonly locks = new SimLocks();
  readonly oracle: Oracle;
  readonly slots: Slot[] = [];
  /** Bounds of the time between two cycles of a process. */
  readonly gapNs: { readonly min: number; readonly max: number };
  /** Cycles that were run. */
  cycles = 0;
  violation: Violation | null = null;
  /** True while processes that end are started again. */
  restarts = true;
  readonly #trace: ((line: string) => void) | null;
  readonly #sleepers: Sleeper[] = [];
  #nextPid = 100;

  constructor(seed: number, trace: ((line: string) => void) | null) {
    this.#trace = trace;
    this.random = new SeededRandom(seed);
    this.checks = new SeededRandom(seed ^ CHECKS_SEED);
    const { controlStreamId } = DEFAULT_STREAMS;
    this.streams = this.random.chance(0.25)
      ? { ...DEFAULT_STREAMS, announceStreamId: controlStreamId + 1 }
      : DEFAULT_STREAMS;
    const nowNs = (): number => this.nowNs;
    this.oracle = new Oracle(nowNs, () => this.wallOffsetMs < 0 || this.locks.isUnreadable);
    this.media = new SimMedia(this.random.fork(), nowNs);
    const wallClockMs = (): number => START_WALL_MS + Math.floor((this.nowNs - START_NS) / 1e6) + this.wallOffsetMs;
    this.disk = new SimDisk(wallClockMs, {
      onEpochMade: (streamId, epoch) => {
        this.trace(`stream ${streamId} has epoch ${epoch}`);
        try {
          this.oracle.onEpochMade(streamId, epoch);
        } catch (error) {
          this.#failed(error);
        }
      },
    });
    this.gapNs = this.random.pick([
      { min: 10e6, max: 80e6 },
      { min: 40e6, max: 240e6 },
      { min: 40e6, max: 240e6 },
      { min: 60e6, max: 400e6 },
    ]);
  }

  /** A stream on demand takes longer to make than an idle one is kept. */
  slowDownMaking(): void {
    this.makingNs = SLOW_MAKING_NS;
    this.disk.dynamicSteps = Math.ceil((SLOW_MAKING_NS * 2) / (this.gapNs.min + this.gapNs.max));
  }

  trace(text: string): void {
    this.#trace?.(`${((this.nowNs - START_NS) / 1e9).toFixed(3).padStart(8)} s  ${text}`);
  }

  addSlot(name: string, start: Slot["start"], { isGuest = false, isRival = false } = {}): Slot {
    const startNs = isGuest ? Number.POSITIVE_INFINITY : this.nowNs + this.random.between(0, 1000) * 1e6;
    const slot: Slot = { name, start, process: null, member: null, startNs, isGuest, isRival, isTool: false };
    this.slots.push(slot);
    return slot;
  }

  addTool(name: string, start: Slot["start"]): Slot {
    const startNs = this.nowNs + this.checks.between(0, 1000) * 1e6;
    const slot: Slot = {
      name,
      start,
      process: null,
      member: null,
      startNs,
      isGuest: false,
      isRival: false,
      isTool: true,
    };
    this.slots.push(slot);
    return slot;
  }

  /** Runs until that time, or until `isDone`. */
  async run(untilNs: number, isDone: () => boolean = () => false): Promise<void> {
    while (this.nowNs < untilNs && this.violation === null && !isDone()) {
      const next = this.#next();
      if (next === null) break;
      this.nowNs = Math.max(this.nowNs, Math.min(next.atNs, untilNs));
      if (next.atNs > untilNs) break;
      if (next.process === null) this.#start(next.slot);
      else this.#cycle(next.process);
      if (this.#wake() || this.closing > 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** The process or slot whose turn is next. */
  #next(): { readonly atNs: number; readonly slot: Slot; readonly process: SimProcess | null } | null {
    let found: Slot | null = null;
    let atNs = Number.POSITIVE_INFINITY;
    for (const slot of this.slots) {
      const { process } = slot;
      const slotNs = process === null ? slot.startNs : Math.max(process.nextNs, process.pausedUntilNs);
      if (slotNs >= atNs) continue;
      found = slot;
      atNs = slotNs;
    }
    return found === null ? null : { atNs, slot: found, process: found.process };
  }

  #start(slot: Slot): void {
    slot.startNs = Number.POSITIVE_INFINITY;
    const process = new SimProcess(this, slot.name, this.#nextPid++);
    slot.process = process;
    try {
      slot.member = slot.start(process);
      process.add(slot.member);
      this.trace(`${slot.name} has started`);
    } catch (error) {
      if (error instanceof Killed) return;
      if (!isExpected(error)) this.#fail(new Violation(`${slot.name} does not start: ${describe(error)}`));
      this.trace(`${slot.name} cannot start: ${describe(error)}`);
      process.end();
    }
  }

  #cycle(process: SimProcess): void {
    const { min, max } = this.gapNs;
    process.nextNs = this.nowNs + this.random.between(min, max);
    this.cycles++;
    process.cycle(this.nowNs);
    if (this.cycles % 64 === 0) this.media.expire();
  }

  /** Wakes those who have slept long enough. */
  #wake(): boolean {
    let hasWoken = false;
    for (let i = 0; i < this.#sleepers.length; ) {
      const sleeper = this.#sleepers[i] as Sleeper;
      const { process } = sleeper;
      if (process.isDead) this.#sleepers.splice(i, 1);
      else if (sleeper.atNs > this.nowNs || process.pausedUntilNs > this.nowNs) i++;
      else {
        this.#sleepers.splice(i, 1);
        sleeper.resolve();
        hasWoken = true;
      }
    }
    return hasWoken;
  }

  sleep(process: SimProcess, ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#sleepers.push({ atNs: this.nowNs + ms * 1e6, process, resolve });
    });
  }

  kill(process: SimProcess): void {
    if (!process.isAlive) return;
    process.isDead = true;
    if (process.isEnding) this.closing--;
    this.locks.processEnded(process);
    this.disk.processEnded(process);
    this.media.processDied(process);
    this.#vacate(process);
  }

  /** A process has closed in order. */
  ended(process: SimProcess): void {
    process.hasEnded = true;
    this.trace(`${process.name} has ended`);
    const { resourceCount } = process.connection;
    if (resourceCount > 0)
      this.#fail(new Violation(`${process.name} has not given ${resourceCount} Aeron resource(s) back`));
    const mapped = this.disk.epochs.filter(({ users }) => users.has(process));
    if (mapped.length > 0) {
      this.#fail(new Violation(`${process.name} has ended and has mapped ${mapped.map(({ uri }) => uri).join(", ")}`));
    }
    const locks = [...this.locks.heldBy(process), ...this.disk.ownedBy(process)];
    if (locks.length > 0) this.#fail(new Violation(`${process.name} has ended and holds locks: ${locks.join(", ")}`));
    this.locks.processEnded(process);
    this.disk.processEnded(process);
    this.#vacate(process);
  }

  #vacate(process: SimProcess): void {
    for (const slot of this.slots) {
      if (slot.process !== process) continue;
      slot.process = null;
      slot.member = null;
      const hasGivenWay = slot.isRival && process.fatal !== null;
      slot.startNs = slot.isGuest || hasGivenWay || !this.restarts ? Number.POSITIVE_INFINITY : this.nowNs + RESTART_NS;
    }
  }

  onPublished(process: SimProcess, message: DataView): void {
    try {
      this.oracle.onPublished(process, message);
    } catch (error) {
      this.#failed(error);
    }
  }

  onDelivered(process: SimProcess, message: DataView, sessionId: number): void {
    try {
      this.oracle.onDelivered(process, message, sessionId);
    } catch (error) {
      this.#failed(error);
    }
  }

  onRoleError(process: SimProcess, roleName: string, phase: string, error: unknown): void {
    if (error instanceof Violation) this.#fail(error);
    else if (!isExpected(error))
      this.#fail(new Violation(`${process.name}: ${roleName}, ${phase}: ${describe(error)}`));
    else this.trace(`${process.name}: ${describe(error)}`);
  }

  openCounters(): CounterSource {
    return {
      snapshot: (isWanted) => [...this.media.counters].filter(({ typeId }) => isWanted(typeId)).map(recordOf),
      close: () => {},
    };
  }

  #failed(error: unknown): void {
    if (!(error instanceof Violation)) throw error;
    this.#fail(error);
  }

  #fail(violation: Violation): void {
    this.violation ??= violation;
    this.trace(`VIOLATION: ${violation.message}`);
  }

  fail(message: string): void {
    this.#fail(new Violation(message));
  }
}

/** Errors by which a role ends, or does not start, for a reason that it names. */
function isExpected(error: unknown): boolean {
  if (error instanceof ProducerError) return error.code === "second-writer";
  if (error instanceof DriverError)
    return error.code === "already-running" || error.code === "stream-taken" || error.code === "no-space";
  return error instanceof RegionCreateError && error.code !== "invalid-options";
}

function recordOf({ process, typeId, key, label, value }: SimCounterRecord): CounterRecord {
  const owner = BigInt(process.pid);
  const view = new DataView(key.buffer);
  return { id: 0, typeId, key: view, label, registrationId: owner, ownerId: owner, value: BigInt(value) };
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
