import { lookup } from "node:dns/promises";
import { isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { SystemError } from "../../../ffi/errors.ts";
import { UdpSocket } from "../../../ffi/udp.ts";
import { replaceParameter } from "../../aeron/channel.ts";
import {
  type Endpoint,
  ipHeaderBytes,
  isLoopback,
  MAX_SOCKET_BUFFER_BYTES,
  portOf,
  receiverChannel,
} from "../../bridge/channels.ts";
import { mtuWithin, PathProbe } from "../../bridge/path-mtu.ts";
import { senderChannel } from "../../bridge/sender-channel.ts";
import { messageOf } from "../../core/errors.ts";
import { formatByteRate, formatBytes } from "../../core/units.ts";
import { bad, type Finding, ok, warn } from "./finding.ts";
import type { Host } from "./host.ts";

const RMEM_MAX = "/proc/sys/net/core/rmem_max";
const WMEM_MAX = "/proc/sys/net/core/wmem_max";
const STOCK_BUFFER_BYTES = 212_992;
/** With a smaller buffer, a receiver's window limits the rate on most networks. */
const AMPLE_BUFFER_BYTES = 2 * 1024 * 1024;
/** The frame size and mode for which example term lengths and rates are calculated. */
const EXAMPLE = { maxFrameBytes: 8 * 1024 * 1024, headBytes: 0, mode: "latest" } as const;
const EXAMPLE_ROUND_TRIP_SECONDS = 0.001;
/** Number of probes, sent this far apart: on most networks a router refuses an oversized datagram within the interval. */
const PROBES = 3;
const PROBE_WAIT_MS = 150;

/** Problems that a bridge to `endpoint` will meet, or a bridge at it if the address belongs to this host. */
export async function bridgeFindings(host: Host, endpoint: Endpoint): Promise<Finding[]> {
  const buffers = [receiveBufferFinding(host), sendBufferFinding(host)];
  const port = portOf(endpoint);
  if (endpoint.host === null || port === null) {
    const found = `${endpoint.text} names no host with a port: nothing is probed`;
    return [ok("bridge address", found), settingsFinding(endpoint, ownMtu(endpoint)), ...buffers];
  }
  const name = endpoint.host.replace(/^\[|\]$/g, "");
  const addresses = await addressesOf(name);
  if (typeof addresses === "string") {
    const remedy = "name an IP address, or enter the name in DNS or /etc/hosts";
    return [bad("bridge address", `${name} does not resolve: ${addresses}`, remedy), ...buffers];
  }
  const address = addresses[0] as string;
  const place = isOfThisHost(address) ? "of this host" : "of another host";
  const resolved = isIP(name) === 0 ? `${name} is ${addresses.join(", ")}, ${place}` : `${address}, ${place}`;
  const findings = [ok("bridge address", resolved)];
  const isLocal = isOfThisHost(address);
  if (isLocal) findings.push(portFinding(address, port));
  if (!isAny(address)) {
    const path = await pathFindings(endpoint, address, port);
    // On this host the finding about the port already covers the receiver.
    findings.push(...path.filter(({ subject }) => !isLocal || subject !== "bridge receiver"));
  }
  return [...findings, settingsFinding(endpoint, ownMtu(endpoint)), ...buffers];
}

/** The addresses of a name, or the reason why it cannot be resolved. */
async function addressesOf(name: string): Promise<readonly string[] | string> {
  if (isIP(name) !== 0) return [name];
  try {
    const found = await lookup(name, { all: true, order: "ipv4first" });
    return found.length === 0 ? "it has no address" : found.map(({ address }) => address);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? messageOf(error);
  }
}

function isAny(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

function isOfThisHost(address: string): boolean {
  if (isAny(address) || isLoopback(isIPv6(address) ? `[${address}]` : address)) return true;
  return Object.values(networkInterfaces()).some((entries) => entries?.some((entry) => entry.address === address));
}

/** Checks whether a receiver on this host could bind the port now. */
function portFinding(address: string, port: number): Finding {
  const subject = "bridge port";
  const socket = new UdpSocket(address);
  try {
    socket.bind(address, port);
    return ok(subject, `UDP port ${port} is free: no bridge receives there now`);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.errno === "EADDRINUSE") {
      return warn(
        subject,
        `UDP port ${port} of this host is in use, by a bridge that receives there or by another program`,
        `\`ss -ulpn "sport = :${port}"\` shows the process (a bridge's is its media driver); end it, or choose another port`,
      );
    }
    const remedy = error.errno === "EACCES" ? "use a port above 1023" : "name an address of this host, or 0.0.0.0";
    return bad(subject, `UDP port ${port} cannot be taken: ${error.errno}`, remedy);
  } finally {
    socket.close();
  }
}

/** Compares the path's MTU with the MTU that the bridge uses. */
async function pathFindings(endpoint: Endpoint, address: string, port: number): Promise<Finding[]> {
  try {
    using path = new PathProbe(address, port);
    const refusal = await probe(path);
    if (refusal !== null && refusal !== "ECONNREFUSED") return [unreachableFinding(address, refusal)];
    const findings =
      refusal === "ECONNREFUSED"
        ? [
            warn(
              "bridge receiver",
              `no program receives at UDP port ${port} of ${address}: that host refuses the datagrams`,
              "start `tensorpool bridge receive --from` there; a firewall that rejects UDP looks the same",
            ),
          ]
        : [];
    return [...findings, mtuFinding(endpoint, path.linkBytes, ipHeaderBytes(address))];
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return [unreachableFinding(address, error.errno)];
  }
}

function unreachableFinding(address: string, errno: string): Finding {
  const remedy = `\`ip route get ${address}\` shows what is missing: a route, an interface that is up, or the right to send there`;
  return bad("bridge path", `no datagram can be sent to ${address}: ${errno}`, remedy);
}

/** Sends datagrams of the longest size that the path is known to take; returns the last refusal, or null. */
async function probe(path: PathProbe): Promise<string | null> {
  let refused: string | null = null;
  for (let i = 0; i < PROBES; i++) {
    refused = path.send() ?? refused;
    await Bun.sleep(PROBE_WAIT_MS);
  }
  return refused;
}

function mtuFinding(endpoint: Endpoint, pathMtu: number, headerBytes: number): Finding {
  const subject = "bridge MTU";
  const used = ownMtu(endpoint);
  const possible = mtuWithin(pathMtu, headerBytes);
  const found = `the path takes ${pathMtu} bytes, as far as the kernel knows; the bridge sends datagrams of ${used}`;
  const channel = `--to "${replaceParameter(endpoint.channel, "mtu", possible)}"`;
  if (used > possible) {
    const cause = "IP cuts them into fragments, of which one that is lost costs the whole datagram";
    return bad(subject, `${found}: ${cause}`, channel);
  }
  return possible > used
    ? ok(subject, found, `where every link of the path takes them, longer datagrams cost less: ${channel}`)
    : ok(subject, found);
}

function ownMtu(endpoint: Endpoint): number {
  return senderChannel(endpoint, EXAMPLE).cutting.mtuBytes;
}

function settingsFinding(endpoint: Endpoint, mtuBytes: number): Finding {
  const { cutting } = senderChannel(endpoint, EXAMPLE);
  const window = Number(/rcv-wnd=(\d+)/.exec(receiverChannel(endpoint))?.[1] ?? 0);
  const rate = formatByteRate(window / EXAMPLE_ROUND_TRIP_SECONDS);
  return ok(
    "bridge settings",
    `mtu ${mtuBytes}; term-length ${formatBytes(cutting.windowBytes * 2)} for frames of ${formatBytes(EXAMPLE.maxFrameBytes)}; ` +
      `a receiver of this host: rcv-wnd ${formatBytes(window)}, so at most ${rate} at a round trip of 1 ms`,
  );
}

function receiveBufferFinding(host: Host): Finding {
  const subject = "receive buffers";
  const bytes = limitOf(host, RMEM_MAX);
  const found = `net.core.rmem_max is ${bytes}: a receiver here gets ${formatBytes(Math.min(bytes, MAX_SOCKET_BUFFER_BYTES))} of window`;
  if (bytes >= MAX_SOCKET_BUFFER_BYTES) return ok(subject, found);
  const remedy = sysctl("net.core.rmem_max");
  return bytes < AMPLE_BUFFER_BYTES ? warn(subject, found, remedy) : ok(subject, found, `more: ${remedy}`);
}

function sendBufferFinding(host: Host): Finding {
  const subject = "send buffers";
  const bytes = limitOf(host, WMEM_MAX);
  const found = `net.core.wmem_max is ${bytes}`;
  return bytes < STOCK_BUFFER_BYTES ? warn(subject, found, sysctl("net.core.wmem_max")) : ok(subject, found);
}

function sysctl(key: string): string {
  const setting = `${key}=${MAX_SOCKET_BUFFER_BYTES}`;
  return `sysctl -w ${setting}; to keep it: echo ${setting} > /etc/sysctl.d/60-tensorpool.conf`;
}

function limitOf(host: Host, path: string): number {
  return Number(host.text(path)?.trim() ?? "") || STOCK_BUFFER_BYTES;
}
