import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Batch, FrameQueue } from "../../src/io/output/frame-queue.ts";

const step = fc.oneof(
  fc.record({ kind: fc.constant("stage" as const), bytes: fc.integer({ min: 0, max: 2_000 }), intact: fc.boolean() }),
  fc.record({ kind: fc.constant("take" as const) }),
  fc.record({ kind: fc.constant("release" as const) }),
);

describe("frame queue", () => {
  test("intact frames come out once, in order and whole; memory stays bounded while hasRoom is obeyed", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.boolean(), (steps, isGathering) => {
        const limits = { frames: 4, bytes: 8_000, isGathering };
        const queue = new FrameQueue(limits);
        const expected: number[] = [];
        const found: number[] = [];
        const taken: Batch[] = [];
        const take = (): void => {
          const batch = queue.take();
          if (batch === null) return;
          if (!isGathering) expect(batch.frames).toBe(1);
          found.push(...batch.bytes.subarray(0, batch.byteLength));
          taken.push(batch);
        };
        const release = (): void => {
          const batch = taken.shift();
          if (batch !== undefined) queue.release(batch);
        };
        let seq = 0;
        for (const { kind, ...rest } of steps) {
          if (kind === "take") take();
          else if (kind === "release") release();
          else if (queue.hasRoom && "bytes" in rest) {
            const value = seq & 0xff;
            queue.stage(Uint8Array.of(255), new Uint8Array(rest.bytes).fill(value), seq++);
            // A frame under way must not leave with the batch that it may be added to.
            if (seq % 3 === 0) take();
            queue.settle(rest.intact);
            if (rest.intact) expected.push(255, ...Array(rest.bytes).fill(value));
          }
          expect(queue.waitingFrames).toBeLessThanOrEqual(isGathering ? 10_000 : limits.frames);
        }
        for (let i = 0; i < 1_000 && !queue.isEmpty; i++) {
          take();
          release();
        }
        expect(queue.isEmpty).toBe(true);
        expect(found).toEqual(expected);
      }),
    );
  });
});
