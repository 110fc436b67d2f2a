import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { SystemError } from "../../ffi/errors.ts";
import { replaceParameter } from "../aeron/channel.ts";
import type { Agent } from "../core/agent.ts";
import { messageOf } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { ANY_WAIT, type WaitPoint } from "../core/wait-point.ts";
import type { BridgeSender } from "./bridge-sender.ts";
import { type Endpoint, isLoopback, isShared, portOf } from "./channels.ts";
import { PathProbe } from "./path-mtu.ts";

const log = getLogger("bridge");
/** Routes seldom change. Within a period, a router reports that the previous probe was too long. */
const PERIOD_NS = 10e9;
const FIRST_NS = 1e9;

/** How names are resolved, and paths probed. */
export interface PathPorts {
  /** The address of a name. */
  readonly resolve: (name: string) => Promise<string>;
  readonly probe: (address: string, port: number) => Pick<PathProbe, "send" | "mtuBytes"> & Disposable;
}

const HOST_PATHS: PathPorts = {
  resolve: async (name) => (await lookup(name, { order: "ipv4first" })).address,
  probe: (address, port) => new PathProbe(address, port),
};

/**
 * Checks that the path to a connected receiver passes its sender's datagrams: a probe of the same length, with fragmentation disabled,
 * makes routers report what they cannot forward. A smaller path MTU is logged once, with the next step.
 */
export class PathMtuWatch implements Agent {
  readonly roleName: string;
  readonly #sender: Pick<BridgeSender, "isConnected" | "mtuBytes">;
  readonly #streamId: number;
  readonly #to: Endpoint;
  readonly #ports: PathPorts;
  /** Null: its address is given, or its path is not probed. */
  readonly #name: string | null = null;
  readonly #timer = new PeriodicTimer(PERIOD_NS);
  /** Null while it is not known. */
  #address: string | null = null;
  #isResolving = false;
  #wasConnected = false;
  #probe: ReturnType<PathPorts["probe"]> | null = null;
  /** The smallest path that was reported. */
  #reportedBytes = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(
    sender: Pick<BridgeSender, "isConnected" | "mtuBytes">,
    streamId: number,
    to: Endpoint,
    ports = HOST_PATHS,
  ) {
    this.roleName = `path of stream ${streamId} to ${to.text}`;
    this.#sender = sender;
    this.#streamId = streamId;
    this.#to = to;
    this.#ports = ports;
    const host = to.host?.replace(/^\[|\]$/g, "") ?? "";
    // Paths to several receivers, and the loopback, are not probed.
    if (host === "" || portOf(to) === null || isShared(to.channel, to.host) || isLoopback(to.host)) return;
    if (isIP(host) !== 0) this.#address = host;
    else this.#name = host;
  }

  doWork(nowNs: number): number {
    const { isConnected, mtuBytes } = this.#sender;
    const isProbed = this.#address !== null || this.#name !== null;
    if (!isConnected || !isProbed || this.#isClosed) {
      this.#wasConnected = false;
      return 0;
    }
    const isNew = !this.#wasConnected;
    this.#wasConnected = true;
    if (isNew) this.#timer.restart(nowNs - PERIOD_NS + FIRST_NS);
    else if (!this.#timer.isDue(nowNs)) return 0;
    // A new connection may be one to another address of the same name.
    if (this.#name !== null && (isNew || this.#address === null)) void this.#resolve(this.#name);
    if (this.#address !== null) this.#look(this.#address, mtuBytes);
    return 1;
  }

  waitPoint(): WaitPoint {
    return ANY_WAIT;
  }

  onClose(): void {
    this.#isClosed = true;
    this.#closeProbe();
  }

  #look(address: string, usedBytes: number): void {
    try {
      this.#probe ??= this.#ports.probe(address, portOf(this.#to) as number);
      this.#probe.send(usedBytes);
      this.#report(this.#probe.mtuBytes, usedBytes);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // Without a route, nothing arrives; the connection ends by itself.
      this.#closeProbe();
    }
  }

  #closeProbe(): void {
    this.#probe?.[Symbol.dispose]();
    this.#probe = null;
  }

  #report(possibleBytes: number, usedBytes: number): void {
    if (possibleBytes >= usedBytes || possibleBytes >= this.#reportedBytes) return;
    this.#reportedBytes = possibleBytes;
    const channel = `"${replaceParameter(this.#to.channel, "mtu", possibleBytes)}"`;
    log.warn(
      `stream ${this.#streamId}: the path to ${this.#to.text} takes datagrams of ${possibleBytes} bytes, and ${usedBytes} are sent: ` +
        `IP cuts them into fragments, of which one that is lost costs the whole datagram; send to ${channel}`,
    );
  }

  async #resolve(name: string): Promise<void> {
    if (this.#isResolving) return;
    this.#isResolving = true;
    try {
      this.#onAddress(await this.#ports.resolve(name));
    } catch (error) {
      // The media driver reports a name that cannot be resolved.
      log.debug(`${name} does not resolve: ${messageOf(error)}`);
    } finally {
      this.#isResolving = false;
    }
  }

  #onAddress(address: string): void {
    if (this.#isClosed || address === this.#address) return;
    this.#closeProbe();
    this.#address = address;
    this.#reportedBytes = Number.POSITIVE_INFINITY;
  }
}
