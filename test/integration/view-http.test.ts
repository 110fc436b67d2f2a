import { expect, test } from "bun:test";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { AllowedBaseDirs } from "../../src/shm/index.ts";
import { consumerViews } from "../../src/supervision/model/index.ts";
import { Supervisor } from "../../src/supervision/supervisor.ts";
import { ViewHub } from "../../src/view/hub.ts";
import { SupervisorServer } from "../../src/web/server.ts";
import { Rig } from "../support/rig.ts";
import { until } from "../support/until.ts";

const TOKEN = "a token of this test";

function serve(rig: Rig, hostNames: readonly string[] = [], token: string | null = TOKEN) {
  const { connection, clock, aeronDir } = rig;
  const supervisor = rig.add(
    new Supervisor(connection, { streams: DEFAULT_STREAMS, descriptorStreamIds: [], rules: [] }),
  );
  const baseDirs = AllowedBaseDirs.resolve([rig.directory.path]);
  const version = "1.2.3";
  const hub = rig.add(
    new ViewHub({ connection, clock, streams: DEFAULT_STREAMS, baseDirs, supervisor, aeronDir, version }),
  );
  const supervised = { supervisor, clock, aeronDir, shmDir: rig.directory.path, version };
  const options = { address: { hostname: "127.0.0.1", port: 0 }, hostNames, token };
  return { hub, supervisor, url: rig.add(new SupervisorServer(supervised, options, hub)).url };
}

/** Says hello with a token, and resolves to the answer; null when no WebSocket came to be. */
async function hello(url: string, token: string | null, headers: Record<string, string> = {}) {
  const { promise, resolve } = Promise.withResolvers<Record<string, unknown> | null>();
  const socket = new WebSocket(`${url.replace("http", "ws")}/view/socket`, { headers } as unknown as string[]);
  socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token }));
  socket.onmessage = ({ data }) => resolve(JSON.parse(data as string));
  socket.onclose = () => resolve(null);
  const answer = await promise;
  socket.close();
  return answer;
}

test("the page is served with a policy that lets nothing else run, and to the names of the server alone", async () => {
  await using rig = new Rig({ tellsPauses: false });
  const { url } = serve(rig);
  for (const [path, type] of [
    ["/view", "text/html"],
    ["/view/page.js", "text/javascript"],
    ["/view/page.css", "text/css"],
  ] as const) {
    const response = await fetch(url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toStartWith(type);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toStartWith("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).not.toContain("unsafe");
    expect((await response.text()).length).toBeGreaterThan(500);
    expect((await fetch(url + path, { headers: { host: "evil.example" } })).status).toBe(403);
  }
  const script = Bun.gzipSync(await (await fetch(`${url}/view/page.js`)).arrayBuffer());
  expect(script.length).toBeLessThan(200_000);
  expect((await fetch(`${url}/view/other.js`)).status).toBe(404);
  expect((await fetch(`${url}/view`, { method: "POST" })).status).toBe(405);
  expect((await fetch(`${url}/view/socket`)).status).toBe(426);
});

test("a WebSocket of another site, or under another name, is refused", async () => {
  await using rig = new Rig({ tellsPauses: false });
  const { hub, url } = serve(rig);
  expect(await hello(url, null, { origin: url })).toMatchObject({ type: "welcome", maySee: true, maySteer: false });
  expect(await hello(url, null)).toMatchObject({ maySee: true });
  expect(await hello(url, null, { origin: "https://evil.example" })).toBeNull();
  expect(await hello(url, null, { origin: "null" })).toBeNull();
  expect(await hello(url, null, { host: "evil.example" })).toBeNull();
  await until(
    () => hub.pages.size === 0,
    () => "the pages to be gone",
  );
});

test("the token allows to steer; where other machines may come, it is needed to see", async () => {
  await using rig = new Rig({ tellsPauses: false });
  const { url } = serve(rig);
  expect(await hello(url, TOKEN)).toMatchObject({ maySee: true, maySteer: true, reason: null });
  expect(await hello(url, "another")).toMatchObject({
    maySee: true,
    maySteer: false,
    reason: "this is not the server's token",
  });
  await using other = new Rig({ tellsPauses: false });
  const { url: open } = serve(other, ["viewer.example"]);
  expect(await hello(open, null)).toMatchObject({ maySee: false, maySteer: false, history: {} });
  expect(await hello(open, "another")).toMatchObject({ maySee: false });
  expect(await hello(open, TOKEN)).toMatchObject({ maySee: true, maySteer: true });
});

test("a page steers a consumer with the token alone: what it is sent next shows whether the consumer followed", async () => {
  await using rig = new Rig({ tellsPauses: false });
  const { url, supervisor } = serve(rig);
  const { consumer } = rig.pair({ name: "camera" });
  const modes = () => consumerViews(supervisor.model, rig.clock.nanoTime()).map(({ mode }) => mode);
  rig.until(() => modes().includes("stream"), "the consumer to be known");
  const steer = async (at: string, token: string | null): Promise<number> => {
    const headers = {
      "content-type": "application/json",
      origin: at,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
    const body = JSON.stringify({ mode: "decimated", decimation: 3 });
    const path = `/api/v1/consumers/${consumer.streamId}/${consumer.consumerId}/config`;
    return (await fetch(at + path, { method: "POST", body, headers })).status;
  };
  expect([await steer(url, null), await steer(url, "another")]).toEqual([401, 401]);
  // A server without a token changes nothing, whatever a page sends.
  const { url: withoutToken } = serve(rig, [], null);
  expect([await steer(withoutToken, null), await steer(withoutToken, TOKEN)]).toEqual([403, 403]);
  expect(await hello(withoutToken, TOKEN)).toMatchObject({ maySee: true, maySteer: false });
  rig.settle();
  expect(supervisor.configsSent).toBe(0);
  expect(await steer(url, TOKEN)).toBe(202);
  rig.until(() => modes().includes("decimated"), "the consumer to follow");
});
