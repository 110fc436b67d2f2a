import type { Lease, LeaseRole } from "../../../src/protocol/lease-table.ts";
import { type Fault, FaultPlan, Link } from "./link.ts";
import type { FromDriver, ToDriver } from "./messages.ts";
import { Oracle } from "./oracle.ts";
import { SimClient } from "./sim-client.ts";
import { DURATION_NS, type SimDisk, SimDriver } from "./sim-driver.ts";

const TICK_NS = 50e6;
/** One configured stream, and one that is made on demand. */
const PROVISIONED = 10;
const DYNAMIC = 20;
const WALL_CLOCK_MS = 1_700_000_000_000;
/** A message is late by this much at most. */
export const MAX_DELAY_NS = 4e9;
/**
 * Once faults stop: what is under way arrives, a lease that it brought about expires, an answer is awaited no longer, and a
 * refused client has rested; with a period of keepalives and some ticks for the messages themselves.
 */
const SETTLING_NS = MAX_DELAY_NS + DURATION_NS + 2e9 + 1e9 + 1e9 + 1e9;

/** Streams, roles and, for one of each role, a fixed client id. */
const CLIENTS: readonly (readonly [number, LeaseRole, number | null])[] = [
  [PROVISIONED, "producer", 501],
  [PROVISIONED, "producer", null],
  [PROVISIONED, "consumer", 503],
  [PROVISIONED, "consumer", null],
  [DYNAMIC, "producer", null],
  [DYNAMIC, "consumer", null],
];
export const CLIENT_COUNT = CLIENTS.length;

interface Member {
  readonly client: SimClient;
  readonly toDriver: Link<ToDriver>;
  readonly fromDriver: Link<FromDriver>;
  pausedUntilNs: number;
  steppedNs: number;
}

/** A driver and its clients on a network that has faults, on a clock that moves in ticks. */
export class World {
  readonly oracle = new Oracle(DURATION_NS);
  readonly members: readonly Member[];
  readonly #faults = new FaultPlan();
  readonly #random: () => number;
  #disk: SimDisk = new Map();
  #nowNs = TICK_NS;
  #driver: SimDriver | null = null;
  #driverStartsNs = 0;
  #driverPausedUntilNs = 0;
  #driverSteppedNs = 0;
  /** The wall clock may be set back only while there are directories that tell all epochs: no rule could make up for both. */
  #wallClockOffsetMs = 0;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
    this.members = CLIENTS.map(([streamId, role, fixedClientId], index) => {
      const toDriver = new Link<ToDriver>(this.#faults);
      const fromDriver = new Link<FromDriver>(this.#faults);
      const client = new SimClient({ index, streamId, role, fixedClientId, toDriver, random: this.#random });
      return { client, toDriver, fromDriver, pausedUntilNs: 0, steppedNs: this.#nowNs };
    });
  }

  get nowNs(): number {
    return this.#nowNs;
  }

  /** Live leases; none while there is no driver. */
  get leases(): Lease[] {
    return this.#driver === null ? [] : [...this.#driver.table.leases()];
  }

  pass(durationNs: number): void {
    const endNs = this.#nowNs + durationNs;
    while (this.#nowNs < endNs) this.#tick();
  }

  fault(fault: Fault, times: number): void {
    this.#faults.add(fault, times);
  }

  /** Nothing gets through between the client and the driver for a while. */
  cutOff(index: number, durationNs: number): void {
    const { toDriver, fromDriver } = this.#memberOf(index);
    toDriver.cutUntilNs = this.#nowNs + durationNs;
    fromDriver.cutUntilNs = this.#nowNs + durationNs;
  }

  pause(index: number, durationNs: number): void {
    this.#memberOf(index).pausedUntilNs = this.#nowNs + durationNs;
  }

  pauseDriver(durationNs: number): void {
    this.#driverPausedUntilNs = this.#nowNs + durationNs;
  }

  revoke(which: number): void {
    const leases = this.leases;
    if (leases.length > 0) this.#driver?.table.revoke((leases[which % leases.length] as Lease).leaseId, this.#nowNs);
  }

  /** Somebody sends the driver something that need not fit together. */
  stray(message: ToDriver): void {
    this.#driver?.doWork(this.#nowNs, 0, [message]);
  }

  stopDriver(options: { isClean: boolean; downNs: number; emptiesDisk: boolean; clockBackMs: number }): void {
    if (this.#driver !== null) {
      if (options.isClean) this.#driver.shutDown(this.#nowNs);
      this.oracle.driverDied(this.#nowNs);
    }
    this.#driver = null;
    this.#driverStartsNs = this.#nowNs + options.downNs;
    if (options.emptiesDisk) this.#disk = new Map();
    const isRemembered = this.oracle.streamIds.every((streamId) => this.#disk.has(streamId));
    this.#wallClockOffsetMs = isRemembered ? -options.clockBackMs : 0;
  }

  /** Faults stop; after a bounded time whoever wants a lease has one, and nobody else. */
  settle(): void {
    this.#faults.clear();
    this.#driverPausedUntilNs = 0;
    this.#driverStartsNs = Math.min(this.#driverStartsNs, this.#nowNs);
    for (const member of this.members) {
      member.pausedUntilNs = 0;
      member.toDriver.cutUntilNs = 0;
      member.fromDriver.cutUntilNs = 0;
    }
    this.pass(SETTLING_NS);
    const holders = this.members.filter(({ client }) => client.leaseId !== null).map(({ client }) => client);
    const held = holders.map(({ leaseId }) => String(leaseId)).sort();
    const given = this.leases.map(({ leaseId }) => String(leaseId)).sort();
    if (held.join() !== given.join()) throw new Error(`clients hold ${held.join()}, the driver gave ${given.join()}`);
    for (const { client } of this.members) {
      const { index, wants, leaseId, role, streamId } = client;
      if (!wants && leaseId !== null) throw new Error(`client ${index} wants no lease, and has ${leaseId}`);
      if (!wants || leaseId !== null) continue;
      const isTaken = role === "producer" && holders.some((each) => each.role === role && each.streamId === streamId);
      const isMissing = streamId === DYNAMIC && role === "consumer" && !this.#mayExist(DYNAMIC);
      if (!isTaken && !isMissing) throw new Error(`client ${index} (${role}) wants a lease, and has none`);
    }
  }

  /** False when nobody who may create the stream has come since the driver started. */
  #mayExist(streamId: number): boolean {
    return this.members.some(({ client }) => client.streamId === streamId && client.leaseId !== null);
  }

  #tick(): void {
    this.#nowNs += TICK_NS;
    const nowNs = this.#nowNs;
    this.#stepDriver(nowNs);
    for (const member of this.members) if (nowNs >= member.pausedUntilNs) this.#stepClient(member, nowNs);
    this.oracle.checkLive(this.leases);
  }

  #stepDriver(nowNs: number): void {
    if (this.#driver === null) {
      // What is said to nobody is lost.
      for (const { toDriver } of this.members) toDriver.receive(nowNs);
      if (nowNs < this.#driverStartsNs) return;
      this.#driver = this.#newDriver(nowNs);
      this.#driverSteppedNs = nowNs;
    }
    if (nowNs < this.#driverPausedUntilNs) return;
    const messages = this.members.flatMap(({ toDriver }) => toDriver.receive(nowNs));
    this.#driver.doWork(nowNs, Math.max(0, nowNs - this.#driverSteppedNs - TICK_NS), messages);
    this.#driverSteppedNs = nowNs;
  }

  #stepClient(member: Member, nowNs: number): void {
    const { client, fromDriver } = member;
    client.doWork(nowNs, nowNs - member.steppedNs > TICK_NS);
    if (client.leaseId !== null && client.keepaliveSentNs === nowNs) this.oracle.kept(client, client.leaseId, nowNs);
    member.steppedNs = nowNs;
    for (const message of fromDriver.receive(nowNs)) {
      this.oracle.delivered(client, message);
      client.onMessage(message, nowNs);
    }
    if (client.leaseId === null) return;
    this.oracle.touched(client, client.leaseId, client.epoch, nowNs);
    if (client.role === "producer") this.#driver?.wrote(client.streamId, client.epoch);
  }

  #newDriver(nowNs: number): SimDriver {
    return new SimDriver(
      {
        disk: this.#disk,
        provisioned: [PROVISIONED],
        dynamic: { first: DYNAMIC, last: DYNAMIC + 9 },
        drawId: () => BigInt(Math.floor(this.#random() * 2 ** 32)) * 2n ** 31n,
        wallClockMs: (atNs) => WALL_CLOCK_MS + this.#wallClockOffsetMs + atNs / 1e6,
        send: (message, sentNs) => {
          for (const { fromDriver } of this.members) fromDriver.send(message, sentNs);
        },
        oracle: this.oracle,
      },
      nowNs,
    );
  }

  #memberOf(index: number): Member {
    return this.members[index] as Member;
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
