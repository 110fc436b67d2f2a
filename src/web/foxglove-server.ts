import type { Agent } from "../core/agent.ts";
import { getLogger } from "../core/logger.ts";
import { quoted } from "../core/text.ts";
import type { FoxgloveClient } from "../view/foxglove/client.ts";
import { MAX_FRAME_MESSAGE_BYTES } from "../view/foxglove/encoder.ts";
import type { FoxgloveHub } from "../view/foxglove/hub.ts";
import { MAX_REQUEST_BYTES } from "../view/foxglove/requests.ts";
import { isLoopback, type ListenAddress, urlOf } from "./address.ts";
import type { RequestGuard } from "./guard.ts";
import { listenError } from "./listen-error.ts";
import { ApiError, errorResponse, MAX_QUOTED, textResponse } from "./responses.ts";

const log = getLogger("foxglove");
const originLog = log.every(10e9);

/** Supported sub-protocols, the preferred one first: they do not differ in the parts used here. */
const SUB_PROTOCOLS = ["foxglove.sdk.v1", "foxglove.websocket.v1"];
/** Origins of viewers that may connect, in addition to servers on this machine. */
const VIEWER_ORIGINS = ["https://app.foxglove.dev"];
/** Size of the channels of all streams, for a client that reads nothing. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;

interface Connection {
  readonly address: string;
  client: FoxgloveClient | null;
}

export interface FoxgloveServerOptions {
  readonly address: ListenAddress;
  /** Origins of further pages that may connect. */
  readonly origins: readonly string[];
  /** Checks tokens, which are required if other machines can reach the server. */
  readonly guard: RequestGuard;
  readonly nowNs: () => number;
}

/** Serves the Foxglove WebSocket protocol, on a port of its own. */
export class FoxgloveServer implements Agent {
  readonly roleName = "foxglove";
  readonly url: string;
  readonly #options: FoxgloveServerOptions;
  readonly #origins: ReadonlySet<string>;
  readonly #server: Bun.Server<Connection>;

  /** @throws ListenError */
  constructor(hub: FoxgloveHub, options: FoxgloveServerOptions) {
    this.#options = options;
    this.#origins = new Set([...VIEWER_ORIGINS, ...options.origins].map((origin) => origin.toLowerCase()));
    const { hostname, port } = options.address;
    try {
      this.#server = Bun.serve<Connection>({
        hostname,
        port,
        development: false,
        reusePort: false,
        fetch: (request, server) => this.#answer(request, server) as Response,
        websocket: {
          maxPayloadLength: MAX_REQUEST_BYTES,
          // The hub sends a frame only when nothing is in transit: at most one waits for a client.
          backpressureLimit: MAX_FRAME_MESSAGE_BYTES + MAX_TEXT_BYTES,
          closeOnBackpressureLimit: true,
          idleTimeout: 120,
          sendPings: true,
          perMessageDeflate: false,
          open: (socket) => {
            const of = {
              buffered: () => socket.getBufferedAmount(),
              sendText: (text: string) => void socket.sendText(text),
              sendBytes: (bytes: Uint8Array<ArrayBuffer>) => void socket.sendBinary(bytes),
              close: (code: number, reason: string) => socket.close(code, reason),
            };
            socket.data.client = hub.open(of, socket.data.address);
          },
          message: (socket, message) => {
            if (socket.data.client !== null) hub.onMessage(socket.data.client, message);
          },
          close: (socket) => {
            if (socket.data.client !== null) hub.close(socket.data.client);
          },
        },
      });
    } catch (error) {
      throw listenError(options.address, error);
    }
    this.url = urlOf({ hostname, port: this.#server.port ?? port }).replace("http:", "ws:");
  }

  doWork(): number {
    return 0;
  }

  async onClose(): Promise<void> {
    await this.#server.stop(true);
  }

  /** Undefined once the connection is a WebSocket. */
  #answer(request: Request, server: Bun.Server<Connection>): Response | undefined {
    const address = server.requestIP(request)?.address ?? "an unknown address";
    try {
      this.#checkOrigin(request);
      this.#checkToken(request, address);
      if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
        return textResponse(
          `Open this address in Foxglove or Lichtblick: ${this.url}\n`,
          "text/plain; charset=utf-8",
          426,
        );
      }
      const protocol = subProtocolOf(request);
      const upgrade = { data: { address, client: null }, headers: { "sec-websocket-protocol": protocol } };
      if (server.upgrade(request, upgrade)) return undefined;
      throw new ApiError(400, "bad-request", "expected the handshake of a WebSocket");
    } catch (error) {
      if (error instanceof ApiError) return errorResponse(error);
      throw error;
    }
  }

  /** A browser sends the origin of the page that connects, and a page cannot change it. Programs send none. @throws ApiError 403 */
  #checkOrigin(request: Request): void {
    const origin = request.headers.get("origin")?.toLowerCase() ?? null;
    if (origin === null || this.#origins.has(origin) || isOfThisMachine(origin)) return;
    originLog.warn(`a page of ${origin} was refused: its origin is not among those that may connect`);
    throw new ApiError(
      403,
      "wrong-origin",
      `pages of ${quoted(origin, MAX_QUOTED)} may not connect; the command that serves them can allow more`,
    );
  }

  /** @throws ApiError 401, 429 */
  #checkToken(request: Request, address: string): void {
    const { guard, nowNs, address: listens } = this.#options;
    if (isLoopback(listens.hostname)) return;
    const token = URL.parse(request.url, "http://localhost")?.searchParams.get("token") ?? null;
    const verdict = token === null ? "wrong" : guard.judgeToken(token, address, nowNs());
    if (verdict === "right") return;
    if (verdict === "too many") {
      throw new ApiError(429, "too-many-attempts", "too many wrong tokens came from this address; wait a second");
    }
    throw new ApiError(
      401,
      "wrong-token",
      "expected the token of this server in the address: ws://HOST:PORT/?token=TOKEN",
    );
  }
}

/** @throws ApiError 400 */
function subProtocolOf(request: Request): string {
  const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
  const protocol = SUB_PROTOCOLS.find((name) => offered.includes(name));
  if (protocol !== undefined) return protocol;
  throw new ApiError(400, "bad-request", `expected a sub-protocol of ${SUB_PROTOCOLS.join(", ")}`);
}

/** A server on this machine could also connect without a browser. */
function isOfThisMachine(origin: string): boolean {
  const url = URL.parse(origin);
  return url !== null && /^https?:$/.test(url.protocol) && isLoopback(url.hostname.replace(/^\[|\]$/g, ""));
}
