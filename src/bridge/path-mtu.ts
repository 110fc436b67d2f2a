import { SystemError } from "../../ffi/errors.ts";
import { NativeBuffer } from "../../ffi/memory.ts";
import { UdpSocket } from "../../ffi/udp.ts";
import { ipHeaderBytes } from "./channels.ts";

/** Aeron's largest MTU. The loopback supports it. */
const MAX_MTU_BYTES = 65_504;
const MTU_STEP_BYTES = 32;
/** The loopback's MTU, sufficient with IPv6 headers as well. */
export const LOOPBACK_BYTES = 65_536;
const DISCARD_PORT = 9;

/** Aeron's largest MTU whose datagrams fit `linkBytes` with the IP and UDP headers. */
export function mtuWithin(linkBytes: number, headerBytes: number): number {
  const payloadBytes = Math.min(MAX_MTU_BYTES, linkBytes - headerBytes);
  return Math.floor(payloadBytes / MTU_STEP_BYTES) * MTU_STEP_BYTES;
}

/** The kernel's path MTU for an IP address: the MTU of its route, or less if a router has reported that. Null without a route. */
export function routeMtu(address: string): number | null {
  try {
    using probe = new PathProbe(address, DISCARD_PORT);
    return probe.linkBytes;
  } catch (error) {
    if (error instanceof SystemError) return null;
    throw error;
  }
}

/** A path to one address and port, probed with datagrams that are never fragmented. */
export class PathProbe implements Disposable {
  readonly #socket: UdpSocket;
  readonly #headerBytes: number;

  /** @throws SystemError */
  constructor(address: string, port: number) {
    this.#headerBytes = ipHeaderBytes(address);
    this.#socket = new UdpSocket(address);
    try {
      this.#socket.forbidFragments();
      this.#socket.connect(address, port);
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  /** The path MTU known to the kernel; at first, that of the first link. @throws SystemError */
  get linkBytes(): number {
    return this.#socket.pathMtu();
  }

  /** Aeron's largest MTU for this path. @throws SystemError */
  get mtuBytes(): number {
    return mtuWithin(this.linkBytes, this.#headerBytes);
  }

  /**
   * Sends a datagram of the known path MTU, or of `payloadBytes` if that is less: a router that cannot forward it reports that to the
   * kernel. Returns the kernel's error if it has a cause other than the length; null otherwise.
   */
  send(payloadBytes = MAX_MTU_BYTES): string | null {
    // No Aeron frame begins like this: a receiver counts it as invalid and drops it.
    const datagram = new NativeBuffer(MAX_MTU_BYTES);
    datagram.bytes.fill(0xff);
    const bytes = Math.min(payloadBytes, MAX_MTU_BYTES, this.linkBytes - this.#headerBytes);
    const refusal = this.#socket.send(datagram, bytes);
    return refusal === "EMSGSIZE" || refusal === "EAGAIN" ? null : refusal;
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
