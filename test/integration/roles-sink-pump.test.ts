import { describe, expect, test } from "bun:test";
import type { WaitPoint } from "../../src/core/wait-point.ts";
import type { Sink } from "../../src/io/types.ts";
import { SinkPump } from "../../src/roles/sink-pump.ts";
import { Rig } from "../support/rig.ts";

const POINT: WaitPoint = { arm: () => true, wait: () => true };
const BRIEF: WaitPoint = { arm: () => true, wait: () => true };

/** A sink whose reader gives room, as one of claims does. Writes down what it is called for. */
class RoomSink implements Sink {
  readonly description = "of a test";
  readonly needsAttributes = false;
  readonly waitPoint = POINT;
  readonly briefWaitPoint = BRIEF;
  readonly closedByReader = false;
  readonly drained = true;
  readonly calls: string[] = [];
  hasRoom = true;
  isAsked = false;

  accept(): void {
    this.calls.push("accept");
  }

  settle(): void {}

  flush(): void {
    this.calls.push("flush");
  }

  doWork(): number {
    if (this.calls.length > 0) this.calls.push("next cycle");
    return 0;
  }

  summary(): readonly string[] {
    return [];
  }

  async close(): Promise<void> {}
}

describe("a sink whose reader gives room for each frame", () => {
  for (const flow of ["wait", "drop"] as const) {
    test(`${flow}: without room its reader is waited for, and for longer than a rest only where the producer waits too`, async () => {
      await using rig = new Rig();
      const { consumer } = rig.pair({ flow });
      const sink = new RoomSink();
      const options = { clock: rig.clock, count: Number.POSITIVE_INFINITY, once: false, onDone: () => {} };
      const pump = rig.add(new SinkPump(consumer, sink, options));
      const isBrief = (): boolean => pump.waitPoint(rig.clock.nanoTime()) === BRIEF;
      sink.hasRoom = false;
      expect(pump.waitPoint(rig.clock.nanoTime())).toBe(flow === "wait" ? POINT : BRIEF);
      sink.hasRoom = true;
      expect(isBrief()).toBe(false);
      // A reader that asks would wait for the answer until the next frame comes.
      sink.isAsked = true;
      expect(isBrief()).toBe(true);
    });
  }

  test("has what it accepted moved on in the same cycle", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const sink = new RoomSink();
    const options = { clock: rig.clock, count: 1, once: false, onDone: () => {} };
    rig.add(new SinkPump(consumer, sink, options));
    producer.offer(new Uint8Array(4), { dtype: "uint8", dims: [4] });
    rig.until(() => sink.calls.includes("next cycle"), "a frame");
    expect(sink.calls.slice(0, 3)).toEqual(["accept", "flush", "next cycle"]);
  });
});
