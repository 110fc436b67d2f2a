import { createHash, timingSafeEqual } from "node:crypto";
import { hostname as machineName, networkInterfaces } from "node:os";
import { isLoopback, type ListenAddress } from "./address.ts";
import { ApiError } from "./responses.ts";

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const WILDCARDS = ["0.0.0.0", "::"];

/**
 * Decides which requests are answered at all. A page of another site that a browser on this machine shows can reach the
 * loopback too, under a name of its own (DNS rebinding): so only the names that this server has are answered to, and no other
 * site's pages.
 */
export class RequestGuard {
  readonly #hosts: ReadonlySet<string>;
  readonly #tokenDigest: Buffer | null;

  /** `names`: further host names under which the server is reached. `token`: null: nobody may change anything. */
  constructor(address: ListenAddress, names: readonly string[], token: string | null) {
    this.#hosts = new Set([...hostsOf(address.hostname), ...names].map((name) => name.toLowerCase()));
    this.#tokenDigest = token === null ? null : digest(token);
  }

  /** @throws ApiError 403 */
  checkOrigin(request: Request): void {
    const host = request.headers.get("host")?.toLowerCase() ?? "";
    if (!this.#hosts.has(host.replace(/:\d+$/, ""))) {
      throw new ApiError(403, "wrong-host", `expected a host that this server has, found ${JSON.stringify(host)}`);
    }
    const origin = request.headers.get("origin");
    const isOwn = origin === null || origin === `http://${host}` || origin === `https://${host}`;
    const site = request.headers.get("sec-fetch-site") ?? "none";
    if (!isOwn || site === "cross-site") {
      const found = origin ?? `a request that is ${site}`;
      throw new ApiError(403, "wrong-origin", `expected no page of another site, found ${JSON.stringify(found)}`);
    }
  }

  /** For what changes something. @throws ApiError 401, 403 */
  checkToken(request: Request): void {
    if (this.#tokenDigest === null) {
      throw new ApiError(
        403,
        "no-token",
        "expected a supervisor that was started with --http-token, found one without",
      );
    }
    const given = /^Bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    // Digests have one length, and comparing them takes one time.
    if (given !== undefined && timingSafeEqual(digest(given), this.#tokenDigest)) return;
    const found = given === undefined ? "none" : "another one";
    throw new ApiError(401, "wrong-token", `expected the token as "Authorization: Bearer TOKEN", found ${found}`);
  }
}

function hostsOf(hostname: string): string[] {
  if (isLoopback(hostname)) return [...LOOPBACK_NAMES, hostname];
  if (!WILDCARDS.includes(hostname)) return [bracketed(hostname)];
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return [...LOOPBACK_NAMES, machineName(), ...own.map(({ address }) => bracketed(address))];
}

function bracketed(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
