import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { printable, quoted } from "../core/text.ts";
import { type ListenAddress, urlOf } from "./address.ts";
import { RequestGuard } from "./guard.ts";
import { listenError } from "./listen-error.ts";
import { MAX_BODY_BYTES } from "./order-request.ts";
import { ApiError, errorResponse, jsonResponse, MAX_QUOTED } from "./responses.ts";
import { IDLE_SECONDS } from "./server.ts";

const log = getLogger("http");
const PATH = "/api/v1/trigger";
const MAX_REASON_CHARACTERS = 200;

export interface TriggerServerOptions {
  readonly address: ListenAddress;
  readonly token: string;
  readonly clock: Clock;
  /** Called for each authorized request; its result is the answer. */
  readonly onTrigger: (reason: string) => object;
}

/** Triggers a flight recorder by `POST /api/v1/trigger?reason=TEXT`, for requests that have the token. */
export class TriggerServer implements Agent {
  readonly roleName = "http";
  readonly url: string;
  readonly #options: TriggerServerOptions;
  readonly #guard: RequestGuard;
  readonly #server: Bun.Server<undefined>;

  /** @throws ListenError */
  constructor(options: TriggerServerOptions) {
    const { address, token } = options;
    this.#options = options;
    this.#guard = new RequestGuard(address, [], token);
    try {
      this.#server = Bun.serve({
        hostname: address.hostname,
        port: address.port,
        development: false,
        reusePort: false,
        idleTimeout: IDLE_SECONDS,
        maxRequestBodySize: MAX_BODY_BYTES,
        fetch: (request, server) => this.#answer(request, server.requestIP(request)?.address ?? "an unknown address"),
        error: () => errorResponse(new ApiError(500, "internal", "this request met a defect of the recorder")),
      });
    } catch (error) {
      throw listenError(address, error);
    }
    this.url = urlOf({ hostname: address.hostname, port: this.#server.port ?? address.port });
  }

  doWork(): number {
    return 0;
  }

  async onClose(): Promise<void> {
    await this.#server.stop(true);
  }

  #answer(request: Request, client: string): Response {
    try {
      this.#guard.checkOrigin(request);
      const url = URL.parse(request.url, "http://localhost");
      if (url?.pathname !== PATH) {
        throw new ApiError(
          404,
          "not-found",
          `expected ${PATH}, found ${quoted(url?.pathname ?? request.url, MAX_QUOTED)}`,
        );
      }
      if (request.method !== "POST") {
        throw new ApiError(405, "wrong-method", `expected POST, found ${request.method}`, { allow: "POST" });
      }
      this.#guard.checkToken(request, client, this.#options.clock.nanoTime());
      return jsonResponse(this.#options.onTrigger(reasonOf(url.searchParams)), 202);
    } catch (error) {
      if (error instanceof ApiError) return errorResponse(error);
      log.error(`${request.method} ${quoted(request.url, MAX_QUOTED)}: ${messageOf(error)}`);
      return errorResponse(
        new ApiError(500, "internal", "this request failed because of a defect of the recorder; see its log"),
      );
    }
  }
}

/** @throws ApiError 400 */
function reasonOf(query: URLSearchParams): string {
  const unknown = [...query.keys()].find((key) => key !== "reason");
  if (unknown !== undefined) {
    throw new ApiError(400, "bad-request", `expected the parameter reason, found ${quoted(unknown, MAX_QUOTED)}`);
  }
  const reason = query.get("reason") ?? "";
  if (reason.length > MAX_REASON_CHARACTERS) {
    const found = `found ${reason.length}`;
    throw new ApiError(400, "bad-request", `reason: expected at most ${MAX_REASON_CHARACTERS} characters, ${found}`);
  }
  return reason === "" ? "a request" : `a request: ${printable(reason)}`;
}
