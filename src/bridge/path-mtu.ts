import { SystemError } from "../../ffi/errors.ts";
import { NativeBuffer } from "../../ffi/memory.ts";
import { UdpSocket } from "../../ffi/udp.ts";
import { ipHeaderBytes } from "./channels.ts";

/** Aeron's largest. The loopback takes it. */
const MAX_MTU_BYTES = 65_504;
const MTU_STEP_BYTES = 32;
/** What the loopback takes, also with the headers of IPv6. */
export const LOOPBACK_BYTES = 65_536;
const DISCARD_PORT = 9;

/** The largest MTU of Aeron whose datagrams fit `linkBytes` with the headers of IP and UDP. */
export function mtuWithin(linkBytes: number, headerBytes: number): number {
  const payloadBytes = Math.min(MAX_MTU_BYTES, linkBytes - headerBytes);
  return Math.floor(payloadBytes / MTU_STEP_BYTES) * MTU_STEP_BYTES;
}

/** What the kernel knows of the path to an IP address: the MTU of its route, or less where a router has said so. Null without a route. */
export function routeMtu(address: string): number | null {
  try {
    using probe = new PathProbe(address, DISCARD_PORT);
    return probe.linkBytes;
  } catch (error) {
    if (error instanceof SystemError) return null;
    throw error;
  }
}

/** A path to one address and port, whose datagrams are never cut into fragments. */
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

  /** Bytes of a packet that the path takes, as far as the kernel knows; at first, that of the first link. @throws SystemError */
  get linkBytes(): number {
    return this.#socket.pathMtu();
  }

  /** The largest MTU of Aeron for it. @throws SystemError */
  get mtuBytes(): number {
    return mtuWithin(this.linkBytes, this.#headerBytes);
  }

  /**
   * Sends a datagram as long as the path is known to take, or of `payloadBytes` if that is less: a router that cannot pass it on says so
   * to the kernel. Returns what the kernel refuses it with, for another reason than its length; null otherwise.
   */
  send(payloadBytes = MAX_MTU_BYTES): string | null {
    // No frame of Aeron begins like this: a receiver counts it as invalid, and drops it.
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
