import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { attributeText, metaJson, readAttribute } from "../../src/cli/observe/meta-view.ts";
import { type SnapshotTarget, snapshotTarget } from "../../src/cli/observe/snapshot-target.ts";
import type { SnapshotValues } from "../../src/cli/specs/observe.ts";
import type { KnownStream } from "../../src/observe/known-streams.ts";
import { SnapshotAgent } from "../../src/observe/snapshot-agent.ts";
import { StreamWatch } from "../../src/observe/stream-watch.ts";
import { textAttribute } from "../../src/protocol/attribute.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import type { PoolAnnouncement } from "../../src/shm/index.ts";
import { AllowedBaseDirs } from "../../src/shm/index.ts";
import { withFlags } from "../support/command-values.ts";
import { readPng } from "../support/png-reader.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID, TemporaryDirectory } from "../support/shm.ts";

function targetOf(...args: readonly string[]): SnapshotTarget {
  return withFlags<SnapshotValues, SnapshotTarget>("snapshot", args, snapshotTarget);
}

describe("what a snapshot becomes", () => {
  test("is reported by the file's name, or by --format", () => {
    const formatOf = (...args: string[]): string => targetOf(...args).format;
    expect(formatOf("--to", "a/frame.png")).toBe("png");
    expect(formatOf("--to", "frame.NPY")).toBe("npy");
    expect([formatOf("--to", "frame.raw"), formatOf("--to", "frame.bin")]).toEqual(["raw", "raw"]);
    expect(formatOf("--to", "frame.jpg", "--format", "png")).toBe("png");
    expect(formatOf("--to", "-", "--format", "npy")).toBe("npy");
  });

  test("and what is neither is refused, with what helps", () => {
    using directory = new TemporaryDirectory();
    mkdirSync(directory.at("a.png"));
    const CASES: readonly [args: readonly string[], message: string][] = [
      [[], "snapshot: --to is missing, e.g. --to frame.png"],
      [["--to", "-"], "--to -: expected --format, one of png, npy, raw"],
      [["--to", "frame.jpg"], '--to: expected a file named *.png, *.npy, *.raw, *.bin, or --format, found "frame.jpg"'],
      [["--to", "frame.pgn"], 'found "frame.pgn"; did you mean "png"?'],
      [["--to", "constructor.constructor"], 'or --format, found "constructor.constructor"'],
      [["--to", directory.at("a.png")], "expected a file, found a folder"],
      [["--to", "a.npy", "--png", "bits=16"], "--png: expected the format png with it, found npy"],
      [["--to", "a.png", "--png", "bits=12"], '--png: bits: expected 8 or 16, found "12"'],
    ];
    for (const [args, message] of CASES) expect(() => targetOf(...args)).toThrow(message);
  });
});

describe("taking a snapshot", () => {
  async function agentOn(rig: Rig, path: string, isNew = false) {
    const state = { isDone: false };
    const agent = rig.add(
      new SnapshotAgent({
        baseDirs: AllowedBaseDirs.resolve([rig.directory.path]),
        clock: rig.clock,
        sink: await targetOf("--to", path).open(),
        isNew,
        onDone: () => {
          state.isDone = true;
        },
      }),
    );
    const done = async (): Promise<void> => {
      while (!state.isDone) {
        rig.step();
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    return { agent, done };
  }

  function announcementOn(rig: Rig): PoolAnnouncement {
    const watch = rig.add(
      new StreamWatch(rig.connection, { streams: DEFAULT_STREAMS, wanted: [String(STREAM_ID)], onSearched: () => {} }),
    );
    rig.until(() => watch.known.get(STREAM_ID)?.announcement != null, "the announce");
    return watch.known.get(STREAM_ID)?.announcement as PoolAnnouncement;
  }

  test("writes the newest frame as it is, without being a consumer", async () => {
    await using rig = new Rig();
    const producer = rig.producer();
    rig.settle();
    for (const value of [1, 2, 3]) producer.offer(new Uint8Array(6).fill(value), { dtype: "uint8", dims: [2, 3] });
    const path = rig.directory.at("frame.npy");
    const { agent, done } = await agentOn(rig, path);
    agent.map(announcementOn(rig));
    await done();
    await agent.onClose();
    expect(agent.taken).toMatchObject({ seq: 2, layout: "uint8 2x3", byteLength: 6, metaVersion: 1 });
    const bytes = readFileSync(path);
    expect(bytes.subarray(0, 6).toString("latin1")).toBe("\x93NUMPY");
    expect([...bytes.subarray(-6)]).toEqual(Array(6).fill(3));
    expect(producer.mappedConsumers).toBe(0);
  });

  test("waits for a frame that is committed from now on when it is told to", async () => {
    await using rig = new Rig();
    const producer = rig.producer();
    rig.settle();
    producer.offer(Uint8Array.of(1, 2), { dtype: "uint8", dims: [1, 2] });
    const path = rig.directory.at("frame.png");
    const { agent, done } = await agentOn(rig, path, true);
    agent.map(announcementOn(rig));
    rig.settle();
    expect(agent.taken).toBeNull();
    producer.offer(Uint8Array.of(7, 250), { dtype: "uint8", dims: [1, 2] });
    await done();
    await agent.onClose();
    expect(agent.taken?.seq).toBe(1);
    const picture = readPng(readFileSync(path));
    expect([picture.width, picture.height, [...picture.samples]]).toEqual([2, 1, [7, 250]]);
  });
});

describe("attributes", () => {
  const json = { key: "j", format: "application/json", value: new TextEncoder().encode('{"a":[1,2]}') };
  const bytes = { key: "b", format: "application/octet-stream", value: new Uint8Array(20).fill(171) };

  test("are shown as their format says", () => {
    expect(attributeText(textAttribute("t", "left\ncamera"))).toBe("left\\ncamera");
    expect(attributeText(json)).toBe('{"a":[1,2]}');
    expect(attributeText(bytes)).toBe(`${"ab".repeat(16)}... (20 bytes)`);
    expect(readAttribute({ ...json, format: "application/ld+json; charset=utf-8" })).toMatchObject({ kind: "json" });
  });

  test("are bytes where they are not what their format says", () => {
    const broken = { ...json, value: new TextEncoder().encode("{") };
    const noText = { ...textAttribute("t", ""), value: Uint8Array.of(0xff) };
    expect([readAttribute(broken).kind, readAttribute(noText).kind]).toEqual(["bytes", "bytes"]);
  });

  test("in JSON text and JSON are values, bytes are base64, and a stream without metadata has none", () => {
    const stream: KnownStream = {
      streamId: 7,
      name: "camera-1",
      summary: null,
      producerId: 5,
      epoch: 9n,
      announcement: null,
      signNs: null,
      meta: { metaVersion: 3, timestampNs: 1n, attributes: [textAttribute("t", "x"), json, bytes] },
    };
    expect(metaJson(stream)).toMatchObject({
      metaVersion: 3,
      attributes: [
        { key: "t", format: "text/plain", value: "x" },
        { key: "j", format: "application/json", value: { a: [1, 2] } },
        { key: "b", format: "application/octet-stream", base64: bytes.value.toBase64() },
      ],
    });
    expect(metaJson({ ...stream, meta: null })).toMatchObject({ metaVersion: null, attributes: [] });
  });
});
