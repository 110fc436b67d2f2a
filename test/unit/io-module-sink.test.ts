import { describe, expect, test } from "bun:test";
import { layoutOf, openSink, type Sink, SinkError } from "../../src/io/index.ts";
import { drain, sinkFrame, temporaryFolder, turn, writeAll } from "../support/io-frames.ts";

/** What modules under test leave behind. */
interface Seen {
  seen: unknown[];
}

const layout = layoutOf("uint16", [2]);
const frame = (seq: number) => sinkFrame(layout, new Uint8Array(Uint16Array.of(seq, 7).buffer), { seq });
const seen = (): unknown[] => (globalThis as unknown as Seen).seen;

async function open(text: string, options = ""): Promise<Sink> {
  using folder = await temporaryFolder();
  (globalThis as unknown as Seen).seen = [];
  await Bun.write(folder.path("user.ts"), `const seen = globalThis.seen;\n${text}`);
  return await openSink(`module:${folder.path("user.ts")}${options}`);
}

async function failure(action: () => unknown): Promise<SinkError> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(SinkError);
    return error as SinkError;
  }
  throw new Error("expected a SinkError, found none");
}

describe("sinks that read in place", () => {
  test("frame sees each frame in place, settled whether it was intact", async () => {
    const sink = await open(`export const sink = {
      frame(f) { seen.push([f.seq, f.dtype, f.dims, f.byteLength, ...f.values]); },
      settled(seq, isIntact) { seen.push([seq, isIntact]); },
      summary: () => ["that was all"],
      close() { seen.push("closed"); },
    };`);
    sink.accept(frame(0));
    sink.settle(false);
    await writeAll(sink, [frame(1)]);
    await sink.close();
    expect(seen()).toEqual([[0, "uint16", [2], 4, 0, 7], [0, false], [1, "uint16", [2], 4, 1, 7], [1, true], "closed"]);
    expect(sink.summary()).toEqual([expect.stringMatching(/user\.ts took 1 frame$/), "that was all"]);
  });

  test("a frame is not readable after the call, a copy is", async () => {
    const sink = await open(`export default {
      frame(f) { seen.push(f, f.copy()); },
    };`);
    const bytes = new Uint8Array(Uint16Array.of(5, 6).buffer);
    sink.accept(sinkFrame(layout, bytes, { seq: 3 }));
    sink.settle(true);
    bytes.fill(0);
    const [view, copy] = seen() as [{ values: unknown }, { seq: number; values: Uint16Array }];
    expect(() => view.values).toThrow("expected a frame to be read within frame()");
    expect([copy.seq, ...copy.values]).toEqual([3, 5, 6]);
  });

  test("false ends the consumer in order, but not from a frame that was overwritten", async () => {
    const sink = await open("export default { frame: () => false };");
    sink.accept(frame(0));
    sink.settle(false);
    expect(sink.closedByReader).toBe(false);
    sink.accept(frame(1));
    sink.settle(true);
    expect(sink.closedByReader).toBe(true);
  });

  test("what it throws ends the sink, unless the frame was overwritten while it was read", async () => {
    const sink = await open("export default {\n frame(f) { if (f.values[1] !== 8) throw new RangeError('odd'); } };");
    sink.accept(frame(0));
    sink.settle(false);
    expect(sink.doWork(0)).toBe(0);
    sink.accept(frame(1));
    sink.settle(true);
    const error = await failure(() => sink.doWork(0));
    expect(error.code).toBe("module");
    expect(error.message).toMatch(
      /user\.ts: expected frame\(\) to take frame 1, found RangeError: odd \(.*user\.ts:3:\d+\)$/,
    );
  });

  test("an asynchronous frame() is refused: the memory is readable during the call only", async () => {
    const sink = await open("export default { async frame() { throw new Error('late'); } };");
    sink.accept(frame(0));
    sink.settle(true);
    expect((await failure(() => sink.doWork(0))).message).toContain(
      "expected frame() to be done when it returns (or a sink with copiedFrame()), found a promise",
    );
    await turn();
  });

  test("settled() that throws ends the sink", async () => {
    const sink = await open("export default { frame() {}, settled() { throw new Error('x'); } };");
    sink.accept(frame(4));
    sink.settle(true);
    expect((await failure(() => sink.doWork(0))).message).toContain("settled() to return for frame 4, found Error: x");
  });
});

describe("sinks that take copies", () => {
  test("copies of intact frames come one at a time, to keep; others never", async () => {
    const sink = await open(
      `let busy = false;
      export default async ({ options }) => ({
        description: options.name,
        needsAttributes: true,
        async copiedFrame(f) {
          if (busy) seen.push("two at once");
          busy = true;
          await Bun.sleep(2);
          busy = false;
          seen.push([f.seq, ...f.values]);
        },
      });`,
      ",name=mine",
    );
    expect(sink).toMatchObject({ description: "mine", needsAttributes: true });
    sink.accept(frame(0));
    sink.settle(false);
    await writeAll(sink, [frame(1), frame(2), frame(3)]);
    expect(seen()).toEqual([
      [1, 1, 7],
      [2, 2, 7],
      [3, 3, 7],
    ]);
    expect(sink.summary()).toEqual(["mine took 3 frames"]);
  });

  test("a few frames wait, then there is no room", async () => {
    const sink = await open("export default { copiedFrame: () => new Promise((done) => seen.push(done)) };");
    let accepted = 0;
    while (sink.hasRoom) {
      sink.accept(frame(accepted++));
      sink.settle(true);
      sink.doWork(0);
    }
    expect(accepted).toBe(8);
    expect(sink.drained).toBe(false);
    while (!sink.drained) {
      (seen().pop() as (() => void) | undefined)?.();
      await turn();
      sink.doWork(0);
    }
    expect<boolean>(sink.hasRoom).toBe(true);
  });

  test("false ends the consumer, a rejection ends the sink with an error", async () => {
    const enough = await open("export default { copiedFrame: async (f) => f.seq < 1 };");
    await writeAll(enough, [frame(0), frame(1)]);
    expect(enough.closedByReader).toBe(true);
    const failing = await open("export default {\n async copiedFrame() { await 0; throw new Error('disk'); } };");
    failing.accept(frame(9));
    failing.settle(true);
    expect((await failure(() => drain(failing))).message).toMatch(
      /copiedFrame\(\) to take frame 9, found Error: disk \(.*:3:\d+\)$/,
    );
    const thrown = await open("export default { copiedFrame() { throw new Error('now'); } };");
    thrown.accept(frame(0));
    thrown.settle(true);
    expect((await failure(() => thrown.doWork(0))).message).toContain("found Error: now");
  });
});

describe("modules that do not work", () => {
  test("are refused when they are opened", async () => {
    for (const [text, message] of [
      ["export const source = {};", 'expected an export named "sink", or a default export, found the exports source'],
      ["export default { close() {} };", 'a sink with a function "frame" or "copiedFrame", found an object with close'],
      ["export default { frame() {}, copiedFrame() {} };", "found both"],
      ["export default { frame() {}, settled: 1 };", '"settled" to be a function, found 1'],
      ["export default [];", "found an array of 0"],
      ["export default {", "found syntax error: "],
    ] as const) {
      const error = await failure(() => open(text));
      expect(error.code).toBe("module");
      expect(error.message).toContain(message);
    }
    expect((await failure(() => openSink("module:no/such.ts"))).message).toBe(
      "module:no/such.ts: cannot be read: there is no such file (ENOENT); check the path",
    );
  });

  test("close() that throws is reported when the sink is closed, summary() that throws in its place", async () => {
    const sink = await open(
      "export default { frame() {}, close() { throw new Error('c'); }, summary() { throw new Error('s'); } };",
    );
    expect(sink.summary()[1]).toContain("summary() to return lines, found Error: s");
    expect((await failure(() => sink.close())).message).toContain("close() to return, found Error: c");
  });
});
