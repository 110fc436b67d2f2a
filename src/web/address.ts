import { UsageError } from "../core/errors.ts";

/** The address on which a server listens. */
export interface ListenAddress {
  readonly hostname: string;
  /** 0: any free port. */
  readonly port: number;
}

const LOOPBACK = "127.0.0.1";
const MAX_PORT = 65_535;
const EXPECTED = "an address such as 9464, 127.0.0.1:9464 or [::1]:9464";

/** `PORT`, `:PORT` (both on the loopback), `HOST:PORT` or `[IPv6]:PORT`. @throws UsageError */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]*):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2] ?? Number.NaN);
  if (!(port <= MAX_PORT))
    throw new UsageError(`expected ${EXPECTED}, found "${text}"`, { expected: EXPECTED, found: text });
  const host = match?.[1] ?? "";
  return { hostname: host === "" ? LOOPBACK : host.replace(/^\[|\]$/g, ""), port };
}

/** True for addresses that only this machine can reach. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** `http://127.0.0.1:9464`. */
export function urlOf({ hostname, port }: ListenAddress): string {
  return `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
