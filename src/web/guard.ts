import { createHash, timingSafeEqual } from "node:crypto";
import { hostname as machineName, networkInterfaces } from "node:os";
import { getLogger } from "../core/logger.ts";
import { quoted } from "../core/text.ts";
import { isLoopback, type ListenAddress } from "./address.ts";
import { AttemptLimit } from "./attempt-limit.ts";
import { ApiError, MAX_QUOTED } from "./responses.ts";

const log = getLogger("http");
const wrongTokenLog = log.every(10e9);

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const WILDCARDS = ["0.0.0.0", "::"];
const ANY_NAME = "*";

/**
 * Decides which requests are answered. A page of another site, in a browser on this machine, can reach the loopback under its own name (DNS
 * rebinding). So only requests for names of this server are answered, and none from pages of other sites.
 */
export class RequestGuard {
  readonly #hosts: ReadonlySet<string>;
  readonly #tokenDigest: Buffer | null;
  readonly #wrongTokens: AttemptLimit;

  /** `names`: further host names of the server; "*" matches any. `token`: null: requests cannot change anything. */
  constructor(
    address: ListenAddress,
    names: readonly string[],
    token: string | null,
    wrongTokens: AttemptLimit = new AttemptLimit(),
  ) {
    this.#hosts = new Set([...hostsOf(address.hostname), ...names.map(bracketed)].map((name) => name.toLowerCase()));
    this.#tokenDigest = token === null ? null : digest(token);
    this.#wrongTokens = wrongTokens;
  }

  /** @throws ApiError 403 */
  checkOrigin(request: Request): void {
    const host = request.headers.get("host")?.toLowerCase() ?? null;
    // A request without the header uses HTTP/1.0: health checks send such requests, browsers do not.
    if (host !== null && !this.#hosts.has(ANY_NAME) && !this.#hosts.has(host.replace(/:\d*$/, ""))) {
      throw new ApiError(
        403,
        "wrong-host",
        `expected the name or address of this server as Host, found ${quoted(host, MAX_QUOTED)} (further names can be allowed when it is started)`,
      );
    }
    const origin = request.headers.get("origin");
    const isOwn = origin === null || origin === `http://${host}` || origin === `https://${host}`;
    const site = request.headers.get("sec-fetch-site") ?? "none";
    // A link on another site may lead here: that site cannot read the page to which the browser navigates.
    const isVisit = request.method === "GET" && request.headers.get("sec-fetch-mode") === "navigate";
    if (!isOwn || (site === "cross-site" && !isVisit)) {
      const found = origin ?? `a request that is ${site}`;
      throw new ApiError(
        403,
        "wrong-origin",
        `expected this server as the origin, found ${quoted(found, MAX_QUOTED)}: pages of other sites may not send requests, and a proxy has to keep the Host header`,
      );
    }
  }

  /** For requests that change something; `client`: the address of the sender. @throws ApiError 401, 403, 429 */
  checkToken(request: Request, client: string, nowNs: number): void {
    if (this.#tokenDigest === null) {
      throw new ApiError(
        403,
        "no-token",
        "this supervisor was started without a token, so it accepts no changes by HTTP; restart it with one",
      );
    }
    const given = /^Bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    if (given !== undefined) {
      const verdict = this.judgeToken(given, client, nowNs);
      if (verdict === "right") return;
      if (verdict === "too many") {
        throw new ApiError(429, "too-many-attempts", "too many wrong tokens came from this address; wait a second", {
          "retry-after": "1",
        });
      }
    }
    const found = given === undefined ? "none" : "another one";
    throw new ApiError(401, "wrong-token", `expected the token as "Authorization: Bearer TOKEN", found ${found}`);
  }

  /** Compares a given token with the server's; wrong ones are counted for their address. */
  judgeToken(given: string, client: string, nowNs: number): "right" | "wrong" | "too many" {
    if (this.#tokenDigest === null) return "wrong";
    if (this.#wrongTokens.isExhausted(client, nowNs)) return "too many";
    // Digests have equal lengths, and are compared in constant time.
    if (timingSafeEqual(digest(given), this.#tokenDigest)) return "right";
    this.#wrongTokens.count(client, nowNs);
    wrongTokenLog.warn(`a request with a wrong token came from ${client}`);
    return "wrong";
  }

  get hasToken(): boolean {
    return this.#tokenDigest !== null;
  }
}

function hostsOf(hostname: string): string[] {
  if (isLoopback(hostname)) return [...LOOPBACK_NAMES, hostname];
  if (!WILDCARDS.includes(hostname)) return [bracketed(hostname)];
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return [...LOOPBACK_NAMES, machineName(), ...own.map(({ address }) => bracketed(address))];
}

function bracketed(hostname: string): string {
  return hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]` : hostname;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
