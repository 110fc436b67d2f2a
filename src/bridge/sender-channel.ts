import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { withParameters } from "../aeron/channel.ts";
import type { Cutting } from "./admission.ts";
import { type BridgeMode, type Endpoint, ipHeaderBytes, isLoopback, isShared, sizeParameter } from "./channels.ts";
import { LOOPBACK_BYTES, mtuWithin, routeMtu } from "./path-mtu.ts";

/** An Ethernet frame's payload. */
const ETHERNET_BYTES = 1500;
/** With "latest", what is under way is old soon: on a slow link, a longer term would only hold more of it. */
const MIN_TERM_BYTES = { latest: 1024 * 1024, lossless: 4 * 1024 * 1024 } as const;
const MAX_TERM_BYTES = 64 * 1024 * 1024;
const MAX_PART_BYTES = 1024 * 1024;
/** A term holds at least so many frames. */
const FRAMES_IN_TERM = 4;

/** What a sender's channel is made for. */
export interface SenderNeeds {
  readonly maxFrameBytes: number;
  /** Bytes of a message before its values. */
  readonly headBytes: number;
  readonly mode: BridgeMode;
}

/** A sender's channel, and how its frames are cut for it. */
export function senderChannel(
  { channel, host }: Endpoint,
  { maxFrameBytes, headBytes, mode }: SenderNeeds,
): { readonly channel: string; readonly cutting: Cutting } {
  let termBytes: number = MIN_TERM_BYTES[mode];
  while (termBytes < maxFrameBytes * FRAMES_IN_TERM && termBytes < MAX_TERM_BYTES) termBytes *= 2;
  // The default of Aeron is the pace of the fastest: the others lose, and no one counts it.
  const flowControl = isShared(channel, host) ? { fc: "min" } : {};
  const full = withParameters(channel, { mtu: mtuFor(host), "term-length": termBytes, sparse: false, ...flowControl });
  const given = (key: string): number => sizeParameter(full, key);
  const term = given("term-length");
  const partBytes = Math.min(MAX_PART_BYTES, term / 8 - headBytes);
  return { channel: full, cutting: { mtuBytes: given("mtu"), partBytes, headBytes, windowBytes: term / 2 } };
}

/** Bytes of a datagram for a path to `host`: as large as its first link allows without fragments of IP, and no larger than Ethernet's. */
function mtuFor(host: string | null): number {
  return mtuWithin(isLoopback(host) ? LOOPBACK_BYTES : linkBytes(host), ipHeaderBytes(host));
}

function linkBytes(host: string | null): number {
  const address = host?.replace(/^\[|\]$/g, "") ?? "";
  const known = isIP(address) === 0 ? null : routeMtu(address);
  // An address of this host is reached by its loopback.
  if (known !== null) return known >= LOOPBACK_BYTES ? LOOPBACK_BYTES : Math.min(known, ETHERNET_BYTES);
  const sizes = Object.keys(networkInterfaces())
    .filter((name) => name !== "lo")
    .map((name) => interfaceMtu(name));
  return Math.min(...sizes, ETHERNET_BYTES);
}

function interfaceMtu(name: string): number {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/mtu`, "latin1").trim()) || Number.POSITIVE_INFINITY;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return Number.POSITIVE_INFINITY;
  }
}
