import { expect, test } from "bun:test";
import fc from "fast-check";
import { BridgeVerdict } from "../../src/sbe/generated/bridge/index.ts";
import {
  bytesHeader,
  cut,
  deliver,
  endMessage,
  frameMessage,
  newAssembly,
  partMessage,
  valuesOf,
  wholeMessage,
} from "../support/bridge.ts";

/** A session carries frames in order; it may end anywhere, and begin again anywhere later (never reordered within). */
const SESSION = fc.record({
  frames: fc.array(
    fc.record({
      byteLength: fc.integer({ min: 0, max: 4000 }),
      isTorn: fc.boolean(),
      isTaken: fc.boolean(),
    }),
    { maxLength: 12 },
  ),
  partBytes: fc.integer({ min: 1, max: 3000 }),
  payloadBytes: fc.integer({ min: 112, max: 1500 }),
  /** Shares of the fragments that are lost at the beginning and at the end of the session. */
  lostHead: fc.double({ min: 0, max: 1, noNaN: true }),
  lostTail: fc.double({ min: 0, max: 1, noNaN: true }),
  hasWholes: fc.boolean(),
});

test("W-48: over any sessions, every committed frame is whole and intact, in order, and none is counted twice", () => {
  fc.assert(
    fc.property(fc.array(SESSION, { minLength: 1, maxLength: 4 }), (sessions) => {
      const { assembly, target } = newAssembly();
      const refused = new Set<number>();
      target.refuses = (header) => refused.has(header.frameId);
      const intact = new Set<number>();
      let seq = 0;
      for (const { frames, partBytes, payloadBytes, lostHead, lostTail, hasWholes } of sessions) {
        const messages: Uint8Array[] = [];
        for (const { byteLength, isTorn, isTaken } of frames) {
          const values = valuesOf(seq, byteLength);
          if (!isTaken) refused.add(seq);
          if (hasWholes && byteLength < 800 && !isTorn)
            messages.push(wholeMessage(bytesHeader(seq, byteLength), values));
          else {
            messages.push(frameMessage(bytesHeader(seq, byteLength), values.subarray(0, partBytes)));
            for (let at = partBytes; at < byteLength; at += partBytes) {
              messages.push(partMessage(seq, at, values.subarray(at, at + partBytes)));
            }
            messages.push(endMessage(seq, isTorn ? BridgeVerdict.ABORTED : BridgeVerdict.OK));
          }
          if (!isTorn) intact.add(seq);
          seq++;
        }
        const fragments = messages.flatMap((message) => cut(message, payloadBytes));
        const from = Math.floor(fragments.length * lostHead * 0.3);
        const to = fragments.length - Math.floor((fragments.length - from) * lostTail * 0.3);
        for (const fragment of fragments.slice(from, to)) deliver(assembly, fragment);
        assembly.onEnd();
      }
      let before = -1;
      for (const { seq: committedSeq, values } of target.committed) {
        expect(committedSeq).toBeGreaterThan(before);
        expect(intact.has(committedSeq) && !refused.has(committedSeq)).toBe(true);
        expect(values).toEqual(valuesOf(committedSeq, values.length));
        before = committedSeq;
      }
    }),
    { numRuns: 300 },
  );
});

test("W-36: any bytes as fragments throw nothing and commit nothing beyond their frame", () => {
  const fragment = fc.record({
    flags: fc.constantFrom(0, 0x40, 0x80, 0xc0),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(fc.integer({ min: 0, max: 400 }), fc.uint8Array({ maxLength: 300 }))
        .map(([length, values]) => frameMessage(bytesHeader(1, length), values)),
      fc
        .tuple(fc.integer({ min: 0, max: 400 }), fc.uint8Array({ maxLength: 300 }))
        .map(([at, values]) => partMessage(1, at, values)),
    ),
  });
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 30 }), (fragments) => {
      const { assembly } = newAssembly();
      for (const each of fragments) deliver(assembly, each);
      assembly.onEnd();
    }),
    { numRuns: 300 },
  );
});
