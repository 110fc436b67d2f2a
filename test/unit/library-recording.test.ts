import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { attributeText, openRecording as open, openRecording, textAttribute } from "../../src/index.ts";
import { openSource } from "../../src/io/index.ts";
import { framePattern, START_NS, TestFile } from "../support/mcap-file.ts";
import { TestFolder } from "../support/test-folder.ts";

const folder = new TestFolder();
afterAll(() => folder.remove());

const LARGE = framePattern(10_000, 3);

/** Two versions of a source's metadata; the second has an attribute that is an attachment. */
async function recording(): Promise<string> {
  const path = join(folder.path, `${crypto.randomUUID()}.mcap`);
  const file = await TestFile.create(path, { library: "tensorpool 0.1.0" });
  const source = { streamId: 7, name: "camera", epoch: 1n };
  await file.source({
    ...source,
    metaVersion: 1,
    attributes: [textAttribute("gain", "1"), textAttribute("tensorpool.flow", "drop")],
  });
  const lens = { key: "lens", format: "application/octet-stream", value: LARGE };
  await file.source({ ...source, metaVersion: 2, attributes: [textAttribute("gain", "2"), lens] });
  for (let seq = 0; seq < 6; seq++) {
    await file.frame({
      dtype: "uint16",
      dims: [2, 3],
      seq,
      bytes: framePattern(12, seq),
      metaVersion: seq < 3 ? 1 : 2,
    });
  }
  const row = {
    stream: 7,
    name: "camera",
    epoch: "1",
    final: true,
    published: 8,
    recorded: 6,
    pending: 0,
    skipped: 0,
    missing: { diskFull: 2 },
  };
  for (const [i, published] of [7, 8].entries()) {
    await file.message({
      topic: "/tensorpool/ledger",
      schemaName: "tensorpool.Ledger",
      schemaEncoding: "jsonschema",
      messageEncoding: "json",
      data: new TextEncoder().encode(JSON.stringify({ ...row, published, final: i === 1 })),
      logTimeNs: START_NS + BigInt(i),
    });
  }
  await file.end();
  return path;
}

describe("openRecording", () => {
  test("gives streams, frames in any order, metadata and the ledger", async () => {
    const path = await recording();
    await using opened = await open(path);
    expect(opened.streams).toMatchObject([{ streamId: 7, name: "camera", epochs: [1n] }]);
    expect(opened.cut).toBeNull();
    expect(opened.timeRange).toEqual({ startNs: START_NS, endNs: START_NS + 5_000_000n });
    expect(opened.metadata.map(({ name }) => name)).toEqual(["tensorpool.source", "tensorpool.source"]);
    expect(opened.ledger).toMatchObject([
      { stream: 7, isFinal: true, published: 8, recorded: 6, missing: { diskFull: 2 } },
    ]);
    expect([...opened.frames("camera")].map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5]);
    const frame = opened.frameBySeq(7, 4);
    expect(frame?.values).toEqual(new Uint16Array(framePattern(12, 4).buffer));
    const { fileOffset = 0, byteLength = 0 } = frame ?? {};
    expect(readFileSync(path).subarray(fileOffset, fileOffset + byteLength)).toEqual(Buffer.from(framePattern(12, 4)));
    opened.close();
    expect(() => opened.frameAt(7, START_NS)).toThrow("was closed: open it again");
  });

  test("gives the attributes that each frame was made with", async () => {
    using opened = await openRecording(await recording());
    const [first, , , last] = [...opened.frames(7)];
    expect(attributeText(first?.attributes ?? [], "gain")).toBe("1");
    expect(attributeText(last?.attributes ?? [], "gain")).toBe("2");
    expect(last?.attributes.find(({ key }) => key === "lens")?.value).toEqual(LARGE);
  });

  test("names what is no recording", async () => {
    expect(open(join(folder.path, "gone.mcap"))).rejects.toMatchObject({ name: "RecordingError", code: "not-found" });
  });
});

test("a replay has the attributes of each frame, but for how it flows", async () => {
  const source = await openSource(`mcap:${await recording()},speed=max`);
  const gains: (string | undefined)[] = [];
  const lists = new Set();
  while (source.poll(1e9) !== "end") {
    gains.push(attributeText(source.attributes, "gain"));
    lists.add(source.attributes);
    expect(source.attributes.map(({ key }) => key)).not.toContain("tensorpool.flow");
    source.skip(0);
  }
  expect(gains).toEqual(["1", "1", "1", "2", "2", "2"]);
  expect(lists.size).toBe(2);
  expect(source.dataSource?.name).toBe("camera");
  source.close();
});
