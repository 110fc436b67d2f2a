import { messageOf } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { MAX_CLIENT_MESSAGE_BYTES } from "../view/client-message.ts";
import { MAX_BYTES_PER_PAGE } from "../view/hub.ts";
import { pageAssets } from "../view/page-assets.ts";
import type { Admission, PageHub } from "../view/page-hub.ts";
import type { PageLink } from "../view/page-link.ts";
import type { RequestGuard } from "./guard.ts";
import { ApiError, errorResponse, textResponse } from "./responses.ts";

const log = getLogger("http");

/** Scripts and styles are the page's own, and nothing is loaded from elsewhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Data that Bun keeps for each WebSocket. */
export interface PageConnection {
  readonly client: string;
  link: PageLink | null;
}

export interface ViewRoutesOptions {
  readonly hub: PageHub | null;
  readonly guard: RequestGuard;
  readonly nowNs: () => number;
  /** True if other machines can reach the server: then only holders of the token see frames. */
  readonly isOpenToOthers: boolean;
}

/** Serves the page at /view, and its WebSocket at /view/socket. */
export class ViewRoutes {
  readonly #options: ViewRoutesOptions;

  constructor(options: ViewRoutesOptions) {
    this.#options = options;
  }

  /** The answer to a request for the page; null for other requests, undefined once the connection is a WebSocket. */
  answer(
    request: Request,
    server: Bun.Server<PageConnection>,
    client: string,
  ): Response | Promise<Response> | null | undefined {
    const path = URL.parse(request.url, "http://localhost")?.pathname ?? "";
    if (this.#options.hub === null || (path !== "/view" && !path.startsWith("/view/"))) return null;
    try {
      this.#options.guard.checkOrigin(request);
      if (request.method !== "GET" && request.method !== "HEAD") {
        throw new ApiError(405, "wrong-method", `expected GET, found ${request.method}`, { allow: "GET" });
      }
      if (path === "/view/socket") return upgraded(request, server, client);
    } catch (error) {
      if (error instanceof ApiError) return errorResponse(error);
      throw error;
    }
    return asset(path);
  }

  get websocket(): Bun.WebSocketHandler<PageConnection> {
    const { hub, guard, nowNs, isOpenToOthers } = this.#options;
    return {
      maxPayloadLength: MAX_CLIENT_MESSAGE_BYTES,
      // Twice what the hub allows in transit to one page: only texts that the viewer's page does not request exceed it.
      backpressureLimit: MAX_BYTES_PER_PAGE * 2,
      closeOnBackpressureLimit: true,
      idleTimeout: 120,
      sendPings: true,
      perMessageDeflate: false,
      open: (socket) => {
        if (hub === null) return;
        socket.data.link = hub.open(
          {
            buffered: () => socket.getBufferedAmount(),
            sendText: (text) => void socket.sendText(text),
            sendBytes: (bytes) => void socket.sendBinary(bytes),
            close: (code, reason) => socket.close(code, reason),
          },
          socket.data.client,
        );
      },
      message: (socket, message) => {
        const { link, client } = socket.data;
        // A page sends no binary messages.
        const text = typeof message === "string" ? message : "";
        if (link === null) return;
        hub?.onMessage(link, text, (token) => admission(guard, isOpenToOthers, token, client, nowNs()));
      },
      close: (socket) => {
        if (socket.data.link !== null) hub?.close(socket.data.link);
      },
    };
  }
}

function upgraded(request: Request, server: Bun.Server<PageConnection>, client: string): Response | undefined {
  if (server.upgrade(request, { data: { client, link: null } })) return undefined;
  throw new ApiError(426, "not-a-websocket", "expected a WebSocket", { upgrade: "websocket" });
}

/** A request with the server's token may steer; frames of a server on the loopback are visible to all clients that reach it. */
function admission(
  guard: RequestGuard,
  isOpenToOthers: boolean,
  token: string | null,
  client: string,
  nowNs: number,
): Admission {
  const verdict = token === null ? null : guard.judgeToken(token, client, nowNs);
  if (verdict === "right") return { maySee: true, maySteer: true, reason: null };
  const reasons = {
    "too many": "too many wrong tokens came from this address; wait a second",
    wrong: guard.hasToken ? "this is not the server's token" : "the server was started without a token",
    none: guard.hasToken
      ? "the server shows frames to holders of its token only"
      : "other machines reach this server, and it was started without a token, which frames need",
  };
  if (isOpenToOthers) return { maySee: false, maySteer: false, reason: reasons[verdict ?? "none"] };
  return { maySee: true, maySteer: false, reason: verdict === null ? null : reasons[verdict] };
}

async function asset(path: string): Promise<Response> {
  const types: Readonly<Record<string, "html" | "script" | "style">> = {
    "/view": "html",
    "/view/": "html",
    "/view/page.js": "script",
    "/view/page.css": "style",
  };
  const which = types[path];
  if (which === undefined) return errorResponse(new ApiError(404, "not-found", "no such page; /view is one"));
  try {
    const text = (await pageAssets())[which];
    const mime = { html: "text/html", script: "text/javascript", style: "text/css" }[which];
    const headers = { "content-security-policy": CONTENT_SECURITY_POLICY };
    return textResponse(text, `${mime}; charset=utf-8`, 200, headers);
  } catch (error) {
    log.error(`the page could not be bundled: ${messageOf(error)}`);
    return errorResponse(new ApiError(500, "internal", "the page could not be bundled; the log has the reason"));
  }
}
