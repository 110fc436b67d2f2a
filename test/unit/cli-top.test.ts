import { describe, expect, test } from "bun:test";
import { topLines } from "../../src/cli/top/top-lines.ts";
import { TOP_PAGES, type TopReading, TopState } from "../../src/cli/top/top-state.ts";
import { paletteOf } from "../../src/core/colours.ts";
import { consumerViews, eventViews, streamViews } from "../../src/supervision/model/index.ts";
import { Supervised } from "../support/supervision.ts";

/** So many streams with two consumers each; the higher the id, the more is lost. */
function reading(streams: number): TopReading {
  const it = new Supervised();
  for (let i = 0; i <= 3; i++) {
    for (let streamId = 1; streamId <= streams; streamId++) {
      const epoch = 5n;
      it.announce({ streamId, epoch });
      it.model.onSource(it.nowNs, {
        streamId,
        producerId: 7,
        epoch,
        metaVersion: 1,
        name: `camera-${streamId}`,
        summary: "",
      });
      it.qosProducer(i * 1000, { streamId });
      for (const consumerId of [1, 2]) it.qos(i * 1000, { streamId, consumerId, gap: i * streamId * (consumerId - 1) });
    }
    it.wait(1);
  }
  const { model, nowNs } = it;
  return {
    timeMs: 0,
    aeronDir: "/dev/shm/aeron",
    streams: streamViews(model, nowNs),
    consumers: consumerViews(model, nowNs),
    events: eventViews(model.events.after(0), nowNs, 0),
    isConnected: true,
  };
}

function lines(state: TopState, width: number, height: number, streams = 3, coloured = false): string[] {
  return topLines(reading(streams), state, { palette: paletteOf(coloured), width, height });
}

describe("top", () => {
  test("the picture fits the terminal at every size, on every page, with few and with many streams", () => {
    for (const [width, height] of [
      [80, 24],
      [200, 60],
      [40, 10],
      [20, 5],
      [10, 2],
      [1, 1],
    ] as const) {
      for (const streams of [0, 1, 60]) {
        for (const page of TOP_PAGES) {
          const state = new TopState();
          state.page = page;
          const picture = lines(state, width, height, streams, true);
          expect(picture.length).toBeLessThanOrEqual(height);
          for (const line of picture) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(width);
        }
      }
    }
  });

  test("80x24 shows streams, consumers, causes and events", () => {
    const text = lines(new TopState(), 80, 24).join("\n");
    expect(text).toContain("3 of 3 streams, 6 consumers, 3 k/s");
    expect(text).toMatch(/^ +2 {2}camera-2 +live +1 k/m);
    expect(text).toMatch(/gap 9$/m);
    expect(text).toContain("stream-appeared");
    expect(text.split("\n").at(-1)).toStartWith("q quit");
  });

  test("without colours there is no escape sequence", () => {
    expect(lines(new TopState(), 80, 24).join("")).not.toContain("\x1b");
    expect(lines(new TopState(), 80, 24, 3, true).join("")).toContain("\x1b");
  });

  test("keys order both tables, the same key again turns the order round", () => {
    const state = new TopState();
    const ids = (): number[] => state.streamsOf(reading(3)).map(({ streamId }) => streamId);
    expect(ids()).toEqual([1, 2, 3]);
    expect(state.onKey("d")).toBe(true);
    expect(ids()).toEqual([3, 2, 1]);
    expect(state.consumersOf(reading(3))[0]).toMatchObject({ streamId: 3, consumerId: 2 });
    state.onKey("d");
    expect(ids()).toEqual([1, 2, 3]);
    state.onKey("n");
    state.onKey("r");
    expect(ids()).toEqual([3, 2, 1]);
  });

  test("more rows than fit are told of, and scrolled through on a page of their own", () => {
    const state = new TopState();
    expect(lines(state, 80, 24, 60).join("\n")).toMatch(/\.\.\. and \d+ more: tab/);
    state.onKey("\t");
    expect(state.page).toBe("streams");
    state.onKey("\x1b[6~");
    expect(lines(state, 80, 24, 60)[4]).toContain("camera-11");
    for (let i = 0; i < 20; i++) state.onKey("\x1b[6~");
    expect(lines(state, 80, 24, 60).at(-2)).toContain("camera-60");
    state.onKey("g");
    expect(lines(state, 80, 24, 60)[4]).toContain("camera-1 ");
  });

  test("pause, help and the end", () => {
    const state = new TopState();
    state.onKey(" ");
    expect(lines(state, 80, 24)[0]).toContain("paused");
    state.onKey("?");
    expect(lines(state, 80, 30).join("\n")).toContain("order by drops/s");
    expect(state.onKey("x")).toBe(true);
    expect(state.showsHelp).toBe(false);
    expect(state.onKey("x")).toBe(false);
    expect(state.onKey("q")).toBe("quit");
  });
});
