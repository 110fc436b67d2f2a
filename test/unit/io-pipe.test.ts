import { describe, expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { layoutOf, openSink, openSource, type Source, SourceError } from "../../src/io/index.ts";
import { FILL_LIMIT_BYTES } from "../../src/io/input/stream-source.ts";
import {
  drain,
  fixture,
  pinned,
  readFrames,
  sinkFrame,
  temporaryFolder,
  turn,
  writeAll,
} from "../support/io-frames.ts";

async function fifo(path: string): Promise<string> {
  expect(await Bun.spawn(["mkfifo", path]).exited).toBe(0);
  return path;
}

/** Room enough in an ordinary pipe, so that a test may write without waiting. */
const WELL_UNDER_PIPE_BYTES = 32 * 1024;

describe("sources on a FIFO opened by name", () => {
  test("opening waits for the writer without blocking, says what for, and can be given up", async () => {
    using folder = await temporaryFolder();
    const path = await fifo(folder.path("in"));
    const abort = new AbortController();
    const waiting: string[] = [];
    const opening = openSource(`y4m:${path}`, {
      signal: abort.signal,
      onWaiting: (what) => {
        waiting.push(what);
        abort.abort();
      },
    });
    const error = await opening.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(SourceError);
    expect(error).toMatchObject({ code: "aborted" });
    expect(waiting).toEqual([`waiting for the first frame on ${path}`]);
  });

  for (const chunkBytes of [1, 7, 1_000]) {
    test(`frames that arrive ${chunkBytes} bytes at a time are whole`, async () => {
      using folder = await temporaryFolder();
      const path = await fifo(folder.path("in"));
      const whole = readFileSync(fixture("npy/records-mixed.npy"));
      const opening = openSource(`npy:${path}`);
      // Opened for reading as well: this does not wait for the reader.
      const writer = openSync(path, "r+");
      let source: Source | null = null;
      void opening.then((opened) => {
        source = opened;
      });
      let at = 0;
      while (source === null) {
        if (at < 128) at += writeSync(writer, whole, at, Math.min(chunkBytes, 128 - at));
        await turn();
      }
      const frames: string[] = [];
      let target: Uint8Array | null = null;
      const opened = await opening;
      while (frames.length < 3) {
        if (target === null && opened.poll(0) === "ready") target = pinned(opened.layout.byteLength);
        if (target !== null && opened.fill(target, 0) === "done") {
          frames.push(`${opened.layout.dtype} ${opened.layout.dims.join("x")} ${Buffer.from(target).toString("hex")}`);
          target = null;
        } else if (at < whole.length) at += writeSync(writer, whole, at, Math.min(chunkBytes, whole.length - at));
      }
      closeSync(writer);
      expect(opened.poll(0)).toBe("end");
      opened.close();
      const expected = JSON.parse(readFileSync(fixture("npy/expected.json"), "utf8"))["records-mixed"];
      expect(frames).toEqual(
        expected.map((e: { dtype: string; dims: number[]; hex: string }) => `${e.dtype} ${e.dims.join("x")} ${e.hex}`),
      );
    });
  }

  test("without data poll says idle and fill says more, at once; a cut frame is an error", async () => {
    using folder = await temporaryFolder();
    const path = await fifo(folder.path("in"));
    const writer = openSync(path, "r+");
    writeSync(writer, Buffer.alloc(200, 1));
    const source = await openSource(`raw:${path}`, { dtype: "uint8", dims: "200" });
    const target = pinned(200);
    expect(source.fill(target, 0)).toBe("done");
    expect(source.poll(0)).toBe("idle");
    writeSync(writer, Buffer.alloc(100, 1));
    expect(source.poll(0)).toBe("ready");
    target.fill(0);
    expect(source.fill(target, 0)).toBe("more");
    expect(source.fill(target, 0)).toBe("more");
    expect(target.indexOf(0)).toBe(100);
    closeSync(writer);
    expect(() => source.fill(target, 0)).toThrow(
      `${path}: frame 1 is cut off: expected 200 bytes of values, found 100`,
    );
    expect(() => source.poll(0)).toThrow("100 missing");
    source.close();
  });

  test("a frame whose slot was given up half-way is dropped with skip, and the next one is whole", async () => {
    using folder = await temporaryFolder();
    const path = await fifo(folder.path("in"));
    const writer = openSync(path, "r+");
    writeSync(writer, Buffer.alloc(150, 1));
    const source = await openSource(`raw:${path}`, { dtype: "uint8", dims: "200" });
    expect(source.poll(0)).toBe("ready");
    expect(source.fill(pinned(200), 0)).toBe("more");
    expect(source.skip(0)).toBe("more");
    writeSync(writer, Buffer.concat([Buffer.alloc(50, 1), Buffer.alloc(200, 2)]));
    expect(source.skip(0)).toBe("done");
    const [frame] = await readFrames(source, 1);
    expect(frame?.bytes).toEqual(pinned(200).fill(2));
    closeSync(writer);
    source.close();
  });

  test("one call moves a bounded part of a large frame", async () => {
    const source = await openSource("raw:/dev/zero", { dtype: "uint8", dims: String(4 * FILL_LIMIT_BYTES) });
    while (source.poll(0) === "idle") await turn();
    const target = pinned(source.layout.byteLength).fill(1);
    let calls = 0;
    let state: string;
    do {
      state = source.fill(target, 0);
      calls++;
    } while (state === "more");
    expect(calls).toBeGreaterThanOrEqual(4);
    expect(target.indexOf(1)).toBe(-1);
    source.close();
  });
});

describe("sinks on a FIFO", () => {
  test("opening waits for a reader, says so, and can be given up", async () => {
    using folder = await temporaryFolder();
    const path = await fifo(folder.path("out"));
    const abort = new AbortController();
    const opening = openSink(`raw:${path}`, { signal: abort.signal, onWaiting: () => abort.abort() });
    expect(opening).rejects.toMatchObject({ code: "aborted" });
  });

  test("a reader that does not read fills the queue: hasRoom turns false, nothing blocks, and close does not wait", async () => {
    using folder = await temporaryFolder();
    const path = await fifo(folder.path("out"));
    const reader = openSync(path, "r+");
    const sink = await openSink(`raw:${path}`);
    const layout = layoutOf("uint8", [512 * 1024]);
    const bytes = pinned(layout.byteLength);
    let accepted = 0;
    while (sink.hasRoom) {
      sink.accept(sinkFrame(layout, bytes, { seq: accepted }));
      sink.settle(true);
      sink.doWork(0);
      await turn();
      accepted++;
    }
    expect(accepted).toBeGreaterThanOrEqual(2);
    expect(accepted).toBeLessThanOrEqual(12);
    // The pipe is full and stays so: these calls return although the write under way does not.
    for (let i = 0; i < 1_000; i++) expect(sink.doWork(i)).toBe(0);
    expect(sink.hasRoom).toBe(false);
    expect(sink.drained).toBe(false);
    await sink.close();
    expect(sink.summary().join()).toContain("not written");
    closeSync(reader);
  });

  test("a slow reader gets every frame, in order", async () => {
    using folder = await temporaryFolder();
    const path = await fifo(folder.path("out"));
    const reader = Bun.spawn(["sh", "-c", `{ sleep 0.2; cat; } < ${path}`], { stdout: "pipe" });
    const sink = await openSink(`raw:${path}`);
    const layout = layoutOf("uint32", [20_000]);
    const frames = Array.from({ length: 30 }, (_, seq) => {
      const values = new Uint32Array(new ArrayBuffer(80_000)).fill(seq);
      return sinkFrame(layout, new Uint8Array(values.buffer), { seq });
    });
    const [, read] = await Promise.all([writeAll(sink, frames), new Response(reader.stdout).arrayBuffer()]);
    const values = new Uint32Array(read);
    expect(values.length).toBe(600_000);
    expect(values.every((value, i) => value === Math.floor(i / 20_000))).toBe(true);
    expect(sink.closedByReader).toBe(false);
  });

  test("EPIPE: a reader that goes away ends the sink quietly", async () => {
    using folder = await temporaryFolder();
    const path = await fifo(folder.path("out"));
    const reader = openSync(path, "r+");
    const sink = await openSink(`raw:${path}`);
    closeSync(reader);
    const frame = sinkFrame(layoutOf("uint8", [WELL_UNDER_PIPE_BYTES]), pinned(WELL_UNDER_PIPE_BYTES));
    sink.accept(frame);
    sink.settle(true);
    await drain(sink);
    expect(sink.closedByReader).toBe(true);
    expect(sink.drained).toBe(true);
    sink.accept(frame);
    sink.settle(true);
    expect(sink.drained).toBe(true);
    await sink.close();
    expect(sink.summary()).toEqual([
      `wrote 0 frames, 0 bytes, to ${path}`,
      "not written: 1 (the reader closed the pipe)",
    ]);
  });

  test("ENOSPC: a full device is an error that names it, thrown from doWork", async () => {
    const sink = await openSink("raw:/dev/full");
    sink.accept(sinkFrame(layoutOf("uint8", [10]), pinned(10)));
    sink.settle(true);
    sink.doWork(0);
    while (!sink.drained) await turn();
    expect(() => sink.doWork(0)).toThrow("/dev/full: cannot be written: no space is left on its file system (ENOSPC)");
    await sink.close();
    expect(sink.summary().join()).toContain("ENOSPC");
  });
});
