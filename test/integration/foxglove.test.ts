import { describe, expect, test } from "bun:test";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { FRAME_SCHEMAS } from "../../src/recording/schemas.ts";
import type { Producer } from "../../src/roles/producer.ts";
import { AllowedBaseDirs } from "../../src/shm/index.ts";
import { Supervisor } from "../../src/supervision/supervisor.ts";
import type { FoxgloveClient } from "../../src/view/foxglove/client.ts";
import { FoxgloveHub, MAX_CLIENTS, MAX_SUBSCRIPTIONS } from "../../src/view/foxglove/hub.ts";
import { ViewHub } from "../../src/view/hub.ts";
import { FoxgloveServer } from "../../src/web/foxglove-server.ts";
import { RequestGuard } from "../../src/web/guard.ts";
import { decodeRawImage, Viewer } from "../support/foxglove.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";
import { TIMEOUT_MS } from "../support/until.ts";

const MONO16 = { dtype: "uint16", dims: [3, 4] } as const;

function serve(rig: Rig, { hostname = "127.0.0.1", origins = [] as readonly string[] } = {}) {
  const { connection, clock } = rig;
  const supervisor = rig.add(
    new Supervisor(connection, { streams: DEFAULT_STREAMS, descriptorStreamIds: [], rules: [] }),
  );
  const baseDirs = AllowedBaseDirs.resolve([rig.directory.path]);
  const version = "1.2.3";
  const hub = rig.add(
    new ViewHub({ connection, clock, streams: DEFAULT_STREAMS, baseDirs, supervisor, aeronDir: rig.aeronDir, version }),
  );
  const foxglove = rig.add(new FoxgloveHub({ clock, supervisor, eyes: hub.eyes, version }));
  const address = { hostname, port: 0 };
  const guard = new RequestGuard(address, [], "a token of this test");
  const server = new FoxgloveServer(foxglove, { address, origins, guard, nowNs: () => clock.nanoTime() });
  const url = rig.add(server).url.replace("0.0.0.0", "127.0.0.1");
  return { foxglove, supervisor, url };
}

/** Steps the roles, and lets sockets have their turn, until the condition holds; `publish` is called each time. */
async function becomes(rig: Rig, condition: () => boolean, what: string, publish = (): void => {}): Promise<void> {
  const endMs = performance.now() + TIMEOUT_MS;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`expected ${what}, and it did not come`);
    publish();
    rig.clock.jump(20e6);
    rig.step(4);
    await Bun.sleep(1);
  }
}

/** Frames of uint16 values that begin with another one each time. */
function counting(producer: Producer): { publish: () => void; framesFrom: (first: number) => number[] } {
  let first = 65_000;
  const framesFrom = (value: number): number[] => Array.from({ length: 12 }, (_, i) => (value + i * 1001) % 65_536);
  const publish = (): void => {
    producer.offer(new Uint8Array(Uint16Array.from(framesFrom(first++)).buffer), MONO16);
  };
  return { publish, framesFrom };
}

describe("streams in Foxglove", () => {
  test("its own client decodes mono16 with the official schema, and every value is the one that was published", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url } = serve(rig);
    const { publish, framesFrom } = counting(rig.producer({ name: "camera" }));
    const viewer = new Viewer(url);
    await becomes(rig, () => viewer.channel("/camera/image") !== null, "the channel", publish);
    expect(viewer.serverName).toBe("tensorpool 1.2.3");
    const channel = viewer.channel("/camera/image");
    expect(channel).toMatchObject({
      encoding: "protobuf",
      schemaName: "foxglove.RawImage",
      schemaEncoding: "protobuf",
    });
    expect(Uint8Array.fromBase64(channel?.schema ?? "")).toEqual(Uint8Array.from(FRAME_SCHEMAS["foxglove.RawImage"]));
    const subscriptionId = viewer.client.subscribe(channel?.id ?? -1);
    await becomes(rig, () => viewer.messages.length >= 5, "messages", publish);
    for (const message of viewer.messages) {
      expect(message.subscriptionId).toBe(subscriptionId);
      const image = decodeRawImage(message.bytes);
      expect(image).toMatchObject({ frame_id: "camera", width: 4, height: 3, encoding: "mono16", step: 8 });
      const values = new Uint16Array(Uint8Array.from(image.data).buffer);
      expect([...values]).toEqual(framesFrom(values[0] as number));
      // The log time is that of sending; the timestamp is the frame's, before it.
      const stampNs = BigInt(image.timestamp.seconds) * 1_000_000_000n + BigInt(image.timestamp.nanos);
      expect(message.timestampNs - stampNs).toBeGreaterThanOrEqual(0n);
      expect(message.timestampNs - stampNs).toBeLessThan(60_000_000_000n);
    }
    // Each frame once, the newest one each time.
    const firsts = viewer.messages.map(({ bytes }) => new Uint16Array(decodeRawImage(bytes).data.slice().buffer)[0]);
    expect(new Set(firsts).size).toBe(firsts.length);
    viewer.client.unsubscribe(subscriptionId);
    // The answer to a subscription that cannot be comes behind everything that was sent before.
    const answered = async (): Promise<void> => {
      const { length } = viewer.statuses;
      viewer.client.subscribe(9999);
      await becomes(rig, () => viewer.statuses.length > length, "an answer", publish);
    };
    await answered();
    const { length } = viewer.messages;
    await answered();
    expect(viewer.messages.length).toBe(length);
    expect(viewer.statuses.at(-1)).toContain("there is no channel 9999");
    expect(viewer.errors).toEqual([]);
  });

  test("colour, depth and anything else come as a recording has them, and another shape or kind is followed", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url } = serve(rig);
    const producer = rig.producer({ name: "/lab/cam/" });
    const viewer = new Viewer(url, ["foxglove.sdk.v1", "foxglove.websocket.v1"]);
    const image = "/lab/cam/image";
    const shows = async (topic: string, shape: Parameters<Producer["offer"]>[1], bytes: Uint8Array) => {
      const offer = (): void => void producer.offer(bytes, shape);
      await becomes(rig, () => viewer.channel(topic) !== null, topic, offer);
      const id = viewer.client.subscribe(viewer.channel(topic)?.id ?? -1);
      const found = () => viewer.messages.findLast(({ subscriptionId }) => subscriptionId === id);
      await becomes(rig, () => Bun.deepEquals(found()?.bytes.slice(-bytes.length), bytes), "the frame", offer);
      return found()?.bytes as Uint8Array;
    };
    const bytes = Uint8Array.from({ length: 24 }, (_, i) => 200 - i);
    expect(viewer.socket.protocol === "" || viewer.socket.protocol === "foxglove.sdk.v1").toBe(true);
    const colour = decodeRawImage(await shows(image, { dtype: "uint8", dims: [2, 4, 3] }, bytes));
    expect(colour).toMatchObject({ encoding: "rgb8", width: 4, height: 2, step: 12 });
    expect(viewer.socket.protocol).toBe("foxglove.sdk.v1");
    // Another shape of the same kind of message: the channel stays.
    const { id } = viewer.channel(image) ?? {};
    const depth = decodeRawImage(await shows(image, { dtype: "float32", dims: [2, 3] }, bytes));
    expect(depth).toMatchObject({ encoding: "32FC1", width: 3, height: 2, step: 12 });
    expect(viewer.channel(image)?.id).toBe(id as number);
    await shows("/lab/cam/frame", { dtype: "int16", dims: [3, 2, 2] }, bytes);
    expect(viewer.channel(image)).toBeNull();
    expect(viewer.channel("/lab/cam/frame")?.schemaName).toBe("tensorpool.Frame");
    await shows(image, { dtype: "uint8", dims: [4, 6] }, bytes);
    expect(viewer.errors).toEqual([]);
    viewer.client.close();
  });

  test("channels come and go with their streams, two of one name are distinguished, and a new epoch continues", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url, foxglove } = serve(rig);
    let [one, other] = [rig.producer({ name: "cam" }), rig.producer({ name: "cam", streamId: STREAM_ID + 1 })];
    const publish = (): void => {
      for (const producer of [one, other]) producer.offer(new Uint8Array(24), MONO16);
    };
    const viewer = new Viewer(url);
    const topics = (): string[] => [...viewer.channels.values()].map(({ topic }) => topic).sort();
    await becomes(rig, () => topics().length === 2, "two channels", publish);
    expect(topics()).toEqual([`/cam-${STREAM_ID + 1}/image`, "/cam/image"].sort());
    const id = viewer.client.subscribe(viewer.channel("/cam/image")?.id ?? -1);
    await becomes(rig, () => viewer.messages.length > 0, "a message", publish);
    await rig.remove(one);
    one = rig.producer({ name: "cam" });
    const before = viewer.messages.length;
    await becomes(rig, () => viewer.messages.length > before + 2, "messages of the new epoch", publish);
    expect(viewer.messages.at(-1)?.subscriptionId).toBe(id);
    await rig.remove(other);
    rig.clock.jump(5e9);
    await becomes(
      rig,
      () => topics().length === 1,
      "the channel to go",
      () => one.offer(new Uint8Array(24), MONO16),
    );
    viewer.client.close();
    await becomes(rig, () => foxglove.clients.size === 0, "the client to be gone");
  });
});

describe("hostile clients of the Foxglove protocol", () => {
  test("a page of an origin that is not listed, a client without the protocol, and one without the token are refused", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url } = serve(rig, { origins: ["https://viewer.example"] });
    const connect = async (at: string, headers: Record<string, string>): Promise<string> => {
      const options = { headers: { "sec-websocket-protocol": "foxglove.websocket.v1", ...headers } };
      const socket = new WebSocket(at, options as unknown as string[]);
      const { promise, resolve } = Promise.withResolvers<string>();
      socket.onopen = () => resolve("open");
      socket.onerror = () => resolve("refused");
      const outcome = await promise;
      socket.close();
      return outcome;
    };
    for (const origin of ["https://viewer.example", "https://app.foxglove.dev", "http://localhost:8080"]) {
      expect([origin, await connect(url, { origin })]).toEqual([origin, "open"]);
    }
    for (const origin of ["https://evil.example", "null", "http://localhost.evil.example", "file://", url]) {
      expect([origin, await connect(url, { origin })]).toEqual([origin, "refused"]);
    }
    expect(await connect(url, { "sec-websocket-protocol": "other" })).toBe("refused");
    expect((await fetch(url.replace("ws:", "http:"))).status).toBe(426);
    await using open = new Rig({ tellsPauses: false });
    const { url: openUrl } = serve(open, { hostname: "0.0.0.0" });
    expect(await connect(openUrl, {})).toBe("refused");
    expect(await connect(`${openUrl}/?token=another`, {})).toBe("refused");
    expect(await connect(`${openUrl}/?token=${encodeURIComponent("a token of this test")}`, {})).toBe("open");
  });

  test("malformed messages, unknown ids and floods change nothing for others, and end the connection", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url, foxglove } = serve(rig);
    const { publish } = counting(rig.producer({ name: "camera" }));
    const [viewer, hostile] = [new Viewer(url), new Viewer(url)];
    await becomes(rig, () => viewer.channels.size > 0 && hostile.channels.size > 0, "the channel", publish);
    const channelId = viewer.channel("/camera/image")?.id ?? -1;
    viewer.client.subscribe(channelId);
    const malformed: (string | Uint8Array<ArrayBuffer>)[] = [
      "",
      "null",
      "[]",
      "{",
      '{"op":"__proto__"}',
      '{"op":"subscribe"}',
      '{"op":"subscribe","subscriptions":[{"id":-1,"channelId":1}]}',
      '{"op":"subscribe","subscriptions":[{"id":0.5,"channelId":1}]}',
      '{"op":"subscribe","subscriptions":[null]}',
      '{"op":"unsubscribe","subscriptionIds":["0"]}',
      new Uint8Array(0),
      Uint8Array.of(0xff, 1, 2, 3),
      new Uint8Array(9),
    ];
    for (const message of malformed) hostile.socket.send(message);
    hostile.socket.send('{"op":"unsubscribe","subscriptionIds":[4294967295]}');
    hostile.socket.send('{"op":"getParameters","parameterNames":[]}');
    hostile.socket.send(Uint8Array.of(1, 0, 0, 0, 0, 9));
    // Thousands of subscriptions: some are taken, the others answered or left aside.
    const many = Array.from({ length: 2000 }, (_, id) => ({ id, channelId }));
    for (let i = 0; i < many.length; i += 500) {
      hostile.socket.send(JSON.stringify({ op: "subscribe", subscriptions: many.slice(i, i + 500) }));
    }
    const subscriptions = () => Math.max(...[...foxglove.clients].map((client) => client.subscriptions.size));
    await becomes(rig, () => subscriptions() === MAX_SUBSCRIPTIONS, "the most subscriptions", publish);
    await becomes(rig, () => hostile.messages.length > MAX_SUBSCRIPTIONS, "frames for each", publish);
    expect(hostile.closed).toBeNull();
    for (let i = 0; i < 2000; i++) hostile.socket.send('{"op":"unsubscribe","subscriptionIds":[1]}');
    await becomes(rig, () => hostile.closed !== null, "the flood to end", publish);
    expect(hostile.closed).toContain("too many messages");
    const before = viewer.messages.length;
    await becomes(rig, () => viewer.messages.length > before + 3, "frames for the other client", publish);
    expect([viewer.errors, viewer.closed]).toEqual([[], null]);
    const long = new Viewer(url);
    await becomes(rig, () => long.serverName !== null, "a client");
    long.socket.send("x".repeat(70_000));
    await becomes(rig, () => long.closed !== null, "the end of a client that sends too long a message");
  });

  test("a client that reads nothing has one frame waiting, whatever is published, and others get theirs", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url, foxglove } = serve(rig);
    const byteLength = 1 << 20;
    const pools = [{ poolId: 1, strideBytes: byteLength }];
    const producer = rig.producer({ name: "large" }, { pools });
    const frame = new Uint8Array(byteLength);
    const publish = (): void => void producer.offer(frame, { dtype: "uint8", dims: [1024, 1024] });
    const viewer = new Viewer(url);
    await becomes(rig, () => viewer.channels.size > 0, "the channel", publish);
    const channelId = viewer.channel("/large/image")?.id ?? -1;
    const { port, hostname } = new URL(url);
    const key = Buffer.from("0123456789abcdef").toString("base64");
    const stalled = await Bun.connect({ hostname, port: Number(port), socket: { data: () => {} } });
    stalled.write(
      `GET / HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: foxglove.websocket.v1\r\n\r\n`,
    );
    await becomes(rig, () => foxglove.clients.size === 2, "the client");
    const client = [...foxglove.clients].at(-1) as FoxgloveClient;
    stalled.pause();
    // What it would send is said for it: nothing is read of what it gets.
    foxglove.onMessage(client, JSON.stringify({ op: "subscribe", subscriptions: [{ id: 1, channelId }] }));
    viewer.client.subscribe(channelId);
    let mostBytes = 0;
    const look = (): void => {
      publish();
      mostBytes = Math.max(mostBytes, client.socket.buffered());
    };
    await becomes(rig, () => client.socket.buffered() > 0, "the socket to be full", look);
    const { length } = viewer.messages;
    const { sent } = client;
    await becomes(rig, () => viewer.messages.length > length + 20, "frames for the other client", look);
    expect(client.sent).toBe(sent);
    expect(mostBytes).toBeLessThan(byteLength + 1024);
    expect(foxglove.keptBytes).toBeLessThan(byteLength + 1024);
    stalled.terminate();
    await becomes(rig, () => foxglove.clients.size === 1, "the client to be gone");
  });

  test("beyond the most clients none is let in", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { url, foxglove } = serve(rig);
    const viewers = Array.from({ length: MAX_CLIENTS + 3 }, () => new Viewer(url));
    const closed = () => viewers.filter((viewer) => viewer.closed !== null);
    await becomes(rig, () => closed().length === 3, "three to be refused");
    expect(closed()[0]?.closed).toContain("connected already");
    for (const viewer of viewers) viewer.client.close();
    await becomes(rig, () => foxglove.clients.size === 0, "the clients to be gone");
  });
});
