import { describe, expect, test } from "bun:test";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { AllowedBaseDirs } from "../../src/shm/index.ts";
import { Supervisor } from "../../src/supervision/supervisor.ts";
import { MAX_PAGES } from "../../src/view/connected-pages.ts";
import { ViewHub } from "../../src/view/hub.ts";
import type { ClientMessage } from "../../src/view/messages.ts";
import { decodePicture, type Picture } from "../../src/view/page/values.ts";
import type { Admission } from "../../src/view/page-hub.ts";
import type { PageLink, PageSocket } from "../../src/view/page-link.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";

const WATCH = { stream: STREAM_ID, plane: null, maxPixels: 10_000, maxSide: 8192, reduction: "mean" } as const;
const EVERYBODY: Admission = { maySee: true, maySteer: false, reason: null };
const SHAPE = { dtype: "uint16", dims: [2, 4] } as const;

/** A page that keeps what it is sent, and says only what the test has it say. */
class FakePage implements PageSocket {
  readonly pictures: Picture[] = [];
  readonly texts: Record<string, unknown>[] = [];
  closed: string | null = null;
  bufferedBytes = 0;
  link: PageLink | null = null;
  readonly #hub: ViewHub;

  constructor(hub: ViewHub, admission: Admission = EVERYBODY) {
    this.#hub = hub;
    this.link = hub.open(this, "test");
    this.say({ type: "hello", token: null }, admission);
  }

  say(message: ClientMessage, admission: Admission = EVERYBODY): void {
    this.sayText(JSON.stringify(message), admission);
  }

  sayText(text: string, admission: Admission = EVERYBODY): void {
    if (this.link !== null) this.#hub.onMessage(this.link, text, () => admission);
  }

  buffered(): number {
    return this.bufferedBytes;
  }

  sendText(text: string): void {
    this.texts.push(JSON.parse(text));
  }

  sendBytes(bytes: Uint8Array<ArrayBuffer>): void {
    const picture = decodePicture(bytes.slice().buffer);
    if (picture !== null) this.pictures.push(picture);
  }

  close(_code: number, reason: string): void {
    this.closed = reason;
  }
}

function shown(rig: Rig) {
  const supervisor = rig.add(
    new Supervisor(rig.connection, { streams: DEFAULT_STREAMS, descriptorStreamIds: [], rules: [] }),
  );
  const producer = rig.producer({ name: "camera" });
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
  rig.until(() => supervisor.model.streams.get(STREAM_ID)?.state === "live", "the stream to be known");
  let value = 0;
  /** Publishes a frame of eight values of `value`, and lets the hub look. */
  const publish = (): void => {
    const frame = new Uint16Array(8).fill(++value);
    producer.offer(new Uint8Array(frame.buffer), SHAPE);
    rig.clock.jump(20e6);
    rig.step(4);
  };
  const publishUntil = (condition: () => boolean, what: string): void =>
    rig.until(() => {
      publish();
      return condition();
    }, what);
  const watching = (): FakePage => {
    const page = new FakePage(hub);
    page.say({ type: "watch", view: 0, ...WATCH });
    return page;
  };
  return { hub, publish, publishUntil, watching, supervisor, producer };
}

describe("the flow of pictures to pages", () => {
  test("a page has one picture under way, gets the newest when it has drawn it, and is told what it missed", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { publish, publishUntil, watching } = shown(rig);
    const page = watching();
    publishUntil(() => page.pictures.length > 0, "the first picture");
    const [first] = page.pictures;
    for (let i = 0; i < 5; i++) publish();
    expect(page.pictures.length).toBe(1);
    page.say({ type: "drawn", view: 0 });
    rig.step(2);
    expect(page.pictures.length).toBe(2);
    const second = page.pictures[1] as Picture;
    expect(second.seq).toBe((first?.seq ?? 0) + 5);
    expect(second.skipped).toBe(4);
    expect([...(second.values as Uint16Array)]).toEqual(new Array(8).fill((first?.values[0] as number) + 5));
    // Nothing newer: nothing is sent, however often the page says that it has drawn.
    page.say({ type: "drawn", view: 0 });
    page.say({ type: "drawn", view: 0 });
    rig.step(5);
    expect(page.pictures.length).toBe(2);
  });

  test("a page that draws nothing changes nothing for another one, and for the memory", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { hub, publish, publishUntil, watching } = shown(rig);
    const [slow, quick] = [watching(), watching()];
    publishUntil(() => slow.pictures.length > 0 && quick.pictures.length > 0, "pictures");
    const before = quick.pictures.length;
    for (let i = 0; i < 50; i++) {
      quick.say({ type: "drawn", view: 0 });
      publish();
    }
    expect(slow.pictures.length).toBe(1);
    expect(quick.pictures.length).toBe(before + 50);
    // Both share one conversion.
    const [one, other] = [...hub.pages].map(({ views }) => views.get(0)?.picture);
    expect(one).toBe(other as NonNullable<typeof other>);
    expect(one?.keptBytes).toBe(64 + 16);
  });

  test("a state that a page has no room for is left out, and the next one has all events since", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { watching } = shown(rig);
    const page = watching();
    const states = () => page.texts.filter(({ type }) => type === "state");
    const before = states().length;
    page.bufferedBytes = 1;
    for (let i = 0; i < 3; i++) {
      rig.clock.jump(1e9);
      rig.step(3);
    }
    expect(states().length).toBe(before);
    page.bufferedBytes = 0;
    rig.clock.jump(1e9);
    rig.until(() => states().length > before, "the next state");
    const events = states().flatMap(({ events }) => events as { id: number }[]);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => i + 1));
  });

  test("the bandwidth of a stream that no consumer reads is that of its frames", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { publish, watching } = shown(rig);
    const page = watching();
    const newest = () => (page.texts.at(-1)?.["streams"] as { framesPerSecond: number; bytesPerSecond: number }[])?.[0];
    rig.until(() => {
      publish();
      return page.texts.at(-1)?.["type"] === "state" && (newest()?.bytesPerSecond ?? 0) > 0;
    }, "a bandwidth");
    expect(newest()?.bytesPerSecond).toBeCloseTo((newest()?.framesPerSecond ?? 0) * 16, 6);
  });

  test("pages learn of an event before the next second", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { watching, supervisor } = shown(rig);
    const page = watching();
    const states = () => page.texts.filter(({ type }) => type === "state").length;
    rig.clock.jump(1e9);
    rig.step(3);
    const before = states();
    rig.clock.jump(260e6);
    rig.step(3);
    expect(states()).toBe(before);
    supervisor.model.events.add(rig.clock.nanoTime(), "producer-lost", STREAM_ID, null, "a producer is lost");
    rig.step(3);
    expect(states()).toBe(before + 1);
  });

  test("the delay of frames is that of the moment at which they are found", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { publish, watching } = shown(rig);
    const page = watching();
    const delays = () =>
      page.texts.flatMap(({ streams }) =>
        ((streams ?? []) as { sample: number[] | null }[]).map(({ sample }) => sample?.[4]),
      );
    rig.until(() => {
      // Found within the cycles of `publish`, 20 ms after the frame's timestamp by this clock.
      publish();
      return delays().some((delay) => typeof delay === "number");
    }, "a delay");
    const found = delays().find((delay) => typeof delay === "number") ?? 0;
    expect(found).toBeGreaterThanOrEqual(19e6);
    expect(found).toBeLessThan(60e9);
  });

  test("the shape comes before the first picture, and a restarted producer's pictures are shown again", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { publishUntil, watching, producer } = shown(rig);
    const page = watching();
    publishUntil(() => page.pictures.length > 0, "a picture");
    const shapes = () => page.texts.filter(({ type }) => type === "shape");
    expect(shapes()).toMatchObject([{ dims: [2, 4], dtype: "uint16", plane: { x: 1, y: 0 } }]);
    await rig.remove(producer);
    const again = rig.producer({ name: "camera" });
    page.say({ type: "drawn", view: 0 });
    rig.until(() => {
      rig.clock.jump(50e6);
      again.offer(new Uint8Array(12), { dtype: "uint8", dims: [3, 4] });
      return page.pictures.at(-1)?.dtype === "uint8";
    }, "a picture of the new epoch");
    expect(shapes().at(-1)).toMatchObject({ dims: [3, 4], dtype: "uint8" });
    expect(shapes().at(-1)?.["epoch"]).not.toBe(shapes()[0]?.["epoch"]);
  });

  test("what is no message is refused, and a page that sends nothing else is disconnected", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { hub, publish } = shown(rig);
    const hostile = [
      "",
      "null",
      "[]",
      "{",
      `{"type":"watch"}`,
      JSON.stringify({ type: "watch", view: 64, ...WATCH }),
      JSON.stringify({ type: "watch", view: 0, ...WATCH, maxPixels: 1e300 }),
      JSON.stringify({ type: "watch", view: 0, ...WATCH, stream: -1 }),
      JSON.stringify({ type: "watch", view: 0, ...WATCH, plane: { x: 0, y: 0.5, c: null, index: [], region: null } }),
      JSON.stringify({
        type: "watch",
        view: 0,
        ...WATCH,
        plane: { x: 0, y: null, c: null, index: [-1], region: null },
      }),
      JSON.stringify({
        type: "watch",
        view: 0,
        ...WATCH,
        plane: { x: 0, y: null, c: null, index: [0], region: [0, 0] },
      }),
      JSON.stringify({ type: "watch", view: 0, ...WATCH, reduction: "__proto__" }),
      JSON.stringify({ type: "drawn", view: "0" }),
      JSON.stringify({ type: "hello", token: "x".repeat(5000) }),
      `{"type":"drawn","view":0,"__proto__":{"polluted":true}}${" ".repeat(5000)}`,
    ];
    const page = new FakePage(hub);
    for (const text of hostile) page.sayText(text);
    publish();
    expect(page.closed).toBeNull();
    expect(page.link?.views.size).toBe(0);
    page.sayText("one more");
    expect(page.closed).toContain("no message");
    expect(hub.pages.size).toBe(0);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("a page that may not see is sent nothing, whatever it asks", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { hub, publish } = shown(rig);
    const page = new FakePage(hub, { maySee: false, maySteer: false, reason: "no token" });
    page.say({ type: "watch", view: 0, ...WATCH });
    for (let i = 0; i < 3; i++) publish();
    rig.clock.jump(2e9);
    rig.step(3);
    expect(page.pictures).toEqual([]);
    expect(page.texts).toMatchObject([{ type: "welcome", maySee: false, reason: "no token", history: {} }]);
  });

  test("beyond the most pages none is let in; those that leave make room", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { hub } = shown(rig);
    const pages = Array.from({ length: MAX_PAGES }, () => new FakePage(hub));
    const further = new FakePage(hub);
    expect(further.closed).toContain("pages are open");
    hub.close(pages[0]?.link as PageLink);
    expect(new FakePage(hub).closed).toBeNull();
  });

  test("views of streams that do not exist leave nothing behind", async () => {
    await using rig = new Rig({ tellsPauses: false });
    const { hub } = shown(rig);
    const page = new FakePage(hub);
    for (let stream = 50_000; stream < 50_500; stream++)
      page.say({ type: "watch", view: stream % 64, ...WATCH, stream });
    expect(page.link?.views.size).toBe(64);
    hub.close(page.link as PageLink);
    rig.clock.jump(1e9);
    rig.step(3);
    expect(page.link?.views.size).toBe(0);
  });
});
