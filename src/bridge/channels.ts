import { readFileSync } from "node:fs";
import { isAeronChannel, withParameters } from "../aeron/channel.ts";
import { UsageError } from "../core/errors.ts";

/** The Aeron stream of bridges. */
export const BRIDGE_STREAM_ID = 1400;
/** The Aeron stream of receivers' reports to senders. */
export const BRIDGE_RETURN_STREAM_ID = 1401;
/** Small enough for every path; a report takes one or two datagrams. */
const REPORT_MTU_BYTES = 1408;
/** Largest socket buffer that a bridge requests. */
export const MAX_SOCKET_BUFFER_BYTES = 8 * 1024 * 1024;
/** Default socket buffer limit of Linux. */
const STOCK_BUFFER_BYTES = 212_992;

/** "latest": a frame without room is dropped and counted. "lossless": it waits, bounded by the ring. */
export type BridgeMode = "latest" | "lossless";

/** Destination of a bridge's datagrams: a host and a port, or an Aeron channel. */
export interface Endpoint {
  /** The text as given. */
  readonly text: string;
  readonly channel: string;
  /** Null for a channel without one. */
  readonly host: string | null;
}

export const ENDPOINT_EXPECTED =
  "HOST:PORT such as 192.0.2.7:4400, or a channel such as aeron:udp?endpoint=192.0.2.7:4400";

/** `HOST:PORT`, `[IPv6]:PORT` or an Aeron channel; undefined for anything else. */
export function readEndpoint(text: string): Endpoint | undefined {
  if (text.startsWith("aeron:udp") && isAeronChannel(text)) {
    const host = /[?|](?:endpoint|control)=(\[[^\]]+\]|[^:|]+):\d+/.exec(text)?.[1] ?? null;
    return { text, channel: text, host };
  }
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || !(port >= 1 && port <= 65_535)) return undefined;
  return { text, channel: `aeron:udp?endpoint=${match[1]}:${port}`, host: match[1] as string };
}

/** The port of an endpoint; null for a channel without one. */
export function portOf({ channel }: Endpoint): number | null {
  const port = /[?|]endpoint=(?:\[[^\]]+\]|[^:|]+):(\d+)/.exec(channel)?.[1];
  return port === undefined ? null : Number(port);
}

/** True for a loopback address of this host. */
export function isLoopback(host: string | null): boolean {
  return host !== null && /^(127\.[0-9.]+|localhost|\[::1\])$/.test(host);
}

/** True for a channel with several receivers: multicast, or multiple destinations. */
export function isShared(channel: string, host: string | null): boolean {
  const first = Number(/^\d+(?=\.)/.exec(host ?? "")?.[0]);
  return /[?|]control-mode=/.test(channel) || (first >= 224 && first <= 239) || /^\[ff/i.test(host ?? "");
}

/** Size of the IP and UDP headers of a datagram for `host`. A host name counts as IPv4, which Aeron prefers. */
export function ipHeaderBytes(host: string | null): number {
  const isVersion6 = host !== null && /^\[?[0-9a-fA-F]*:/.test(host);
  return isVersion6 ? 48 : 28;
}

/** A size parameter of a channel; Aeron accepts the units k, m and g. @throws UsageError */
export function sizeParameter(channel: string, key: string): number {
  const text = new RegExp(`[?|]${key}=([^|]*)`).exec(channel)?.[1] ?? "";
  const [, digits = "", unit = ""] = /^(\d{1,10})([kmg]?)$/i.exec(text) ?? [];
  if (digits !== "") return Number(digits) * 1024 ** ["", "k", "m", "g"].indexOf(unit.toLowerCase());
  throw new UsageError(`${channel}: expected a size such as 64k for ${key}, found ${JSON.stringify(text)}`, {
    found: text,
  });
}

/** The largest socket buffer that the kernel grants. */
function maxReceiveBuffer(): number {
  try {
    return Number(readFileSync("/proc/sys/net/core/rmem_max", "latin1").trim()) || STOCK_BUFFER_BYTES;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return STOCK_BUFFER_BYTES;
  }
}

/** A sender's channel for reports, at a port that the media driver chooses: on the loopback only if its frames stay there. */
export function returnChannel({ host }: Endpoint): string {
  const isVersion6 = host?.startsWith("[") === true;
  const any = isVersion6 ? "[::]" : "0.0.0.0";
  const local = isVersion6 ? "[::1]" : "127.0.0.1";
  return `aeron:udp?endpoint=${isLoopback(host) ? local : any}:0`;
}

/** A receiver's channel to a sender that receives reports at this port of `host`. */
export function reportChannel(host: string, port: number): string {
  const literal = host.includes(":") ? `[${host}]` : host;
  return `aeron:udp?endpoint=${literal}:${port}|mtu=${REPORT_MTU_BYTES}|term-length=65536|sparse=false`;
}

/** The window and the socket buffer of a receiver's channel, in bytes. */
export function receiverLimits({ channel }: Endpoint): { readonly windowBytes: number; readonly bufferBytes: number } {
  const full = receiverChannel({ text: "", channel, host: null });
  return { windowBytes: sizeParameter(full, "rcv-wnd"), bufferBytes: sizeParameter(full, "so-rcvbuf") };
}

/** A receiver's channel: buffer and window are as large as the kernel allows. */
export function receiverChannel({ channel }: Endpoint): string {
  const bufferBytes = Math.min(maxReceiveBuffer(), MAX_SOCKET_BUFFER_BYTES);
  const windowBytes = Math.floor(bufferBytes / 4096) * 4096;
  return withParameters(channel, { "so-rcvbuf": bufferBytes, "rcv-wnd": windowBytes });
}
