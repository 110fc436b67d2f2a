import type { Agent } from "../core/agent.ts";
import type { ViewHub } from "../view/hub.ts";
import { isLoopback, type ListenAddress, urlOf } from "./address.ts";
import { SupervisorApi } from "./api.ts";
import { RequestGuard } from "./guard.ts";
import { listenError } from "./listen-error.ts";
import { MAX_BODY_BYTES } from "./order-request.ts";
import { ApiError, errorResponse } from "./responses.ts";
import type { Supervised } from "./supervised.ts";
import { type PageConnection, ViewRoutes } from "./view-routes.ts";

/** A connection that is idle for longer is closed. */
export const IDLE_SECONDS = 10;

export interface ServerOptions {
  readonly address: ListenAddress;
  /** Further host names under which the server is reached. */
  readonly hostNames: readonly string[];
  /** Null: requests cannot change anything. */
  readonly token: string | null;
}

/** True when other machines, or their proxy, may reach the server. */
export function isOpenToOthers({ address, hostNames }: Pick<ServerOptions, "address" | "hostNames">): boolean {
  return !isLoopback(address.hostname) || hostNames.length > 0;
}

/** Serves a supervisor's pages while its scheduler runs: requests are answered between slices of duty cycles. */
export class SupervisorServer implements Agent {
  readonly roleName = "http";
  readonly url: string;
  readonly #server: Bun.Server<PageConnection>;

  /** `hub`: shows frames to pages; null: there is no page. @throws ListenError */
  constructor(supervised: Supervised, options: ServerOptions, hub: ViewHub | null = null) {
    const { address, hostNames, token } = options;
    const guard = new RequestGuard(address, hostNames, token);
    const api = new SupervisorApi(supervised, guard);
    const nowNs = (): number => supervised.clock.nanoTime();
    const view = new ViewRoutes({ hub, guard, nowNs, isOpenToOthers: isOpenToOthers(options) });
    this.#server = listen(address, view, (request, client) => api.answer(request, client));
    this.url = urlOf({ hostname: address.hostname, port: this.#server.port ?? address.port });
  }

  doWork(): number {
    return 0;
  }

  async onClose(): Promise<void> {
    await this.#server.stop(true);
  }
}

/** Listens on an address: `view` answers requests for the viewer's page, `answer` all others. @throws ListenError */
export function listen(
  address: ListenAddress,
  view: ViewRoutes,
  answer: (request: Request, client: string) => Response | Promise<Response>,
): Bun.Server<PageConnection> {
  try {
    return Bun.serve({
      hostname: address.hostname,
      port: address.port,
      development: false,
      // By default Bun shares the port with other processes of this user unless `development` is on.
      reusePort: false,
      idleTimeout: IDLE_SECONDS,
      // Far above the limit of a body, so that a longer body gets an answer in JSON.
      maxRequestBodySize: MAX_BODY_BYTES * 256,
      fetch: (request, server) => {
        const client = server.requestIP(request)?.address ?? "an unknown address";
        const ofPage = view.answer(request, server, client);
        return ofPage === null ? answer(request, client) : (ofPage as Response | Promise<Response>);
      },
      websocket: view.websocket,
      error: () => errorResponse(new ApiError(500, "internal", "this request met a defect of the server")),
    });
  } catch (error) {
    throw listenError(address, error);
  }
}
