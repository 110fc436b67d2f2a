import { describe, expect, test } from "bun:test";
import parsePrometheus from "parse-prometheus-text-format";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import type { Consumer } from "../../src/roles/consumer.ts";
import type { Producer } from "../../src/roles/producer.ts";
import { AllowedBaseDirs } from "../../src/shm/index.ts";
import { Supervisor } from "../../src/supervision/supervisor.ts";
import { ViewHub } from "../../src/view/hub.ts";
import { AttemptLimit } from "../../src/web/attempt-limit.ts";
import { RequestGuard } from "../../src/web/guard.ts";
import type { ApiError } from "../../src/web/responses.ts";
import { SupervisorServer } from "../../src/web/server.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";

const BYTES = new Uint8Array(16);
const SECOND_NS = 1e9;
const TOKEN = "a token of this test";

/** Publishes so many frames, each read at once. */
function flow(rig: Rig, producer: Producer, consumer: Consumer, count: number): void {
  for (let n = 0; n < count; n++) {
    expect(producer.offer(BYTES, { dtype: "uint8", dims: [16] })).toBe("published");
    rig.until(() => consumer.poll(() => undefined) > 0, "the frame");
    rig.step(2);
  }
}

interface Served {
  readonly url: string;
  readonly supervisor: Supervisor;
  readonly consumer: Consumer;
}

async function served(
  rig: Rig,
  hostname = "127.0.0.1",
  hostNames: readonly string[] = ["monitor.test"],
): Promise<Served> {
  const supervisor = rig.add(
    new Supervisor(rig.connection, { streams: DEFAULT_STREAMS, descriptorStreamIds: [], rules: [] }),
  );
  rig.until(() => supervisor.isReady, "the supervisor to receive everything");
  const { producer, consumer } = rig.pair({ name: "camera" });
  for (let i = 0; i < 4; i++) {
    flow(rig, producer, consumer, 10);
    rig.clock.jump(SECOND_NS);
    rig.settle();
  }
  rig.clock.jump(SECOND_NS);
  rig.settle();
  const supervised = {
    supervisor,
    clock: rig.clock,
    aeronDir: rig.aeronDir,
    shmDir: rig.directory.path,
    version: "1.2.3",
  };
  const address = { hostname, port: 0 };
  const hub = rig.add(
    new ViewHub({
      connection: rig.connection,
      clock: rig.clock,
      streams: DEFAULT_STREAMS,
      baseDirs: AllowedBaseDirs.resolve([rig.directory.path]),
      supervisor,
      aeronDir: rig.aeronDir,
      version: "1.2.3",
    }),
  );
  const server = rig.add(new SupervisorServer(supervised, { address, hostNames, token: TOKEN }, hub));
  rig.until(() => supervisor.isReady, "the page to receive everything, too");
  return { url: server.url, supervisor, consumer };
}

/** The answer to bytes that no well-behaved client would send. */
async function rawAnswer(url: string, request: string): Promise<string> {
  let text = "";
  const { promise, resolve } = Promise.withResolvers<void>();
  const { hostname, port } = new URL(url);
  await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open: (socket) => void socket.write(request),
      data: (_socket, bytes) => {
        text += bytes.toString();
      },
      close: () => resolve(),
    },
  });
  await promise;
  return text;
}

describe("the supervisor's HTTP server", () => {
  test("an address of another machine is refused, and the message says what is expected", async () => {
    await using rig = new Rig({ tellsPauses: false });
    await expect(served(rig, "192.0.2.1")).rejects.toThrow(
      "cannot listen on http://192.0.2.1:0: expected an address of this machine, or a name that has one",
    );
  });

  test("metrics are what Prometheus reads, with stable names and the values of the roles", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url, consumer } = await served(rig);
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    const families = parsePrometheus(await response.text());
    const valueNow = (name: string, labels: Record<string, string> = {}): number => {
      const metrics = families.find((family) => family.name === name)?.metrics ?? [];
      const found = metrics.find((metric) =>
        Object.entries(labels).every(([key, value]) => metric.labels?.[key] === value),
      );
      return Number(found?.value);
    };
    const stream = { stream_id: String(STREAM_ID), stream: "camera" };
    const reader = { stream_id: String(STREAM_ID), consumer_id: String(consumer.consumerId) };
    expect(valueNow("tensorpool_stream_up", stream)).toBe(1);
    expect(valueNow("tensorpool_stream_frames_total", stream)).toBe(40);
    expect(valueNow("tensorpool_stream_bytes_total", stream)).toBe(640);
    expect(valueNow("tensorpool_consumer_accepted_frames_total", reader)).toBe(40);
    expect(valueNow("tensorpool_consumer_drops_total", { ...reader, kind: "gap" })).toBe(0);
    expect(valueNow("tensorpool_consumer_mode", { ...reader, mode: "stream" })).toBe(1);
    expect(valueNow("tensorpool_supervisor_events_total", { kind: "stream-appeared" })).toBe(1);
    expect(valueNow("tensorpool_media_driver_heartbeat_age_seconds")).toBeLessThan(60);
    expect(valueNow("tensorpool_shm_size_bytes")).toBeGreaterThan(0);
    for (const { name, help } of families) expect({ name, help }).toEqual({ name, help: expect.stringMatching(/\S/) });
    // What was counted once is not counted again at the next scrape.
    const again = parsePrometheus(await (await fetch(`${url}/metrics`)).text());
    expect(again.map(({ name }) => name)).toEqual(families.map(({ name }) => name));
    expect(again.find(({ name }) => name === "tensorpool_stream_frames_total")?.metrics[0]?.value).toBe("40");
  });

  test("streams, consumers and events are JSON; a stream is found by id and by name", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url, consumer } = await served(rig);
    const get = async (path: string): Promise<Record<string, unknown>> => {
      const response = await fetch(url + path);
      expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
      return (await response.json()) as Record<string, unknown>;
    };
    expect(await get("/healthz")).toEqual({ status: "ok", version: "1.2.3" });
    expect(await get("/readyz")).toEqual({ status: "ready", reason: null });
    expect(await get("/api/v1/streams")).toMatchObject({
      streams: [{ streamId: STREAM_ID, name: "camera", frames: 40 }],
    });
    const detail = await get(`/api/v1/streams/${STREAM_ID}`);
    expect(detail).toMatchObject({ seq: 39, readers: [{ consumerId: consumer.consumerId }] });
    expect(await get("/api/v1/streams/camera")).toMatchObject({ streamId: STREAM_ID });
    expect(await get("/api/v1/consumers")).toMatchObject({ consumers: [{ lag: 0, drops: { total: 0 } }] });
    const { lastId, events } = (await get("/api/v1/events?kind=stream-appeared")) as {
      lastId: number;
      events: unknown[];
    };
    expect(events).toEqual([expect.objectContaining({ kind: "stream-appeared", streamId: STREAM_ID })]);
    expect(await get(`/api/v1/events?after=${lastId}`)).toEqual({ lastId, events: [] });
  });

  test("every answer tells browsers to show, run and keep nothing of it", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url } = await served(rig);
    for (const path of ["/metrics", "/api/v1/streams", "/nothing"]) {
      const { headers } = await fetch(url + path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  test("other hosts, pages of other sites, wrong methods, paths and parameters are refused as JSON that says why", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url } = await served(rig);
    const refusal = async (path: string, init: RequestInit = {}): Promise<unknown[]> => {
      const response = await fetch(url + path, init);
      const body = (await response.json()) as { error: { code: string; message: string } };
      expect(body.error.message).toMatch(/expected|no stream|no page/);
      return [response.status, body.error.code];
    };
    const withHeader = (name: string, value: string): RequestInit => ({ headers: { [name]: value } });
    expect(await refusal("/metrics", withHeader("host", "rebound.example"))).toEqual([403, "wrong-host"]);
    expect(await refusal("/metrics", withHeader("host", ""))).toEqual([403, "wrong-host"]);
    expect(await refusal("/metrics", withHeader("origin", "https://site.example"))).toEqual([403, "wrong-origin"]);
    expect(await refusal("/metrics", withHeader("sec-fetch-site", "cross-site"))).toEqual([403, "wrong-origin"]);
    expect((await fetch(`${url}/metrics`, withHeader("host", "monitor.test:80"))).status).toBe(200);
    expect((await fetch(`${url}/metrics`, withHeader("origin", url))).status).toBe(200);
    expect(await refusal("/metrics", { method: "DELETE" })).toEqual([405, "wrong-method"]);
    expect(await refusal("/api/v1/consumers/camera/1/config")).toEqual([405, "wrong-method"]);
    expect(await refusal("/nothing")).toEqual([404, "not-found"]);
    expect(await refusal("/api/v1/streams/camra")).toEqual([404, "no-stream"]);
    expect(await refusal("/api/v1/streams/%ff")).toEqual([400, "bad-request"]);
    expect(await refusal("/api/v1/events?limt=1")).toEqual([400, "bad-request"]);
    expect(await refusal("/api/v1/events?after=-1")).toEqual([400, "bad-request"]);
    expect(await refusal("/api/v1/events?kind=none")).toEqual([400, "bad-request"]);
  });

  test("two servers never share a port: the second one is refused", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url, supervisor } = await served(rig);
    const supervised = { supervisor, clock: rig.clock, aeronDir: "", shmDir: "", version: "" };
    const address = { hostname: "127.0.0.1", port: Number(new URL(url).port) };
    expect(() => new SupervisorServer(supervised, { address, hostNames: [], token: null })).toThrow(
      `cannot listen on ${url}: another process listens there already`,
    );
  });

  test("probes without a Host header, with parameters and with a slash at the end are answered", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url } = await served(rig);
    for (const path of ["/healthz", "/metrics", "/readyz", "/"]) {
      expect(await rawAnswer(url, `GET ${path} HTTP/1.0\r\n\r\n`)).toStartWith("HTTP/1.1 200 OK");
    }
    expect(await rawAnswer(url, "GET /healthz HTTP/1.0\r\nHost: rebound.example\r\n\r\n")).toStartWith("HTTP/1.1 403");
    for (const path of ["/metrics?x=", "/metrics/", "/healthz?probe=1&probe=2", "/api/v1/streams/"]) {
      expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);
    }
  });

  test("any name is a host of the server where that was asked for", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url } = await served(rig, "127.0.0.1", ["*"]);
    expect((await fetch(`${url}/metrics`, { headers: { host: "any.example:80" } })).status).toBe(200);
    const foreign = { host: "any.example", origin: "http://other.example" };
    expect((await fetch(`${url}/metrics`, { headers: foreign })).status).toBe(403);
  });

  test("a browser gets a page with links; names of others are escaped, and no script can run", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url, supervisor } = await served(rig);
    const name = `<script>alert("1")</script>\u001b[2J&`;
    const source = { producerId: 1, epoch: 2n ** 60n, metaVersion: 1, name, summary: "" };
    supervisor.model.onSource(rig.clock.nanoTime(), { streamId: 5, ...source });
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const policy = response.headers.get("content-security-policy");
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; frame-ancestors 'none';/);
    const page = await response.text();
    const style = /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? "";
    expect(policy).toContain(new Bun.CryptoHasher("sha256").update(style).digest("base64"));
    expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;\\x1b[2J&amp;");
    expect(page).not.toMatch(/<script|\u001b/);
    for (const [, path] of page.matchAll(/href="([^"]+)"/g)) {
      expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);
    }
  });

  test("a counter of another process that holds no count costs the page nothing but that sample", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url, supervisor, consumer } = await served(rig);
    const { consumerId } = consumer;
    const fact = { streamId: STREAM_ID, clientId: consumerId, role: "consumer", pid: null } as const;
    for (const value of [-1, Number.NEGATIVE_INFINITY, Number.NaN, Number.POSITIVE_INFINITY]) {
      const counts = new Map([["overwritten", value]]);
      supervisor.model.onCounters(rig.clock.nanoTime(), { ...fact, counts });
      const response = await fetch(`${url}/metrics`);
      expect([value, response.status]).toEqual([value, 200]);
      expect(await response.text()).toContain("tensorpool_stream_frames_total");
    }
  });

  test("what a recorder could not record has series by its own causes", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url, supervisor, consumer } = await served(rig);
    const counts = new Map(
      Object.entries({ recording: 1, recorded: 30, sinkTooSlow: 10, stagingFull: 7, diskFull: 3 }),
    );
    const fact = { streamId: STREAM_ID, clientId: consumer.consumerId, role: "consumer", pid: null, counts } as const;
    supervisor.model.onCounters(rig.clock.nanoTime(), fact);
    const families = parsePrometheus(await (await fetch(`${url}/metrics`)).text());
    const losses = families.find(({ name }) => name === "tensorpool_consumer_recorder_losses_total")?.metrics ?? [];
    expect(losses.map(({ labels, value }) => [labels?.cause, value])).toEqual([
      ["stagingFull", "7"],
      ["diskFull", "3"],
    ]);
  });

  test("wrong tokens are logged and slowed; the token of another address is not", async () => {
    const limit = new AttemptLimit();
    const guard = new RequestGuard({ hostname: "127.0.0.1", port: 1 }, [], TOKEN, limit);
    const attempt = (token: string, client: string, seconds: number): number => {
      const request = new Request("http://127.0.0.1:1/", { headers: { authorization: `Bearer ${token}` } });
      try {
        guard.checkToken(request, client, 1000 * SECOND_NS + seconds * SECOND_NS);
        return 200;
      } catch (error) {
        return (error as ApiError).status;
      }
    };
    for (let i = 0; i < 10; i++) expect(attempt("wrong", "192.0.2.1", 0)).toBe(401);
    // Nothing is learned about further tokens, not even about the right one.
    expect([attempt("wrong", "192.0.2.1", 0.5), attempt(TOKEN, "192.0.2.1", 0.5)]).toEqual([429, 429]);
    expect(attempt(TOKEN, "192.0.2.2", 0.5)).toBe(200);
    expect([attempt("wrong", "192.0.2.1", 1.1), attempt("wrong", "192.0.2.1", 1.2)]).toEqual([401, 429]);
    expect(attempt(TOKEN, "192.0.2.1", 2.3)).toBe(200);
    for (let i = 0; i < 5000; i++) attempt("wrong", `client ${i}`, 3);
    expect(limit.size).toBe(1024);
  });

  test("a consumer is steered with the token alone, and by what makes sense", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url, supervisor, consumer } = await served(rig);
    const path = `/api/v1/consumers/camera/${consumer.consumerId}/config`;
    const post = async (body: string, headers: Record<string, string> = {}, to = path): Promise<unknown> => {
      const response = await fetch(url + to, {
        method: "POST",
        body,
        headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...headers },
      });
      const answer = (await response.json()) as { error?: { code: string }; status?: string };
      return [response.status, answer.error?.code ?? answer.status];
    };
    const order = JSON.stringify({ mode: "decimated", decimation: 4 });
    expect(await post(order, { authorization: "" })).toEqual([401, "wrong-token"]);
    expect(await post(order, { authorization: "Bearer another" })).toEqual([401, "wrong-token"]);
    expect(await post(order, { origin: "https://site.example" })).toEqual([403, "wrong-origin"]);
    expect(await post(order, { "content-type": "text/plain" })).toEqual([415, "wrong-type"]);
    expect(await post(order, {}, "/api/v1/consumers/camera/1/config")).toEqual([404, "no-consumer"]);
    expect(await post("x".repeat(5000))).toEqual([413, "too-long"]);
    const wrong = [
      "",
      "[]",
      "null",
      "{}",
      '{"mode":"all"}',
      '{"mode":"decimated"}',
      '{"mode":"latest","decimation":2}',
    ];
    wrong.push('{"mode":"decimated","decimation":0}', '{"mode":"latest","useShm":1}', '{"mode":"latest","other":1}');
    for (const body of wrong) expect([body, await post(body)]).toEqual([body, [400, "bad-request"]]);
    expect(supervisor.configsSent).toBe(0);
    expect(await post(order)).toEqual([202, "sent"]);
    rig.until(
      () => supervisor.model.find(STREAM_ID, consumer.consumerId)?.mode === "decimated",
      "the consumer to follow",
    );
  });
});
