import { describe, expect, test } from "bun:test";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { layoutOf, openSink, type Sink, SinkError, type SinkFrame } from "../../src/io/index.ts";
import { DirectoryOutput } from "../../src/io/output/directory-output.ts";
import { DEFAULT_LIMITS } from "../../src/io/output/frame-queue.ts";
import { QueuedSink } from "../../src/io/output/queued-sink.ts";
import { RawEncoder } from "../../src/io/raw/encoder.ts";
import { pinned, readAll, sinkFrame, temporaryFolder, writeAll } from "../support/io-frames.ts";

function frame(value: number, seq: number, timestampNs = 0n): SinkFrame {
  return { ...sinkFrame(layoutOf("uint8", [4]), pinned(4).fill(value), { seq }), timestampNs };
}

async function refusal(opening: Promise<Sink>): Promise<string> {
  const error = await opening.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof SinkError) return error.message;
  throw new Error(`expected a SinkError, found ${error}`);
}

describe("folder sinks never replace a file", () => {
  test("two runs, and two epochs of one run, leave all their frames, in the order of their names", async () => {
    using folder = await temporaryFolder();
    let time = Date.UTC(2026, 10, 28, 9, 0, 0);
    const run = async (frames: readonly SinkFrame[]): Promise<void> => {
      const now = (): Date => {
        time += 1_000;
        return new Date(time);
      };
      const output = await DirectoryOutput.open(folder.path("out"), "raw", now);
      await writeAll(
        new QueuedSink("out", new RawEncoder(), output, { ...DEFAULT_LIMITS, isGathering: false }),
        frames,
      );
    };
    await run([frame(1, 0, 5n), frame(2, 1, 6n), frame(3, 0, 7n), frame(4, 4, 8n)]);
    await run([frame(5, 0, 9n), frame(6, 1, 10n)]);
    const names = readdirSync(folder.path("out")).sort();
    expect(names).toEqual([
      "frame-20261128T090001.000Z-0000000000-0000000000000000005.raw",
      "frame-20261128T090001.000Z-0000000001-0000000000000000006.raw",
      "frame-20261128T090002.000Z-0000000000-0000000000000000007.raw",
      "frame-20261128T090002.000Z-0000000004-0000000000000000008.raw",
      "frame-20261128T090003.000Z-0000000000-0000000000000000009.raw",
      "frame-20261128T090003.000Z-0000000001-0000000000000000010.raw",
    ]);
    expect(names.map((name) => readFileSync(folder.path(`out/${name}`))[0])).toEqual([1, 2, 3, 4, 5, 6]);
  });

  for (const kind of ["npy", "png"]) {
    test(`${kind}: two sinks that write the same frames at the same time leave both`, async () => {
      using folder = await temporaryFolder();
      const sinks = await Promise.all([1, 2, 3].map(() => openSink(`${kind}:${folder.path("out")}/`)));
      const picture = { ...sinkFrame(layoutOf("uint8", [2, 2]), pinned(4), { seq: 3 }), timestampNs: 77n };
      await Promise.all(sinks.map((sink) => writeAll(sink, [picture, { ...picture, seq: 4 }])));
      const names = readdirSync(folder.path("out"));
      expect(names.filter((name) => name.endsWith(`.${kind}`))).toHaveLength(6);
      expect(names).toHaveLength(6);
    });
  }

  test("a file and a temporary file that have the name already stay as they are; the frame gets a name beside them", async () => {
    using folder = await temporaryFolder();
    mkdirSync(folder.path("out"));
    const stem = folder.path("out/frame-20261128T090000.000Z-0000000000-0000000000000000001");
    writeFileSync(`${stem}.raw`, "kept");
    writeFileSync(`${stem}-2.raw.part`, "kept, too");
    const output = await DirectoryOutput.open(folder.path("out"), "raw", () => new Date(Date.UTC(2026, 10, 28, 9)));
    await writeAll(new QueuedSink("out", new RawEncoder(), output, { ...DEFAULT_LIMITS, isGathering: false }), [
      frame(65, 0, 1n),
      frame(66, 0, 1n),
    ]);
    expect(readFileSync(`${stem}.raw`, "utf8")).toBe("kept");
    expect(readFileSync(`${stem}-2.raw.part`, "utf8")).toBe("kept, too");
    const written = readdirSync(folder.path("out")).filter(
      (name) => readFileSync(folder.path(`out/${name}`)).length === 4 && /-[23]\.raw$/.test(name),
    );
    expect(written).toHaveLength(2);
  });
});

describe("file sinks never replace a file", () => {
  for (const kind of ["npy", "raw", "y4m"]) {
    test(`${kind}: a file that has content is refused, an empty one (mktemp) is not`, async () => {
      using folder = await temporaryFolder();
      writeFileSync(folder.path("full"), "x");
      writeFileSync(folder.path("empty"), "");
      expect(await refusal(openSink(`${kind}:${folder.path("full")}`))).toContain(
        "which is not replaced; move or remove it",
      );
      const picture = sinkFrame(layoutOf("uint8", [2, 2]), pinned(4));
      await writeAll(await openSink(`${kind}:${folder.path("empty")}`), [picture]);
      expect(readFileSync(folder.path("empty")).length).toBeGreaterThan(3);
      expect(readdirSync(folder.path(".")).sort()).toEqual(["empty", "full"]);
    });
  }

  test("a second sink on a file that is being written is refused, and the first continues", async () => {
    using folder = await temporaryFolder();
    const path = folder.path("out");
    const first = await openSink(`raw:${path}`);
    first.accept(frame(1, 0));
    first.settle(true);
    first.doWork(0);
    expect(await refusal(openSink(`raw:${path}`))).toContain(`${path}.part: another sink is writing this file`);
    await writeAll(first, [frame(2, 1)]);
    expect([...readFileSync(path)]).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
  });

  test("a temporary file that an earlier run has left is kept, and named; an empty one is taken", async () => {
    using folder = await temporaryFolder();
    const path = folder.path("out");
    writeFileSync(`${path}.part`, "what was saved");
    expect(await refusal(openSink(`raw:${path}`))).toContain(
      "an earlier run ended before this file was complete, and left 14 bytes",
    );
    expect(readFileSync(`${path}.part`, "utf8")).toBe("what was saved");
    writeFileSync(`${path}.part`, "");
    await writeAll(await openSink(`raw:${path}`), [frame(1, 0)]);
    expect(readFileSync(path).length).toBe(4);
  });

  test("a link and a FIFO in the place of the temporary file are neither followed nor waited for", async () => {
    using folder = await temporaryFolder();
    const path = folder.path("out");
    symlinkSync(folder.path("elsewhere"), `${path}.part`);
    expect(await refusal(openSink(`raw:${path}`))).toContain("it is a symbolic link that is not followed");
    expect(readdirSync(folder.path("."))).toEqual(["out.part"]);
    rmSync(`${path}.part`);
    expect(await Bun.spawn(["mkfifo", `${path}.part`]).exited).toBe(0);
    expect(await refusal(openSink(`raw:${path}`))).toContain("nothing is behind this device or socket");
    const reader = openSync(`${path}.part`, "r+");
    expect(await refusal(openSink(`raw:${path}`))).toContain("a pipe or a device has the name of the temporary file");
    closeSync(reader);
  });

  test("a file that came meanwhile is not replaced: what was written keeps its temporary name", async () => {
    using folder = await temporaryFolder();
    const path = folder.path("out");
    const sink = await openSink(`raw:${path}`);
    writeFileSync(path, "another program's");
    expect(writeAll(sink, [frame(1, 0)])).rejects.toThrow(`what was written is in ${path}.part`);
    await sink.close().catch(() => undefined);
    expect(readFileSync(path, "utf8")).toBe("another program's");
    expect(readFileSync(`${path}.part`).length).toBe(4);
  });

  test("what cannot be written says why, and what helps", async () => {
    using folder = await temporaryFolder();
    writeFileSync(folder.path("file"), "x");
    expect(await refusal(openSink(`raw:${folder.path("no/such/out")}`))).toContain(
      "its folder does not exist (ENOENT); make it first",
    );
    expect(await refusal(openSink(`raw:${folder.path("file/out")}`))).toContain("is a file, not a folder (ENOTDIR)");
    expect(await refusal(openSink(`npy:${folder.path("file/out")}/`))).toContain("is a file, not a folder (ENOTDIR)");
    expect(await refusal(openSink(`raw:${folder.path(".")}`))).toContain("it is a folder; name a file in it");
  });
});

test("a folder that two runs have filled is read back in the order in which it was recorded", async () => {
  using folder = await temporaryFolder();
  for (let run = 0; run < 2; run++) {
    await writeAll(
      await openSink(`npy:${folder.path("out")}/`),
      [0, 1, 2].map((seq) => frame(10 * run + seq, seq)),
    );
  }
  expect((await readAll(`npy:${folder.path("out")}/`)).map(({ bytes }) => bytes[0])).toEqual([0, 1, 2, 10, 11, 12]);
});
