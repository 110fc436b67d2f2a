import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { SystemError } from "../../ffi/errors.ts";
import type { Agent } from "../core/agent.ts";
import { messageOf } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { ANY_WAIT, type WaitPoint } from "../core/wait-point.ts";
import type { BridgeSender } from "./bridge-sender.ts";
import { type Endpoint, isLoopback, isShared, portOf } from "./channels.ts";
import { PathProbe } from "./path-mtu.ts";

const log = getLogger("bridge");
/** Routes change seldom. A router answers within a period what a probe of the one before was too long for. */
const PERIOD_NS = 10e9;
const FIRST_NS = 1e9;

/**
 * Looks whether the path to a receiver takes the datagrams of its sender, while it is connected: a probe as long as they are, which is
 * not cut into fragments, makes routers report what they cannot pass on. A smaller path is reported once, with what to do.
 */
export class PathMtuWatch implements Agent {
  readonly roleName: string;
  readonly #sender: Pick<BridgeSender, "isConnected" | "mtuBytes">;
  readonly #streamId: number;
  readonly #to: Endpoint;
  readonly #timer = new PeriodicTimer(PERIOD_NS);
  #address: string | null = null;
  #wasConnected = false;
  #probe: PathProbe | null = null;
  /** The smallest path that was reported. */
  #reportedBytes = Number.POSITIVE_INFINITY;

  constructor(sender: Pick<BridgeSender, "isConnected" | "mtuBytes">, streamId: number, to: Endpoint) {
    this.roleName = `path of stream ${streamId} to ${to.text}`;
    this.#sender = sender;
    this.#streamId = streamId;
    this.#to = to;
    const name = to.host?.replace(/^\[|\]$/g, "") ?? "";
    // Paths to several receivers, and the loopback, are not probed.
    if (name === "" || portOf(to) === null || isShared(to.channel, to.host) || isLoopback(to.host)) return;
    if (isIP(name) !== 0) this.#address = name;
    else void this.#resolve(name);
  }

  doWork(nowNs: number): number {
    const { isConnected, mtuBytes } = this.#sender;
    const address = this.#address;
    if (address === null || !isConnected) {
      this.#wasConnected = false;
      return 0;
    }
    if (!this.#wasConnected) {
      this.#wasConnected = true;
      this.#timer.restart(nowNs - PERIOD_NS + FIRST_NS);
      this.#look(address, mtuBytes);
      return 1;
    }
    if (!this.#timer.isDue(nowNs)) return 0;
    this.#look(address, mtuBytes);
    return 1;
  }

  waitPoint(): WaitPoint {
    return ANY_WAIT;
  }

  onClose(): void {
    this.#probe?.[Symbol.dispose]();
    this.#probe = null;
    this.#address = null;
  }

  #look(address: string, usedBytes: number): void {
    try {
      this.#probe ??= new PathProbe(address, portOf(this.#to) as number);
      this.#probe.send(usedBytes);
      this.#report(this.#probe.mtuBytes, usedBytes);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // Without a route, nothing arrives; the connection ends by itself.
      this.#probe?.[Symbol.dispose]();
      this.#probe = null;
    }
  }

  #report(possibleBytes: number, usedBytes: number): void {
    if (possibleBytes >= usedBytes || possibleBytes >= this.#reportedBytes) return;
    this.#reportedBytes = possibleBytes;
    const channel = `"aeron:udp?endpoint=${this.#to.host}:${portOf(this.#to)}|mtu=${possibleBytes}"`;
    log.warn(
      `stream ${this.#streamId}: the path to ${this.#to.text} takes datagrams of ${possibleBytes} bytes, and ${usedBytes} are sent: ` +
        `IP cuts them into fragments, of which one that is lost costs the whole datagram; send to ${channel}`,
    );
  }

  async #resolve(name: string): Promise<void> {
    try {
      const { address } = await lookup(name, { order: "ipv4first" });
      this.#address = address;
    } catch (error) {
      // The media driver reports a name that cannot be resolved.
      log.debug(`${name} does not resolve: ${messageOf(error)}`);
    }
  }
}
