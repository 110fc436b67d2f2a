import { join } from "node:path";
import { accountGap, type BridgeRow, lossOf } from "../../support/bridge-place.ts";
import { freeUdpPort } from "../../support/free-port.ts";
import { Network, type NetworkHost } from "../../support/network.ts";
import { Place } from "../../support/place.ts";
import type { RoleProcess } from "../../support/role-process.ts";
import { elapse, until } from "../../support/until.ts";
import { growthProblems, type Holdings, holdingsOf } from "../soak/growth.ts";
import { type ProducerRow, RateJudge } from "./rate-judge.ts";

const SOAK = join(import.meta.dir, "../soak");
/** How the checking sink begins a line that reports a finding. */
const FINDING = "finding: ";
/** Of the sources, one after the other: each has another layout. */
const ROWS = { mixed: [256, 16, 64], small: [16, 4, 8] } as const;
const LAST_FRAMES = 200;
const FLOWING_FRAMES = 5;
const ROW_MS = 100;
/** Targets on a quiet machine, besides the start of a process. */
const FLOW_MS = 3000;
const FLOOD_MS = 2000;

export const FAULT_KINDS = ["kill", "pause", "cut", "source", "flood"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultRunOptions {
  /** In a row, with a bridge between each two. */
  readonly hosts: number;
  readonly seconds: number;
  /** Continues until the sink has checked so many. */
  readonly frames: number;
  readonly frameSizes: "mixed" | "small";
  readonly rateHz: number;
  readonly slots: number;
  readonly seed: number;
  readonly kinds: readonly FaultKind[];
  /** Share of the datagrams that the media drivers of receivers lose. */
  readonly loss: number;
  /** On the first link, where the kernel has netem; 0: none. */
  readonly delayMs: number;
  /** Of a cut and of a pause: the first of each is as long, others are shorter. */
  readonly longestCutMs: number;
  readonly longestPauseMs: number;
  readonly say: (line: string) => void;
}

export interface FaultRunReport {
  readonly problems: readonly string[];
  /** What took longer than its target, which a busy machine may explain. */
  readonly late: readonly string[];
  readonly faults: number;
  readonly deliveredFrames: number;
  readonly longestRecoveryMs: number;
  /** Of the producer's rate during faults of the bridges, from the one that was asked for; its largest share. */
  readonly largestRateChange: number;
  readonly hasLinks: boolean;
}

interface Host {
  readonly network: NetworkHost;
  readonly place: Place;
  readonly mediaDriver: RoleProcess;
}

/** One bridge, from a host to the next. */
interface Hop {
  sender: RoleProcess;
  receiver: RoleProcess;
  /** Where the receiver gets its datagrams. */
  readonly host: string;
  readonly port: number;
  readonly newSender: () => RoleProcess;
  readonly newReceiver: () => RoleProcess;
}

/** A source on the first host, a sink on the last that checks every byte, bridges between them, and faults one after the other. */
export class FaultRun {
  readonly #options: FaultRunOptions;
  readonly #network: Network;
  readonly #random: () => number;
  readonly #problems: string[] = [];
  readonly #late: string[] = [];
  readonly #seenKinds = new Set<FaultKind>();
  readonly #hosts: Host[] = [];
  readonly #hops: Hop[] = [];
  #producer!: RoleProcess;
  #consumer!: RoleProcess;
  #sources = 0;
  #faults = 0;
  #longestRecoveryMs = 0;
  readonly #rate: RateJudge;

  constructor(options: FaultRunOptions) {
    this.#options = options;
    this.#network = Network.open(options.hosts);
    this.#random = randomOf(options.seed);
    this.#rate = new RateJudge(options.rateHz);
  }

  async run(): Promise<FaultRunReport> {
    try {
      await this.#start();
      const before = this.#holdings();
      const endMs = performance.now() + this.#options.seconds * 1000;
      do await this.#fault();
      while (performance.now() < endMs || framesOf(this.#consumer) < this.#options.frames);
      await this.#closeAccount();
      for (const [role, held] of before) {
        const now = role.hasEnded ? null : holdingsOf(role.pid);
        if (now !== null) this.#problems.push(...growthProblems(held, now).map((each) => `${each}: ${role.pid}`));
      }
      const deliveredFrames = framesOf(this.#consumer);
      await this.#end();
      const { hasLinks } = this.#network;
      const [problems, late, faults] = [this.#problems, [...this.#late, ...this.#rate.late], this.#faults];
      const [longestRecoveryMs, largestRateChange] = [this.#longestRecoveryMs, this.#rate.largestChange];
      return { problems, late, faults, deliveredFrames, longestRecoveryMs, largestRateChange, hasLinks };
    } finally {
      await Promise.all(this.#hosts.map(({ place }) => place[Symbol.asyncDispose]()));
      this.#network[Symbol.dispose]();
    }
  }

  async #start(): Promise<void> {
    const { loss, delayMs, hosts, say } = this.#options;
    for (const [index, network] of this.#network.hosts.entries()) {
      const place = new Place();
      const env = index > 0 && loss > 0 ? lossOf(loss) : {};
      const mediaDriver = await place.mediaDriver(["--linger", "0"], { env, through: network.through });
      this.#hosts.push({ network, place, mediaDriver });
    }
    if (delayMs > 0 && !this.#network.delay(0, delayMs)) say("this kernel has no netem: nothing is delayed");
    for (let hop = 0; hop + 1 < hosts; hop++) {
      const [near, far] = [this.#hosts[hop] as Host, this.#hosts[hop + 1] as Host];
      const [host, port] = [far.network.address, await freeUdpPort()];
      const at = `${host}:${port}`;
      // Stream N is that of the Nth host.
      const newSender = () => bridge(near, "send", ["--stream", `${hop + 1}`, "--to", at]);
      const newReceiver = () => bridge(far, "receive", ["--stream", `${hop + 1}=${hop + 2}`, "--from", at]);
      this.#hops.push({ sender: newSender(), receiver: newReceiver(), host, port, newSender, newReceiver });
    }
    const { place, network } = this.#hosts.at(-1) as Host;
    const sink = ["--no-once", "--sink", `module:${SOAK}/sink.ts`, "--stats-interval", `${ROW_MS}ms`];
    this.#consumer = place.consumer(["--stream", `${hosts}`, ...sink], { through: network.through });
    this.#producer = this.#newProducer();
    await this.#flows("the start", performance.now(), Number.POSITIVE_INFINITY);
  }

  #newProducer(args: readonly string[] = []): RoleProcess {
    const { place, network } = this.#hosts[0] as Host;
    const { frameSizes, rateHz, slots } = this.#options;
    const rows = ROWS[frameSizes][this.#sources++ % ROWS[frameSizes].length];
    const module = ["--source", `module:${SOAK}/source.ts,rows=${rows}`, "--rate", `${rateHz}`];
    const source = [...module, "--slots", `${slots}`, "--wait-consumers", "1"];
    const flow = ["--stream", "1", "--flow", "drop", "--stats-interval", "100ms"];
    return place.producer([...flow, ...source, ...args], { through: network.through });
  }

  async #fault(): Promise<void> {
    const { say } = this.#options;
    const kind = this.#pick(this.#options.kinds.filter((each) => each !== "cut" || this.#network.hasLinks));
    const beganMs = performance.now();
    const before = lastRow<ProducerRow>(this.#producer);
    const what = await this.#cause(kind);
    const recoveryMs = await this.#flows(what, performance.now(), FLOW_MS);
    if (kind !== "source") this.#rate.judge(what, before, lastRow(this.#producer));
    this.#seenKinds.add(kind);
    this.#faults++;
    this.#look(what);
    const lasted = ((performance.now() - beganMs) / 1000).toFixed(1);
    say(`${what}: frames again after ${(recoveryMs / 1000).toFixed(2)} s (${lasted} s in all)`);
    await elapse(this.#random() * 1000);
  }

  /** Causes a fault and ends it; returns what it was. */
  async #cause(kind: FaultKind): Promise<string> {
    const hop = this.#pick(this.#hops);
    const index = this.#hops.indexOf(hop);
    const isSender = this.#random() < 0.5;
    const name = `${isSender ? "sender" : "receiver"} ${index}`;
    switch (kind) {
      case "kill":
        await (isSender ? hop.sender : hop.receiver).destroy();
        if (isSender) hop.sender = hop.newSender();
        else hop.receiver = hop.newReceiver();
        return `${name} killed`;
      case "pause": {
        // The first is of a receiver.
        const isFirst = !this.#seenKinds.has(kind);
        const role = isSender && !isFirst ? hop.sender : hop.receiver;
        const pauseMs = this.#lengthOf(kind, this.#options.longestPauseMs);
        await role.stop();
        await elapse(pauseMs);
        role.signal("SIGCONT");
        return `${isFirst ? `receiver ${index}` : name} stopped for ${(pauseMs / 1000).toFixed(1)} s`;
      }
      case "cut": {
        const cutMs = this.#lengthOf(kind, this.#options.longestCutMs);
        this.#network.set(index, "down");
        await elapse(cutMs);
        this.#network.set(index, "up");
        return `link ${index} cut for ${(cutMs / 1000).toFixed(1)} s`;
      }
      case "flood":
        return `receiver ${index}: ${await this.#flood(this.#hosts[index] as Host, hop)} of a flood`;
      case "source":
        await this.#endProducer(isSender);
        this.#producer = this.#newProducer();
        return `source ${isSender ? "killed" : "ended"}, another with other frames`;
    }
  }

  /** Hostile datagrams from the host of the sender, as fast as that can send them; returns how many. */
  async #flood({ network }: Host, { host, port }: Hop): Promise<string> {
    const command = [process.execPath, join(import.meta.dir, "flood.ts"), host, `${port}`, `${FLOOD_MS}`];
    const flood = Bun.spawn([...network.through(command)], { stdout: "pipe", stderr: "pipe" });
    const [sent, errors, code] = await Promise.all([flood.stdout.text(), flood.stderr.text(), flood.exited]);
    if (code !== 0) this.#problems.push(`the flood failed: ${errors}`);
    return sent.trim();
  }

  #lengthOf(kind: FaultKind, longestMs: number): number {
    return this.#seenKinds.has(kind) ? (0.05 + 0.45 * this.#random()) * longestMs : longestMs;
  }

  async #endProducer(isKilled: boolean): Promise<void> {
    const first = this.#producer.rows.find(({ counters }) => (counters["claimed"] ?? 0) > 0);
    this.#rate.judge("one source", (first ?? null) as ProducerRow | null, lastRow(this.#producer));
    if (isKilled) return await this.#producer.destroy();
    this.#producer.signal("SIGTERM");
    await this.#producer.exit();
  }

  /** Waits until frames reach the sink; returns how long that took. */
  async #flows(what: string, sinceMs: number, targetMs: number): Promise<number> {
    // What was under way before the fault shows until then.
    await elapse(ROW_MS * 2);
    const before = framesOf(this.#consumer);
    await until(
      () => framesOf(this.#consumer) >= before + FLOWING_FRAMES,
      () => `frames after: ${what}\n${this.#hops.map(({ receiver }) => receiver.describe()).join("\n")}`,
    );
    const recoveryMs = performance.now() - sinceMs;
    if (targetMs === Number.POSITIVE_INFINITY) return recoveryMs;
    this.#longestRecoveryMs = Math.max(this.#longestRecoveryMs, recoveryMs);
    if (recoveryMs > targetMs) this.#late.push(`${what}: frames flowed after ${(recoveryMs / 1000).toFixed(1)} s`);
    return recoveryMs;
  }

  /** What the sink has found, and whether each receiver's account closes. */
  #look(when: string): void {
    for (const line of this.#consumer.stderrLines.filter((each) => each.startsWith(FINDING))) {
      if (!this.#problems.includes(line)) this.#problems.push(line);
    }
    for (const { receiver, sender } of this.#hops) {
      for (const role of [receiver, sender]) {
        const row = lastRow<BridgeRow>(role);
        const gap = row === null ? 0 : accountGap(row);
        if (gap !== 0)
          this.#problems.push(`after ${when}: an account does not close by ${gap}: ${JSON.stringify(row)}`);
      }
    }
  }

  /** One more epoch, of known length: every frame of it is in the account of the first sender, and in those behind it. */
  async #closeAccount(): Promise<void> {
    await this.#endProducer(false);
    await this.#sourceEnds();
    const [{ sender }] = this.#hops as [Hop];
    // Rows are printed now and then: these are of after the end.
    const { length } = sender.stdoutLines;
    await until(
      () => sender.stdoutLines.length > length + 1,
      () => `further rows of the sender: ${sender.describe()}`,
    );
    const before = lastRow<BridgeRow>(sender)?.sender["seen"] ?? 0;
    this.#producer = this.#newProducer(["--count", `${LAST_FRAMES}`]);
    await this.#producer.exit();
    const claimed = this.#producer.lastRow.counters["claimed"] ?? 0;
    const seen = (): number => (lastRow<BridgeRow>(sender)?.sender["seen"] ?? 0) - before;
    await until(
      () => seen() >= claimed,
      () => `${claimed} frames in the sender's account, found ${seen()}`,
    );
    await this.#sourceEnds();
    if (seen() !== claimed) this.#problems.push(`the source claimed ${claimed} frames, and the sender saw ${seen()}`);
    this.#look("the end of the source");
  }

  async #sourceEnds(): Promise<void> {
    for (const { receiver } of this.#hops) {
      await until(
        () => lastRow<BridgeRow>(receiver)?.isConnected === false,
        () => `the end of the stream: ${receiver.describe()}`,
      );
    }
  }

  #holdings(): Map<RoleProcess, Holdings> {
    const roles = this.#hops.flatMap(({ sender, receiver }) => [sender, receiver]);
    const lasting = [...roles, ...this.#hosts.map(({ mediaDriver }) => mediaDriver), this.#consumer];
    return new Map(
      lasting.flatMap((role) => {
        const held = holdingsOf(role.pid);
        return held === null ? [] : [[role, held] as const];
      }),
    );
  }

  /** Every process ends in order. */
  async #end(): Promise<void> {
    for (const role of [this.#consumer, ...this.#hops.flatMap(({ sender, receiver }) => [sender, receiver])]) {
      role.signal("SIGTERM");
      const code = await role.exit();
      if (code !== 0) this.#problems.push(`exit code ${code}: ${role.describe()}`);
    }
    this.#look("the end");
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#random() * values.length)] as T;
  }
}

function bridge({ place, network }: Host, verb: string, args: readonly string[]): RoleProcess {
  const dirs = ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
  const common = ["--standalone", "--media-driver", "external", ...dirs, "-o", "jsonl", "--stats-interval", "200ms"];
  return place.run(["bridge", verb, ...common, ...args], { through: network.through });
}

function lastRow<T>(role: RoleProcess): T | null {
  const line = role.stdoutLines.findLast((each) => each.startsWith("{"));
  return line === undefined ? null : (JSON.parse(line) as T);
}

function framesOf(consumer: RoleProcess): number {
  return lastRow<ProducerRow>(consumer)?.counters["accepted"] ?? 0;
}

/** A sequence of numbers from 0 to 1 that a seed repeats (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
