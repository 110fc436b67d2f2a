import { describe, expect, test } from "bun:test";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { AllowedBaseDirs } from "../../src/shm/index.ts";
import { Supervisor } from "../../src/supervision/supervisor.ts";
import { MAX_PAGES } from "../../src/view/connected-pages.ts";
import { MAX_BYTES_PER_PAGE, MAX_SHARED_BYTES, OWN_BYTES, ViewHub } from "../../src/view/hub.ts";
import type { Admission } from "../../src/view/page-hub.ts";
import type { PageLink } from "../../src/view/page-link.ts";
import { MAX_KEPT_BYTES } from "../../src/view/pictures.ts";
import { SupervisorServer } from "../../src/web/server.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";
import { TIMEOUT_MS } from "../support/until.ts";

const SIDE = 1024;
const FRAME_BYTES = SIDE * SIDE * 2;
const EVERYBODY: Admission = { maySee: true, maySteer: false, reason: null };
const VIEWS = 64;
/** What a picture takes beside its pixels, and the texts that go with it. */
const SLACK = 1 << 20;

/** A stream of large pictures, the server, and connections that read nothing of what they are sent. */
function besieged(rig: Rig) {
  const { connection, clock, aeronDir } = rig;
  const supervisor = rig.add(
    new Supervisor(connection, { streams: DEFAULT_STREAMS, descriptorStreamIds: [], rules: [] }),
  );
  const baseDirs = AllowedBaseDirs.resolve([rig.directory.path]);
  const hub = rig.add(
    new ViewHub({ connection, clock, streams: DEFAULT_STREAMS, baseDirs, supervisor, aeronDir, version: "1.2.3" }),
  );
  const supervised = { supervisor, clock, aeronDir, shmDir: rig.directory.path, version: "1.2.3" };
  const options = { address: { hostname: "127.0.0.1", port: 0 }, hostNames: [], token: null };
  const { url } = rig.add(new SupervisorServer(supervised, options, hub));
  const producer = rig.producer({ name: "camera" }, { nslots: 4, pools: [{ poolId: 1, strideBytes: FRAME_BYTES }] });
  const frame = new Uint8Array(FRAME_BYTES);
  const publish = (): void => void producer.offer(frame, { dtype: "uint16", dims: [SIDE, SIDE] });
  /** Steps with a new frame each time, until the condition holds. */
  const becomes = async (condition: () => boolean, what: string, meanwhile = (): void => {}): Promise<void> => {
    const endMs = performance.now() + TIMEOUT_MS;
    while (!condition()) {
      if (performance.now() > endMs) throw new Error(`expected ${what}, and it did not come`);
      publish();
      meanwhile();
      rig.clock.jump(20e6);
      rig.step(4);
      await Bun.sleep(0);
    }
  };
  const { hostname, port, host } = new URL(url);
  /** Connections that are paused as soon as they are open. Messages are handed to the hub as if they had come. */
  const stalled = async (count: number) => {
    const sockets = await Promise.all(
      Array.from({ length: count }, () =>
        Bun.connect({
          hostname,
          port: Number(port),
          socket: { open: (socket) => void socket.pause(), data: () => {} },
        }),
      ),
    );
    const key = Buffer.from("0123456789abcdef").toString("base64");
    for (const socket of sockets) {
      socket.write(
        `GET /view/socket HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
      );
    }
    return sockets;
  };
  const say = (link: PageLink, message: object): void => hub.onMessage(link, JSON.stringify(message), () => EVERYBODY);
  return { hub, url, becomes, stalled, say };
}

/** A page that reads and draws at once. */
function honestPage(url: string): { readonly socket: WebSocket; readonly pictures: () => number } {
  let pictures = 0;
  const socket = new WebSocket(`${url.replace("http", "ws")}/view/socket`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    socket.send(JSON.stringify({ type: "hello", token: null }));
    socket.send(JSON.stringify({ ...WATCH, view: 0, maxPixels: 1_100_000 }));
  };
  socket.onmessage = ({ data }) => {
    if (!(data instanceof ArrayBuffer)) return;
    pictures++;
    socket.send(JSON.stringify({ type: "drawn", view: 0 }));
  };
  return { socket, pictures: () => pictures };
}

const WATCH = { type: "watch", stream: STREAM_ID, plane: null, maxSide: 16_384, reduction: "mean" } as const;

describe("pages that attack the viewer", () => {
  test("a hundred pages that read nothing, ask for everything and say that they drew it: memory stays bounded, and an honest page gets its pictures", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { hub, url, becomes, stalled, say } = besieged(rig);
    const honest = honestPage(url);
    await becomes(() => honest.pictures() > 0, "the first picture");
    const sockets = await stalled(100);
    await becomes(() => hub.pages.size === MAX_PAGES, "the most pages");
    const hostile = [...hub.pages].slice(1);
    for (const link of hostile) say(link, { type: "hello", token: null });
    let [mostShared, mostOfPage, mostKept] = [0, 0, 0];
    let round = 0;
    const attack = (): void => {
      round++;
      for (const link of hostile) {
        const view = round % VIEWS;
        // Another region each time, so that no picture is shared; views are replaced before they were taken.
        const plane = { x: 1, y: 0, c: null, index: [0, 0], region: [round % 8, 0, SIDE, SIDE] };
        say(link, { ...WATCH, view, plane, maxPixels: 2 ** 24 });
        say(link, { type: "drawn", view });
        // Seldom enough not to be disconnected for it.
        if (round % 10 === 0) say(link, { type: "hello", token: null });
      }
      const buffered = hostile.map(({ socket }) => socket.buffered());
      mostShared = Math.max(
        mostShared,
        buffered.reduce((sum, bytes) => sum + bytes, 0),
      );
      mostOfPage = Math.max(mostOfPage, ...buffered);
      mostKept = Math.max(mostKept, hub.keptBytes);
    };
    const before = honest.pictures();
    await becomes(() => round >= 40 && honest.pictures() > before + 5, "pictures of the honest page", attack);
    expect(hub.pages.size).toBe(MAX_PAGES);
    expect(mostOfPage).toBeGreaterThan(FRAME_BYTES);
    expect(mostOfPage).toBeLessThan(MAX_BYTES_PER_PAGE + SLACK);
    expect(mostShared).toBeLessThan(MAX_SHARED_BYTES + MAX_PAGES * OWN_BYTES);
    expect(mostKept).toBeLessThan(MAX_KEPT_BYTES + MAX_PAGES * VIEWS * 64 * 1024 + FRAME_BYTES);
    for (const socket of sockets) socket.terminate();
    await becomes(() => hub.pages.size === 1, "the pages to be gone");
    honest.socket.close();
    await becomes(() => hub.pages.size === 0, "the last page to be gone");
    expect(hub.keptBytes).toBe(0);
  });

  test("connections that say nothing make room for pages that do", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { hub, url, becomes, stalled } = besieged(rig);
    const sockets = await stalled(MAX_PAGES);
    await becomes(() => hub.pages.size === MAX_PAGES, "the most pages");
    const honest = honestPage(url);
    await becomes(() => honest.pictures() > 0, "a picture");
    honest.socket.close();
    for (const socket of sockets) socket.terminate();
    await becomes(() => hub.pages.size === 0, "the pages to be gone");
  });

  test("a page that floods is disconnected", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { hub, becomes, stalled, say } = besieged(rig);
    const sockets = await stalled(1);
    await becomes(() => hub.pages.size === 1, "the page");
    const [link] = [...hub.pages] as [PageLink];
    say(link, { type: "hello", token: null });
    for (let i = 0; i < 20_000; i++) say(link, { type: "drawn", view: 0 });
    expect(hub.pages.size).toBe(0);
    for (const socket of sockets) socket.terminate();
  });
});
