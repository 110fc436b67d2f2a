import fc from "fast-check";
import type { Lease, LeaseRole } from "../../../src/protocol/lease-table.ts";
import { CLIENT_COUNT, MAX_DELAY_NS, type World } from "./world.ts";

/** What the clients were told to want. */
export interface Wishes {
  readonly wanting: Set<number>;
}

type LeaseCommand = fc.Command<Wishes, World>;

/** A command that may always run, written as one function. */
class Step implements LeaseCommand {
  readonly #name: string;
  readonly #run: (world: World, wishes: Wishes) => void;
  readonly #mayRun: (wishes: Readonly<Wishes>) => boolean;

  constructor(
    name: string,
    run: (world: World, wishes: Wishes) => void,
    mayRun: (wishes: Readonly<Wishes>) => boolean = () => true,
  ) {
    this.#name = name;
    this.#run = run;
    this.#mayRun = mayRun;
  }

  check(wishes: Readonly<Wishes>): boolean {
    return this.#mayRun(wishes);
  }

  run(wishes: Wishes, world: World): void {
    this.#run(world, wishes);
  }

  toString(): string {
    return this.#name;
  }
}

const client = fc.nat({ max: CLIENT_COUNT - 1 });
const durationNs = fc.integer({ min: 1, max: 120 }).map((ticks) => ticks * 50e6);
const delayNs = fc.integer({ min: 1, max: MAX_DELAY_NS / 50e6 }).map((ticks) => ticks * 50e6);
const times = fc.integer({ min: 1, max: 12 });
const role = fc.constantFrom<LeaseRole>("producer", "consumer");

const attach = client.map(
  (index) =>
    new Step(
      `attach(${index})`,
      (world, { wanting }) => {
        wanting.add(index);
        world.members[index]?.client.attach();
      },
      ({ wanting }) => !wanting.has(index),
    ),
);
const detach = client.map(
  (index) =>
    new Step(
      `detach(${index})`,
      (world, { wanting }) => {
        wanting.delete(index);
        world.members[index]?.client.detach(world.nowNs);
      },
      ({ wanting }) => wanting.has(index),
    ),
);
const pass = durationNs.map((ns) => new Step(`pass(${ns / 1e6} ms)`, (world) => world.pass(ns)));
const revoke = fc.nat({ max: 9 }).map((which) => new Step(`revoke(${which})`, (world) => world.revoke(which)));
const pause = fc
  .tuple(client, durationNs)
  .map(([index, ns]) => new Step(`pause(${index}, ${ns / 1e6} ms)`, (world) => world.pause(index, ns)));
const pauseDriver = durationNs.map((ns) => new Step(`pauseDriver(${ns / 1e6} ms)`, (world) => world.pauseDriver(ns)));
const cutOff = fc
  .tuple(client, durationNs)
  .map(([index, ns]) => new Step(`cutOff(${index}, ${ns / 1e6} ms)`, (world) => world.cutOff(index, ns)));
const lose = times.map((n) => new Step(`lose(${n})`, (world) => world.fault({ kind: "lose" }, n)));
const duplicate = fc
  .tuple(times, delayNs)
  .map(
    ([n, ns]) =>
      new Step(`duplicate(${n}, ${ns / 1e6} ms)`, (world) => world.fault({ kind: "duplicate", delayNs: ns }, n)),
  );
const delay = fc
  .tuple(times, delayNs)
  .map(([n, ns]) => new Step(`delay(${n}, ${ns / 1e6} ms)`, (world) => world.fault({ kind: "delay", delayNs: ns }, n)));
const restart = fc
  .record({
    isClean: fc.boolean(),
    downNs: durationNs,
    emptiesDisk: fc.boolean(),
    clockBackMs: fc.constantFrom(0, 0, 10_000, 1e9),
  })
  .map((options) => new Step(`restart(${JSON.stringify(options)})`, (world) => world.stopDriver(options)));

/** Names a live lease with some of it wrong, or none at all. */
const stray = fc
  .record({
    which: fc.nat({ max: 9 }),
    kind: fc.constantFrom("keepalive" as const, "detach" as const),
    wrong: fc.constantFrom("lease", "stream", "client", "role"),
    role,
  })
  .map((options) => new Step(`stray(${JSON.stringify(options)})`, (world) => runStray(world, options)));

function runStray(
  world: World,
  { which, kind, wrong, role: other }: { which: number; kind: "keepalive" | "detach"; wrong: string; role: LeaseRole },
): void {
  const { leases } = world;
  if (leases.length === 0) return;
  const lease = leases[which % leases.length] as Lease;
  const role = wrong === "role" ? (lease.role === "producer" ? "consumer" : "producer") : lease.role;
  const streamId = wrong === "stream" ? lease.streamId + 1 : lease.streamId;
  const clientId = wrong === "client" ? lease.clientId + 1 : lease.clientId;
  // An id of some other driver, far from all that are in use.
  const leaseId = wrong === "lease" ? lease.leaseId + 2n ** 40n : lease.leaseId;
  const identity = { streamId, clientId, role: wrong === "lease" ? other : role };
  const { expiresNs } = lease;
  if (kind === "detach") {
    world.stray({ kind, ...identity, leaseId });
  } else {
    const leaseHigh = Number(leaseId >> 32n);
    const leaseLow = Number(leaseId & 0xffff_ffffn);
    world.stray({ kind, ...identity, leaseHigh, leaseLow, sentNs: world.nowNs });
  }
  const found = world.leases.find((each) => each.leaseId === lease.leaseId);
  if (found === undefined && expiresNs > world.nowNs) throw new Error(`D-16: a stray ${kind} ended ${lease.leaseId}`);
  if (found !== undefined && found.expiresNs !== expiresNs) {
    throw new Error(`D-11: a stray ${kind} moved the deadline of ${lease.leaseId}`);
  }
}

/** Sequences of what may happen to a driver and its clients; attaching and time come more often than the rest. */
export const leaseCommands = fc.commands<Wishes, World>(
  [attach, attach, attach, pass, pass, pass, detach, revoke, pause, pauseDriver, cutOff, lose, duplicate, delay]
    .concat([restart, stray, stray])
    .map((each) => each as fc.Arbitrary<LeaseCommand>),
  { maxCommands: 60, size: "max" },
);
