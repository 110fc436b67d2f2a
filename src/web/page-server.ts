import type { PageHub } from "../view/page-hub.ts";
import { urlOf } from "./address.ts";
import { RequestGuard } from "./guard.ts";
import { ApiError, errorResponse } from "./responses.ts";
import { isOpenToOthers, listen, type ServerOptions } from "./server.ts";
import { ViewRoutes } from "./view-routes.ts";

/** Serves the viewer's page alone: a recording has no supervisor with metrics. */
export class PageServer implements AsyncDisposable {
  readonly url: string;
  readonly #stop: () => Promise<void>;

  /** @throws ListenError */
  constructor(hub: PageHub, options: ServerOptions) {
    const { address, hostNames, token } = options;
    const guard = new RequestGuard(address, hostNames, token);
    const nowNs = (): number => performance.now() * 1e6;
    const view = new ViewRoutes({ hub, guard, nowNs, isOpenToOthers: isOpenToOthers(options) });
    const server = listen(address, view, (request) => {
      if (URL.parse(request.url, "http://localhost")?.pathname === "/") return Response.redirect("/view", 302);
      return errorResponse(new ApiError(404, "not-found", "no such page; /view is one"));
    });
    this.url = urlOf({ hostname: address.hostname, port: server.port ?? address.port });
    this.#stop = async () => await server.stop(true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }
}
