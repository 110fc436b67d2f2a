import { describe, expect, test } from "bun:test";
import { bar, glyphsFor } from "../../src/cli/demo/glyphs.ts";
import { liveLines } from "../../src/cli/demo/live-lines.ts";
import { LiveView } from "../../src/cli/demo/live-view.ts";
import type { DemoPlan } from "../../src/cli/demo/plan.ts";
import type { Reading } from "../../src/cli/demo/scoreboard.ts";
import { summaryText } from "../../src/cli/demo/summary.ts";
import type { DemoState } from "../../src/cli/demo/view.ts";
import { paletteOf } from "../../src/core/colours.ts";

const PLAN: DemoPlan = {
  title: "synthetic uint8 480x640",
  sourceArguments: [],
  isStream: false,
  rateHz: 500,
  seconds: 8,
  slots: 64,
  delayNs: 8e6,
  maxSeqGap: 16,
};

const PRODUCER: Reading = {
  kind: "producer",
  name: "producer",
  frames: 4_000,
  bytes: 4_000 * 307_200,
  claimed: 4_000,
  lost: 0,
  losses: [],
  framesPerSecond: 500,
  bytesPerSecond: 153.6e6,
  latencyNs: null,
};
const FAST: Reading = { ...PRODUCER, kind: "consumer", name: "fast consumer", claimed: 0, latencyNs: 85_000 };
const SLOW: Reading = {
  ...FAST,
  name: "slow consumer",
  frames: 1_000,
  bytes: 1_000 * 307_200,
  lost: 3_000,
  losses: [
    { cause: "resync", frames: 2_900 },
    { cause: "changed", frames: 100 },
  ],
  latencyNs: 33e6,
};
const STATE: DemoState = {
  plan: PLAN,
  readings: [PRODUCER, FAST, SLOW],
  phase: "running",
  elapsedSeconds: 3.2,
  processes: [{ name: "producer", pid: 123 }],
};
const OVER: DemoState = { ...STATE, phase: "over", elapsedSeconds: 8 };
const PLAIN = paletteOf(false);
const GLYPHS = glyphsFor({ LANG: "C.UTF-8" });

function linesAt(width: number, height: number, state = STATE): string[] {
  return liveLines(state, { palette: PLAIN, glyphs: GLYPHS, width, height });
}

describe("the picture of a demo", () => {
  test("fits terminals of every size, with a line to spare for the cursor", () => {
    for (const [width, height] of [
      [80, 24],
      [120, 40],
      [200, 60],
      [60, 10],
      [40, 8],
      [20, 3],
    ] as const) {
      for (const state of [STATE, OVER, { ...STATE, phase: "starting" as const, readings: [] }]) {
        const lines = linesAt(width, height, state);
        expect(lines.length).toBeLessThan(height);
        for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThan(width);
      }
    }
  });

  test("shows everything at 80x24, in aligned columns", () => {
    const lines = linesAt(80, 24);
    expect(lines.slice(3, 7)).toEqual([
      "                 frames/s    bytes/s  published   accepted       lost   latency",
      "producer              500   154 MB/s      4,000                     0",
      "fast consumer         500   154 MB/s                 4,000          0     85 us",
      "slow consumer         500   154 MB/s                 1,000      3,000     33 ms",
    ]);
    expect(lines[1]).toEndWith("3.2 of 8 s");
    expect(lines).toContain("                 lost 3,000: resync 2,900 · changed 100");
    expect(lines.at(-1)).toBe("Ctrl-C ends the demo.");
  });

  test("a narrow terminal has fewer columns, and whole ones", () => {
    expect(linesAt(70, 24)[3]).toBe("                 frames/s  published   accepted       lost   latency");
    expect(linesAt(60, 24)[3]).toBe("                 frames/s   accepted       lost   latency");
  });

  test("a title from a hostile file name moves no cursor", () => {
    const lines = linesAt(80, 24, { ...STATE, plan: { ...PLAN, title: "npy:\x1b[2J\n.npy" } });
    expect(lines.join("")).not.toContain("\x1b");
  });

  test("bars claim neither nothing nor everything before it is so", () => {
    expect(bar(0, 10, "#", ".")).toEqual(["", ".........."]);
    expect(bar(0.001, 10, "#", ".")).toEqual(["#", "........."]);
    expect(bar(0.999, 10, "#", ".")).toEqual(["#########", "."]);
    expect(bar(1, 10, "#", ".")).toEqual(["##########", ""]);
  });

  test("draws in ASCII where the locale knows no more", () => {
    expect(glyphsFor({ LC_ALL: "C" }).full).toBe("#");
    expect(glyphsFor({ LC_ALL: "", LANG: "de_DE.utf8" }).full).toBe("█");
    expect(glyphsFor({}).full).toBe("█");
  });
});

class FakeTerminal {
  readonly writes: string[] = [];
  queuedBytes = 0;

  write(text: string): boolean {
    this.writes.push(text);
    return true;
  }
}

describe("the live view", () => {
  test("draws each picture over the one before with one write, and gives the cursor back once", () => {
    const terminal = new FakeTerminal();
    const view = new LiveView(terminal, PLAIN, { columns: 80, rows: 24 });
    view.show(STATE);
    view.show(STATE);
    expect(terminal.writes.length).toBe(2);
    const rows = linesAt(80, 24).length;
    expect(terminal.writes[0]).toStartWith("\x1b[?2026h\x1b[?25ltensorpool demo");
    expect(terminal.writes[1]).toStartWith(`\x1b[?2026h\r\x1b[${rows}Atensorpool demo`);
    view.close();
    view.close();
    view.show(STATE);
    expect(terminal.writes.slice(2)).toEqual(["\x1b[?25h"]);
  });

  test("finds the top of the picture again when a narrower terminal has wrapped its lines", () => {
    const terminal = new FakeTerminal();
    const size = { columns: 100, rows: 60 };
    const view = new LiveView(terminal, PLAIN, size);
    view.show(STATE);
    const wrapped = linesAt(100, 60).reduce((sum, line) => sum + Math.max(1, Math.ceil(Bun.stringWidth(line) / 50)), 0);
    size.columns = 50;
    view.show(STATE);
    view.close();
    expect(terminal.writes[1]).toContain(`\r\x1b[${wrapped}A`);
  });

  test("leaves pictures out while the terminal is behind, but never the last one", () => {
    const terminal = new FakeTerminal();
    const view = new LiveView(terminal, PLAIN, { columns: 80, rows: 24 });
    terminal.queuedBytes = 1;
    view.show(STATE);
    expect(terminal.writes).toEqual([]);
    view.show(OVER);
    view.close();
    expect(terminal.writes.length).toBe(2);
  });
});

describe("the summary", () => {
  const totals = { producer: PRODUCER, fast: FAST, slow: SLOW };

  test("tells in sentences what was published, accepted, lost and why, and how late frames were", () => {
    const lines = summaryText(PLAN, { ending: "completed", elapsedSeconds: 8, totals }, PLAIN, 1000);
    expect(lines).toEqual([
      "The producer published 4,000 frames (synthetic uint8 480x640, 300 KiB each), 500/s or 154 MB/s.",
      "The fast consumer accepted all 4,000: nothing was lost. It had each of them 85 us after the producer began to fill it, on average.",
      "The slow consumer held each frame for 8 ms on purpose: it accepted 1,000 frames (25 %), 33 ms old on average, and lost 3,000. Live frames are dropped when a consumer does not take them in time, so neither the producer nor the fast consumer waited for it. It lost:",
      "      2,900  resync   frames skipped to catch up",
      "        100  changed  frames overwritten while they were read",
      "Each frame was written once, into shared memory, and read there: the consumers read 1.43 GiB without a copy. Through Aeron went a message of 96 bytes for each frame, 375 KiB in all.",
      "The processes have ended, and nothing is left of them.",
    ]);
  });

  test("breaks lines at the width, but never between a number and its unit", () => {
    for (let width = 40; width < 100; width++) {
      const plan = { ...PLAN, title: "frames" };
      const lines = summaryText(plan, { ending: "interrupted", elapsedSeconds: 3, totals }, PLAIN, width);
      for (const line of lines) expect(line).not.toMatch(/\d$/);
      expect(lines[0]).toBe("Interrupted after 3.0 s.");
      expect(lines.join("")).not.toContain("\u00a0");
    }
  });

  test("a source without frames is no failure", () => {
    const none = { ...totals, producer: { ...PRODUCER, frames: 0, bytes: 0, framesPerSecond: null } };
    const lines = summaryText(PLAN, { ending: "source-ended", elapsedSeconds: 0, totals: none }, PLAIN, 80);
    expect(lines).toContain("The producer published no frame.");
  });
});
