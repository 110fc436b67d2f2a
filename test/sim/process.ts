import type { Agent } from "../../src/core/agent.ts";
import type { AgentErrorReport } from "../../src/core/agent-errors.ts";
import { DutyCycle } from "../../src/core/duty-cycle.ts";
import type { RolePorts } from "../../src/roles/ports.ts";
import { SimConnection } from "./connection.ts";
import type { World } from "./world.ts";

/** As the scheduler's. */
const LATE_THRESHOLD_NS = 1e9;

/** Thrown out of a port when the process is killed there: nothing of what follows happens. */
export class Killed extends Error {}

/** A process of the world: a connection and its roles, run by the shipped duty cycle. */
export class SimProcess {
  readonly name: string;
  readonly pid: number;
  readonly connection: SimConnection;
  readonly ports: RolePorts;
  /** The last epochs that this process has made, by folder. */
  readonly lastEpochs = new Map<string, number>();
  /** When its next cycle begins. */
  nextNs: number;
  /** Stopped until then. */
  pausedUntilNs = 0;
  isOutOfDescriptors = false;
  /** Killed: nothing that it does has an effect any more. */
  isDead = false;
  /** Closed in order. */
  hasEnded = false;
  /** Set while its agents close. */
  isEnding = false;
  /** It ends after the present cycle, as a scheduler that was stopped. */
  #isStopped = false;
  /** The error that ended it. */
  fatal: unknown = null;
  /** It is killed when it has taken so many steps. */
  killAfter = Number.POSITIVE_INFINITY;
  readonly world: World;
  readonly #dutyCycle: DutyCycle;

  constructor(world: World, name: string, pid: number) {
    this.world = world;
    this.name = name;
    this.pid = pid;
    this.nextNs = world.nowNs;
    const clock = { nanoTime: () => world.nowNs };
    const random = world.random.fork();
    this.connection = new SimConnection(world.media, this, clock, random);
    this.ports = {
      clock,
      random,
      regions: world.disk.ofProcess(this),
      locks: world.locks.ofProcess(this),
      pause: (ms) => world.sleep(this, ms),
      openCounters: () => world.openCounters(),
    };
    this.#dutyCycle = new DutyCycle({
      clock,
      lateThresholdNs: LATE_THRESHOLD_NS,
      onAgentError: (report) => this.#onError(report),
      onFatalError: (error) => {
        this.fatal = error;
      },
    });
    this.#dutyCycle.add(this.connection, true);
    this.#dutyCycle.start();
  }

  get isAlive(): boolean {
    return !this.isDead && !this.hasEnded;
  }

  add(agent: Agent): void {
    this.#dutyCycle.add(agent, true);
  }

  /** A step of this process: it may be killed before it. @throws Killed */
  step(what: string): void {
    if (this.isDead) throw new Killed(what);
    if (--this.killAfter > 0) return;
    this.world.trace(`${this.name} is killed before: ${what}`);
    this.world.kill(this);
    throw new Killed(what);
  }

  cycle(nowNs: number): void {
    this.#dutyCycle.cycle(nowNs);
    if (this.isDead) return;
    if (this.fatal !== null || this.#isStopped) this.end();
  }

  /** For an agent in its turn: the process ends in order when the cycle is over. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Ends it in order, which may take a while. */
  end(): void {
    if (this.isEnding || this.isDead) return;
    this.isEnding = true;
    this.world.closing++;
    void this.#dutyCycle.closeAll().then(() => {
      // Of one that was killed meanwhile, the world has counted the end already.
      if (this.isDead) return;
      this.world.closing--;
      this.world.ended(this);
    });
  }

  #onError({ error, agent, phase }: AgentErrorReport): void {
    if (this.isDead || error instanceof Killed) return;
    this.world.onRoleError(this, agent.roleName, phase, error);
  }
}
