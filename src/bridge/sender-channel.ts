import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { withParameters } from "../aeron/channel.ts";
import type { Cutting } from "./admission.ts";
import { type BridgeMode, type Endpoint, ipHeaderBytes, isLoopback, isShared, sizeParameter } from "./channels.ts";
import { LOOPBACK_BYTES, mtuWithin, routeMtu } from "./path-mtu.ts";

/** What this host knows of its links, in bytes of a packet. */
export interface LinkSizes {
  /** Of the route to an IP address; null without one. */
  readonly routeMtu: (address: string) => number | null;
  /** Of its interfaces but the loopback. */
  readonly interfaceMtus: () => readonly number[];
}

const HOST_LINKS: LinkSizes = { routeMtu, interfaceMtus };
/** What the kernel reports at least for an address of this host, which the loopback reaches: with IPv4, one less than the loopback has. */
const OWN_ADDRESS_BYTES = 65_535;

/** An Ethernet frame's payload. */
const ETHERNET_BYTES = 1500;
/** With "latest", frames in transit soon become old: on a slow link, a longer term would only hold more of them. */
const MIN_TERM_BYTES = { latest: 1024 * 1024, lossless: 4 * 1024 * 1024 } as const;
const MAX_TERM_BYTES = 64 * 1024 * 1024;
const MAX_PART_BYTES = 1024 * 1024;
/** Minimum number of frames that a term holds. */
const FRAMES_IN_TERM = 4;

/** The requirements of a sender's channel. */
export interface SenderNeeds {
  readonly maxFrameBytes: number;
  /** Bytes of a message before its values. */
  readonly headBytes: number;
  readonly mode: BridgeMode;
}

/** A sender's channel, and how its frames are split for it. */
export function senderChannel(
  { channel, host }: Endpoint,
  { maxFrameBytes, headBytes, mode }: SenderNeeds,
  links = HOST_LINKS,
): { readonly channel: string; readonly cutting: Cutting } {
  let termBytes: number = MIN_TERM_BYTES[mode];
  while (termBytes < maxFrameBytes * FRAMES_IN_TERM && termBytes < MAX_TERM_BYTES) termBytes *= 2;
  // Aeron's default follows the fastest receiver: the others lose frames without any count.
  const flowControl = isShared(channel, host) ? { fc: "min" } : {};
  const mtu = mtuWithin(linkBytes({ channel, host }, links), ipHeaderBytes(host));
  const full = withParameters(channel, { mtu, "term-length": termBytes, sparse: false, ...flowControl });
  const given = (key: string): number => sizeParameter(full, key);
  const term = given("term-length");
  const partBytes = Math.min(MAX_PART_BYTES, term / 8 - headBytes);
  return { channel: full, cutting: { mtuBytes: given("mtu"), partBytes, headBytes, windowBytes: term / 2 } };
}

/** Bytes of a packet on a path to `host`: as many as its first link takes without fragments of IP, and no more than Ethernet's. */
function linkBytes({ channel, host }: Pick<Endpoint, "channel" | "host">, links: LinkSizes): number {
  if (isLoopback(host)) return LOOPBACK_BYTES;
  const address = host?.replace(/^\[|\]$/g, "") ?? "";
  // The address of a shared channel is a group, or this host's own: its receivers are elsewhere.
  const isReceiver = isIP(address) !== 0 && !isShared(channel, host);
  const known = isReceiver ? links.routeMtu(address) : null;
  if (known === null) return Math.min(...links.interfaceMtus(), ETHERNET_BYTES);
  return known >= OWN_ADDRESS_BYTES ? LOOPBACK_BYTES : Math.min(known, ETHERNET_BYTES);
}

function interfaceMtus(): readonly number[] {
  return Object.keys(networkInterfaces())
    .filter((name) => name !== "lo")
    .map((name) => interfaceMtu(name));
}

function interfaceMtu(name: string): number {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/mtu`, "latin1").trim()) || Number.POSITIVE_INFINITY;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return Number.POSITIVE_INFINITY;
  }
}
