import { describe, expect, test } from "bun:test";
import parsePrometheus from "parse-prometheus-text-format";
import { CountersReader } from "../../src/aeron/counters-reader.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { consumerViews, type SteeringRule, streamViews } from "../../src/protocol/supervision/index.ts";
import type { Consumer } from "../../src/roles/consumer.ts";
import { DescriptorSampler } from "../../src/roles/descriptor-sampler.ts";
import type { Producer } from "../../src/roles/producer.ts";
import { Supervisor } from "../../src/roles/supervisor.ts";
import { FrameDescriptorDecoder } from "../../src/sbe/index.ts";
import { SupervisorServer } from "../../src/web/server.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";

const BYTES = new Uint8Array(16);
const SECOND_NS = 1e9;

function supervisorOf(rig: Rig, rules: readonly SteeringRule[] = []): Supervisor {
  const supervisor = rig.add(
    new Supervisor(rig.connection, { streams: DEFAULT_STREAMS, descriptorStreamIds: [], rules }),
  );
  rig.until(() => supervisor.isReady, "the supervisor to hear everything");
  return supervisor;
}

/** Publishes so many frames, each read at once. */
function flow(rig: Rig, producer: Producer, consumer: Consumer, count: number): void {
  for (let n = 0; n < count; n++) {
    expect(producer.offer(BYTES, { dtype: "uint8", dims: [16] })).toBe("published");
    rig.until(() => consumer.poll(() => undefined) > 0, "the frame");
    // The driver sees what was taken, and opens the window again.
    rig.step(2);
  }
}

/** Lets a second pass, in which everybody says what is due. */
function second(rig: Rig): void {
  rig.clock.jump(SECOND_NS);
  rig.settle();
}

describe("the supervisor beside real roles (W-46)", () => {
  test("names, counts, rates and processes are those of the roles", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const supervisor = supervisorOf(rig);
    const { producer, consumer } = rig.pair({ name: "camera" });
    for (let i = 0; i < 6; i++) {
      flow(rig, producer, consumer, 20);
      second(rig);
    }
    // The test's own steps take a few milliseconds of each second.
    expect(streamViews(supervisor.model, rig.clock.nanoTime())[0]?.framesPerSecond).toBeWithin(18, 20.1);
    // What roles count is looked at in the next second.
    second(rig);
    const nowNs = rig.clock.nanoTime();
    const [stream, ...others] = streamViews(supervisor.model, nowNs);
    expect(others).toEqual([]);
    const frames = producer.counters.of.published.value;
    expect(frames).toBe(120);
    expect(stream).toMatchObject({
      streamId: STREAM_ID,
      name: "camera",
      state: "live",
      epoch: BigInt(producer.epoch),
      seq: frames - 1,
      frames,
      bytes: frames * 16,
      consumers: 1,
      drops: 0,
      nslots: 8,
      pools: [{ poolId: 1, strideBytes: 4096 }],
    });
    const [reader] = consumerViews(supervisor.model, nowNs);
    expect(reader).toMatchObject({
      consumerId: consumer.consumerId,
      mode: "stream",
      lag: 0,
      accepted: frames,
      dropRatio: 0,
      causes: {},
    });
    expect(supervisor.observer.inbox.counts).toEqual({ refused: 0, inexact: 0 });
  });

  test("a ConsumerConfig by hand is obeyed, told as an event, and not taken for somebody else's (W-39)", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const supervisor = supervisorOf(rig);
    const { consumer } = rig.pair();
    second(rig);
    const { consumerId } = consumer;
    supervisor.order({ streamId: STREAM_ID, consumerId, mode: "decimated", decimation: 4, useShm: true }, "a test");
    // The consumer says that it follows; of the 4, the supervisor hears by its own message, which may come later than that.
    const isKnown = (): boolean => supervisor.model.find(STREAM_ID, consumerId)?.decimation === 4;
    rig.until(isKnown, "the consumer to follow, and the order to be heard");
    const kinds = supervisor.model.events.after(0).map(({ kind }) => kind);
    expect(kinds.slice(-2)).toEqual(["config-sent", "mode-changed"]);
    expect(kinds).not.toContain("config-seen");
    expect(consumerViews(supervisor.model, rig.clock.nanoTime())[0]).toMatchObject({ decimation: 4 });
  });

  test("the newest descriptor that nobody has taken yet is read from the log, across ends of terms", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({}, { nslots: 64 });
    using reader = CountersReader.open(rig.aeronDir);
    const sampler = new DescriptorSampler([DEFAULT_STREAMS.descriptorStreamId]);
    sampler.follow(rig.aeronDir, reader.snapshot(DescriptorSampler.isWanted));
    expect(sampler.size).toBe(1);
    const decoder = new FrameDescriptorDecoder();
    const newest = (): number => {
      let seq = -1;
      sampler.sample((view, offset, length) => {
        expect(decoder.wrap(view, offset, length)).toBeNull();
        seq = decoder.seqNumber;
      });
      return seq;
    };
    // A term of 64 KiB holds 682 descriptors: this is more than three of them.
    for (let seq = 0; seq < 2200; seq++) {
      expect(producer.offer(BYTES, { dtype: "uint8", dims: [16] })).toBe("published");
      expect(newest()).toBe(seq);
      if (seq % 10 !== 9) continue;
      rig.until(() => consumer.poll(() => undefined) === 0, "the consumer to have read them");
      rig.step(2);
    }
    void rig.scheduler.remove(producer);
    rig.until(() => {
      sampler.follow(rig.aeronDir, reader.snapshot(DescriptorSampler.isWanted));
      return sampler.size === 0;
    }, "the publication to be gone");
    expect(newest()).toBe(-1);
    sampler.close();
  });
});

describe("the supervisor's HTTP server", () => {
  const TOKEN = "a token of this test";

  async function served(
    rig: Rig,
    hostname = "127.0.0.1",
  ): Promise<{ url: string; supervisor: Supervisor; consumer: Consumer }> {
    const supervisor = supervisorOf(rig);
    const { producer, consumer } = rig.pair({ name: "camera" });
    for (let i = 0; i < 4; i++) {
      flow(rig, producer, consumer, 10);
      second(rig);
    }
    second(rig);
    const supervised = {
      supervisor,
      clock: rig.clock,
      aeronDir: rig.aeronDir,
      shmDir: rig.directory.path,
      version: "1.2.3",
    };
    const address = { hostname, port: 0 };
    const server = rig.add(new SupervisorServer(supervised, { address, hostNames: ["monitor.test"], token: TOKEN }));
    return { url: server.url, supervisor, consumer };
  }

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
      expect(body.error.message).toMatch(/expected|no stream/);
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
