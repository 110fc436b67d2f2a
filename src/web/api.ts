import { PublishResult } from "../aeron/results.ts";
import { messageOf } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { suggestion } from "../core/nearest.ts";
import {
  consumerViews,
  EVENT_KINDS,
  eventViews,
  type StreamRecord,
  streamDetail,
  streamViews,
} from "../protocol/supervision/index.ts";
import type { RequestGuard } from "./guard.ts";
import { Metrics } from "./metrics.ts";
import { readOrder } from "./order-request.ts";
import { ApiError, errorResponse, jsonResponse, textResponse } from "./responses.ts";
import type { Supervised } from "./supervised.ts";

const log = getLogger("http");
const MAX_EVENTS = 2048;

interface Route {
  readonly method: "GET" | "POST";
  readonly path: RegExp;
  /** Parameters that it takes behind `?`. */
  readonly parameters: readonly string[];
  answer(parts: readonly string[], request: Request, query: URLSearchParams): Response | Promise<Response>;
}

/** Answers the requests that a supervisor gets (docs/MONITORING.md). */
export class SupervisorApi {
  readonly #supervised: Supervised;
  readonly #guard: RequestGuard;
  readonly #metrics: Metrics;
  readonly #routes: readonly Route[];

  constructor(supervised: Supervised, guard: RequestGuard) {
    this.#supervised = supervised;
    this.#guard = guard;
    this.#metrics = new Metrics(supervised);
    const get = (path: RegExp, answer: Route["answer"], parameters: readonly string[] = []): Route => ({
      method: "GET",
      path,
      parameters,
      answer,
    });
    this.#routes = [
      get(/^\/healthz$/, () => jsonResponse({ status: "ok", version: supervised.version })),
      get(/^\/readyz$/, () => this.#ready()),
      get(/^\/metrics$/, async () => textResponse(await this.#metrics.text(), this.#metrics.contentType)),
      get(/^\/api\/v1\/streams$/, () => jsonResponse({ streams: streamViews(this.#model, this.#nowNs) })),
      get(/^\/api\/v1\/streams\/([^/]+)$/, ([name = ""]) =>
        jsonResponse(streamDetail(this.#stream(name), this.#nowNs)),
      ),
      get(/^\/api\/v1\/consumers$/, () => jsonResponse({ consumers: consumerViews(this.#model, this.#nowNs) })),
      get(/^\/api\/v1\/events$/, (_parts, _request, query) => this.#events(query), ["after", "limit", "kind"]),
      {
        method: "POST",
        path: /^\/api\/v1\/consumers\/([^/]+)\/([^/]+)\/config$/,
        parameters: [],
        answer: ([stream = "", consumer = ""], request) => this.#configure(stream, consumer, request),
      },
    ];
  }

  /** Answers one request; whatever goes wrong is an answer as well. */
  async answer(request: Request): Promise<Response> {
    try {
      this.#guard.checkOrigin(request);
      return await this.#route(request);
    } catch (error) {
      if (error instanceof ApiError) return errorResponse(error);
      log.error(`${request.method} ${new URL(request.url).pathname}: ${messageOf(error)}`);
      return errorResponse(
        new ApiError(500, "internal", "this request met a defect of the supervisor; its log says more"),
      );
    }
  }

  get #model(): Supervised["supervisor"]["model"] {
    return this.#supervised.supervisor.model;
  }

  get #nowNs(): number {
    return this.#supervised.clock.nanoTime();
  }

  #route(request: Request): Response | Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const fitting = this.#routes.filter(({ path }) => path.test(pathname));
    if (fitting.length === 0) {
      throw new ApiError(404, "not-found", `expected a page of this server, found ${JSON.stringify(pathname)}`);
    }
    const method = request.method === "HEAD" ? "GET" : request.method;
    const route = fitting.find((candidate) => candidate.method === method);
    if (route === undefined) {
      const allow = fitting.map((candidate) => candidate.method).join(", ");
      throw new ApiError(405, "wrong-method", `expected ${allow}, found ${request.method}`, { allow });
    }
    for (const name of searchParams.keys()) {
      if (route.parameters.includes(name)) continue;
      const known = route.parameters.length === 0 ? "no parameters" : route.parameters.join(", ");
      throw new ApiError(400, "bad-request", `expected ${known}, found "${name}"${suggestion(name, route.parameters)}`);
    }
    return route.answer((route.path.exec(pathname) ?? []).slice(1).map(decoded), request, searchParams);
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
      throw new ApiError(400, "bad-request", `kind: expected one of ${EVENT_KINDS.join(", ")}, found "${kind}"`);
    }
    const { events } = this.#model;
    const wanted = events.after(after).filter((event) => kind === null || event.kind === kind);
    const views = eventViews(limit === 0 ? [] : wanted.slice(-limit), this.#nowNs, Date.now());
    return jsonResponse({ lastId: events.lastId, events: views });
  }

  async #configure(streamText: string, consumerText: string, request: Request): Promise<Response> {
    this.#guard.checkToken(request);
    const { streamId, consumers } = this.#stream(streamText);
    const consumer = /^\d{1,10}$/.test(consumerText) ? consumers.get(Number(consumerText)) : undefined;
    if (consumer === undefined) {
      const ids = [...consumers.keys()].sort((a, b) => a - b).map(String);
      const there = ids.length === 0 ? "it has none" : `its consumers are ${ids.slice(0, 20).join(", ")}`;
      throw new ApiError(404, "no-consumer", `no consumer ${consumerText} of stream ${streamId}: ${there}`);
    }
    const order = await readOrder(request);
    const { consumerId } = consumer;
    const result = this.#supervised.supervisor.order({ streamId, consumerId, ...order }, "HTTP");
    if (result !== PublishResult.PUBLISHED) {
      throw new ApiError(503, "not-sent", "expected a media driver that takes the message, found none: try again");
    }
    // Whether the consumer follows is seen in what it reports next.
    return jsonResponse({ streamId, consumerId, ...order, status: "sent" }, 202);
  }

  /** By id or by name. @throws ApiError 404 */
  #stream(text: string): StreamRecord {
    const streams = [...this.#model.streams.values()];
    const found =
      streams.find(({ streamId }) => String(streamId) === text) ?? streams.find(({ name }) => name === text);
    if (found !== undefined) return found;
    const known = streams.flatMap(({ streamId, name }) => [String(streamId), ...(name === null ? [] : [name])]);
    throw new ApiError(404, "no-stream", `no stream ${JSON.stringify(text)} is known${suggestion(text, known)}`);
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new ApiError(400, "bad-request", `expected percent-encoding in UTF-8, found ${JSON.stringify(part)}`);
  }
}

/** A whole number from 0 on. @throws ApiError 400 */
function numberOf(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ApiError(400, "bad-request", `${name}: expected a whole number from 0 on, found "${text}"`);
}
