import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync, symlinkSync } from "node:fs";
import { layoutOf, openSink, openSource } from "../../src/io/index.ts";
import { READ_AHEAD_BYTES } from "../../src/io/input/file-input.ts";
import { pinned, readFrames, sinkFrame, temporaryFolder, turn, writeAll } from "../support/io-frames.ts";

/** Bytes that repeat nowhere, cheaply. */
function noise(byteLength: number): Buffer {
  const blocks: Buffer[] = [];
  for (let i = 0; i * 32 < byteLength; i++) blocks.push(createHash("sha256").update(String(i)).digest());
  return Buffer.concat(blocks).subarray(0, byteLength);
}

const FRAME_BYTES = 333_333;
const FRAMES = 10;
const WHOLE = noise(FRAME_BYTES * FRAMES);
const options = { dtype: "uint8", dims: String(FRAME_BYTES) };

describe("files longer than the read-ahead", () => {
  test("frames across its buffers are whole, pass after pass", async () => {
    expect(WHOLE.length).toBeGreaterThan(3 * READ_AHEAD_BYTES);
    using folder = await temporaryFolder();
    await Bun.write(folder.path("in"), WHOLE);
    const source = await openSource(`raw:${folder.path("in")}`, { ...options, rateHz: 10 });
    const frames = await readFrames(source, 2 * FRAMES + 3);
    source.close();
    frames.forEach(({ bytes }, n) => {
      const at = (n % FRAMES) * FRAME_BYTES;
      expect(WHOLE.subarray(at, at + FRAME_BYTES).equals(bytes)).toBe(true);
    });
  });

  test("frames that are skipped do not move the others", async () => {
    using folder = await temporaryFolder();
    await Bun.write(folder.path("in"), WHOLE);
    const source = await openSource(`raw:${folder.path("in")}`, options);
    for (let n = 0; n < FRAMES; n++) {
      while (source.poll(0) === "idle") await turn();
      if (n % 3 !== 2) {
        while (source.skip(0) === "more") await turn();
        continue;
      }
      const [frame] = await readFrames(source, 1);
      expect(WHOLE.subarray(n * FRAME_BYTES, (n + 1) * FRAME_BYTES).equals(frame?.bytes ?? pinned(0))).toBe(true);
    }
    expect(await readFrames(source)).toEqual([]);
    source.close();
  });

  test("a last frame that is cut off is named with the bytes missing, after all whole ones", async () => {
    using folder = await temporaryFolder();
    await Bun.write(folder.path("in"), WHOLE.subarray(0, WHOLE.length - 1_000));
    const source = await openSource(`raw:${folder.path("in")}`, options);
    expect((await readFrames(source, FRAMES - 1)).length).toBe(FRAMES - 1);
    expect(readFrames(source)).rejects.toThrow("frame 9 is cut off: expected 333333 bytes of values, found 332333");
  });

  test("closing while a read is under way is safe, and using the source afterwards is its end", async () => {
    using folder = await temporaryFolder();
    await Bun.write(folder.path("in"), WHOLE);
    for (let i = 0; i < 20; i++) {
      const source = await openSource(`raw:${folder.path("in")}`, options);
      while (source.poll(0) === "idle") await turn();
      source.fill(pinned(FRAME_BYTES), 0);
      source.close();
      source.close();
      expect(source.poll(0)).toBe("end");
    }
    await turn();
  });
});

describe("files that are written", () => {
  const frame = sinkFrame(layoutOf("uint8", [4]), pinned(4).fill(65));

  test("a file that may be replaced stays until the new one is complete, and a link keeps pointing", async () => {
    using folder = await temporaryFolder();
    await Bun.write(folder.path("real"), "old");
    symlinkSync(folder.path("real"), folder.path("link"));
    const sink = await openSink(`raw:${folder.path("link")}`, { replaces: true });
    sink.accept(frame);
    sink.settle(true);
    sink.doWork(0);
    expect(readFileSync(folder.path("real"), "utf8")).toBe("old");
    await writeAll(sink, []);
    expect(readFileSync(folder.path("real"), "utf8")).toBe("AAAA");
    expect(readFileSync(folder.path("link"), "utf8")).toBe("AAAA");
  });

  test("raw output of two layouts is refused: nothing in it tells them apart", async () => {
    using folder = await temporaryFolder();
    const sink = await openSink(`raw:${folder.path("out")}`);
    sink.accept(frame);
    sink.settle(true);
    const other = sinkFrame(layoutOf("uint8", [2, 2]), pinned(4));
    expect(() => sink.accept(other)).toThrow("expected frames to stay uint8 4, found uint8 2x2");
    await writeAll(sink, []);
    expect(sink.summary()).toEqual([
      `wrote 1 frame, 4 bytes, to ${folder.path("out")}`,
      "to read it: dtype uint8, dims 4",
    ]);
  });

  test("what is queued when a sink is closed is given up and counted; what is there is whole frames", async () => {
    using folder = await temporaryFolder();
    const sink = await openSink(`raw:${folder.path("out")}`);
    const large = sinkFrame(layoutOf("uint8", [3_000_000]), pinned(3_000_000));
    for (let i = 0; i < 4; i++) {
      sink.accept(large);
      sink.settle(true);
    }
    sink.doWork(0);
    await sink.close();
    expect(readFileSync(folder.path("out")).length).toBe(3_000_000);
    expect(sink.summary()).toContain("not written: 3 (closed before they were)");
  });
});
