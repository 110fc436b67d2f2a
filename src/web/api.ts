import { PublishResult } from "../aeron/results.ts";
import { messageOf } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { suggestion } from "../core/nearest.ts";
import { quoted } from "../core/text.ts";
import {
  consumerViews,
  EVENT_KINDS,
  eventViews,
  type StreamRecord,
  streamDetail,
  streamViews,
} from "../supervision/model/index.ts";
import type { RequestGuard } from "./guard.ts";
import { indexPage } from "./index-page.ts";
import { Metrics } from "./metrics.ts";
import { readOrder } from "./order-request.ts";
import { ApiError, errorResponse, jsonResponse, MAX_QUOTED, textResponse } from "./responses.ts";
import type { Supervised } from "./supervised.ts";

const log = getLogger("http");
const defectLog = log.every(1e9);
const MAX_EVENTS = 2048;

interface Asked {
  readonly request: Request;
  readonly query: URLSearchParams;
  /** Address that the request came from. */
  readonly client: string;
}

interface Route {
  readonly method: "GET" | "POST";
  readonly path: RegExp;
  /** Query parameters that it accepts; null: any, ignored, because scrapers and probes add them. */
  readonly parameters: readonly string[] | null;
  answer(parts: readonly string[], asked: Asked): Response | Promise<Response>;
}

/** Answers the requests to a supervisor (docs/MONITORING.md). */
export class SupervisorApi {
  readonly #supervised: Supervised;
  readonly #guard: RequestGuard;
  readonly #metrics: Metrics;
  readonly #routes: readonly Route[];

  constructor(supervised: Supervised, guard: RequestGuard) {
    this.#supervised = supervised;
    this.#guard = guard;
    this.#metrics = new Metrics(supervised);
    const get = (path: RegExp, answer: Route["answer"], parameters: Route["parameters"] = []): Route => ({
      method: "GET",
      path,
      parameters,
      answer,
    });
    this.#routes = [
      get(/^\/$/, () => indexPage(supervised, this.#nowNs), null),
      get(/^\/healthz$/, () => jsonResponse({ status: "ok", version: supervised.version }), null),
      get(/^\/readyz$/, () => this.#ready(), null),
      get(/^\/metrics$/, async () => textResponse(await this.#metrics.text(), this.#metrics.contentType), null),
      get(/^\/api\/v1\/streams$/, () => jsonResponse({ streams: streamViews(this.#model, this.#nowNs) })),
      get(/^\/api\/v1\/streams\/([^/]+)$/, ([name = ""]) =>
        jsonResponse(streamDetail(this.#stream(name), this.#nowNs)),
      ),
      get(/^\/api\/v1\/consumers$/, () => jsonResponse({ consumers: consumerViews(this.#model, this.#nowNs) })),
      get(/^\/api\/v1\/events$/, (_parts, { query }) => this.#events(query), ["after", "limit", "kind"]),
      {
        method: "POST",
        path: /^\/api\/v1\/consumers\/([^/]+)\/([^/]+)\/config$/,
        parameters: [],
        answer: ([stream = "", consumer = ""], asked) => this.#configure(stream, consumer, asked),
      },
    ];
  }

  /** Answers one request, even if it fails. `client`: the address of the sender. */
  async answer(request: Request, client: string): Promise<Response> {
    try {
      this.#guard.checkOrigin(request);
      return await this.#route(request, client);
    } catch (error) {
      if (error instanceof ApiError) return errorResponse(error);
      defectLog.error(`${request.method} ${quoted(request.url, MAX_QUOTED)}: ${messageOf(error)}`);
      return errorResponse(
        new ApiError(500, "internal", "this request failed because of a defect of the supervisor; see its log"),
      );
    }
  }

  get #model(): Supervised["supervisor"]["model"] {
    return this.#supervised.supervisor.model;
  }

  get #nowNs(): number {
    return this.#supervised.clock.nanoTime();
  }

  #route(request: Request, client: string): Response | Promise<Response> {
    const { pathname, searchParams: query } = targetOf(request);
    const fitting = this.#routes.filter(({ path }) => path.test(pathname));
    if (fitting.length === 0)
      throw new ApiError(404, "not-found", `no page ${quoted(pathname, MAX_QUOTED)}; / lists the pages`);
    const method = request.method === "HEAD" ? "GET" : request.method;
    const route = fitting.find((candidate) => candidate.method === method);
    if (route === undefined) {
      const allow = fitting.map((candidate) => candidate.method).join(", ");
      throw new ApiError(405, "wrong-method", `expected ${allow}, found ${request.method}`, { allow });
    }
    const { parameters } = route;
    for (const name of parameters === null ? [] : query.keys()) {
      if (parameters?.includes(name)) continue;
      const known = parameters?.length === 0 ? "no parameters" : parameters?.join(", ");
      const hint = suggestion(name, parameters ?? []);
      throw new ApiError(400, "bad-request", `expected ${known}, found ${quoted(name, MAX_QUOTED)}${hint}`);
    }
    const parts = (route.path.exec(pathname) ?? []).slice(1).map(decoded);
    return route.answer(parts, { request, query, client });
  }

  #ready(): Response {
    const isReady = this.#supervised.supervisor.isReady;
    const reason = isReady ? null : `no media driver answers in ${this.#supervised.aeronDir}`;
    return jsonResponse({ status: isReady ? "ready" : "waiting", reason }, isReady ? 200 : 503);
  }

  #events(query: URLSearchParams): Response {
    const after = numberOf(query, "after", 0);
    const limit = numberOf(query, "limit", MAX_EVENTS);
    const kind = query.get("kind");
    if (kind !== null && !EVENT_KINDS.some((known) => known === kind)) {
      throw new ApiError(
        400,
        "bad-request",
        `kind: expected one of ${EVENT_KINDS.join(", ")}, found ${quoted(kind, MAX_QUOTED)}`,
      );
    }
    const { events } = this.#model;
    const wanted = events.after(after).filter((event) => kind === null || event.kind === kind);
    const views = eventViews(limit === 0 ? [] : wanted.slice(-limit), this.#nowNs, Date.now());
    return jsonResponse({ lastId: events.lastId, events: views });
  }

  async #configure(streamText: string, consumerText: string, { request, client }: Asked): Promise<Response> {
    this.#guard.checkToken(request, client, this.#nowNs);
    const { streamId, consumers } = this.#stream(streamText);
    const consumer = /^\d{1,10}$/.test(consumerText) ? consumers.get(Number(consumerText)) : undefined;
    if (consumer === undefined) {
      const ids = [...consumers.keys()].sort((a, b) => a - b).map(String);
      const there = ids.length === 0 ? "it has none" : `its consumers are ${ids.slice(0, 20).join(", ")}`;
      throw new ApiError(
        404,
        "no-consumer",
        `no consumer ${quoted(consumerText, MAX_QUOTED)} of stream ${streamId}: ${there}`,
      );
    }
    const order = await readOrder(request);
    const { consumerId } = consumer;
    const result = this.#supervised.supervisor.order({ streamId, consumerId, ...order }, "HTTP");
    if (result !== PublishResult.PUBLISHED) {
      throw new ApiError(503, "not-sent", "the media driver does not take the message now; try again");
    }
    // The consumer's next report shows whether it follows the order.
    return jsonResponse({ streamId, consumerId, ...order, status: "sent" }, 202);
  }

  /** By id or by name. @throws ApiError 404 */
  #stream(text: string): StreamRecord {
    const streams = [...this.#model.streams.values()];
    const found =
      streams.find(({ streamId }) => String(streamId) === text) ?? streams.find(({ name }) => name === text);
    if (found !== undefined) return found;
    const known = streams.flatMap(({ streamId, name }) => [String(streamId), ...(name === null ? [] : [name])]);
    throw new ApiError(404, "no-stream", `no stream ${quoted(text, MAX_QUOTED)} is known${suggestion(text, known)}`);
  }
}

/** The target of a request. Without a Host header it is a path alone; `/metrics/` is `/metrics`. @throws ApiError 400 */
function targetOf(request: Request): { readonly pathname: string; readonly searchParams: URLSearchParams } {
  const url = URL.parse(request.url, "http://localhost");
  if (url === null) throw new ApiError(400, "bad-request", `expected a path, found ${quoted(request.url, MAX_QUOTED)}`);
  return { pathname: url.pathname.replace(/(?<=.)\/+$/, ""), searchParams: url.searchParams };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new ApiError(400, "bad-request", `expected percent-encoding in UTF-8, found ${quoted(part, MAX_QUOTED)}`);
  }
}

/** A whole number from 0 on. @throws ApiError 400 */
function numberOf(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ApiError(
    400,
    "bad-request",
    `${name}: expected a whole number from 0 on, found ${quoted(text, MAX_QUOTED)}`,
  );
}
