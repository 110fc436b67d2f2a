import { describe, expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { McapIndexedReader, McapStreamReader } from "@mcap/core";
import { textAttribute } from "../../src/protocol/attribute.ts";
import { Recorder, type RecorderOptions } from "../../src/recorder/recorder.ts";
import { RECORDING_DEFAULTS } from "../../src/recorder/recording-options.ts";
import type { Producer } from "../../src/roles/producer.ts";
import { Rig } from "../support/rig.ts";
import { PATIENCE_MS } from "../support/until.ts";

interface Read {
  readonly topics: string[];
  readonly data: Uint8Array[];
  readonly ledger: Record<string, unknown>[];
  readonly metadata: { name: string; metadata: Map<string, string> }[];
}

async function readFile(path: string): Promise<Read> {
  const bytes = readFileSync(path);
  const reader = await McapIndexedReader.Initialize({
    readable: {
      size: async () => BigInt(bytes.length),
      read: async (offset, size) => new Uint8Array(bytes.subarray(Number(offset), Number(offset + size))),
    },
  });
  const read: Read = { topics: [], data: [], ledger: [], metadata: [] };
  for await (const metadata of reader.readMetadata()) read.metadata.push(metadata);
  let lastTime = 0n;
  for await (const { channelId, data, logTime } of reader.readMessages()) {
    expect(logTime).toBeGreaterThanOrEqual(lastTime);
    lastTime = logTime;
    const topic = reader.channelsById.get(channelId)?.topic ?? "";
    if (topic === "/tensorpool/ledger") read.ledger.push(JSON.parse(new TextDecoder().decode(data)));
    else if (topic !== "/tensorpool/events") {
      read.topics.push(topic);
      read.data.push(data);
    }
  }
  return read;
}

function publish(producer: Producer, byte: number, dims: readonly number[]): void {
  const byteLength = dims.reduce((a, b) => a * b, 1);
  const slot = producer.tryClaim(byteLength);
  if (slot === null) throw new Error("no slot");
  slot.bytes.fill(byte, 0, byteLength);
  slot.commit({ dtype: "uint8", dims });
}

class Subject implements AsyncDisposable {
  readonly rig = new Rig();
  readonly path = this.rig.directory.at("out.mcap");
  readonly recorder: Recorder;
  readonly producer: Producer;
  readonly stream;

  private constructor(overrides: Partial<RecorderOptions>, nslots: number, strideBytes: number) {
    const { producer, consumer } = this.rig.pair(
      { name: "camera-1", attributes: [textAttribute("lens", "f/2.8")] },
      { nslots, pools: [{ poolId: 1, strideBytes }] },
    );
    this.producer = producer;
    const options = { ...RECORDING_DEFAULTS, path: this.path, library: "test", minFree: { bytes: 0 }, ...overrides };
    this.recorder = new Recorder(this.rig.clock, options);
    this.stream = this.recorder.add(consumer);
  }

  static async open(overrides: Partial<RecorderOptions> = {}, nslots = 8, strideBytes = 4096): Promise<Subject> {
    const subject = new Subject(overrides, nslots, strideBytes);
    await subject.recorder.open();
    subject.rig.add(subject.recorder);
    return subject;
  }

  /** Steps, and lets writes end, until the condition holds. */
  async until(condition: () => boolean): Promise<void> {
    const endMs = performance.now() + PATIENCE_MS;
    while (!condition()) {
      if (performance.now() > endMs) throw new Error("it did not come");
      this.rig.step();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  get recorded(): number {
    return this.stream.counters.of.recorded.value;
  }

  async close(): Promise<Read> {
    await this.rig.remove(this.recorder);
    return readFile(this.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
  }
}

describe("a recorder", () => {
  test("writes small frames, metadata and the ledger, and the account closes", async () => {
    await using subject = await Subject.open();
    for (let i = 0; i < 20; i++) {
      publish(subject.producer, i, [16, 16]);
      await subject.until(() => subject.stream.consumer.counters.of.accepted.value > i);
    }
    const read = await subject.close();
    expect(read.topics).toEqual(Array(20).fill("/camera-1/image"));
    for (const [i, data] of read.data.entries()) expect(data.subarray(-256)).toEqual(new Uint8Array(256).fill(i));
    expect(read.ledger.at(-1)).toMatchObject({
      name: "camera-1",
      final: true,
      published: 20,
      recorded: 20,
      pending: 0,
      missing: {},
      first: 0,
      last: 19,
    });
    expect(read.metadata.map(({ name }) => name)).toEqual(["tensorpool.session", "tensorpool.source"]);
    expect(read.metadata[1]?.metadata.get("attributes")).toContain("f/2.8");
  });

  test("writes large frames from where they lie", async () => {
    await using subject = await Subject.open({}, 8, 2 ** 21);
    for (let i = 0; i < 12; i++) {
      publish(subject.producer, i + 1, [1024, 1500]);
      await subject.until(() => subject.recorded > i);
    }
    expect(subject.recorder.staging.pool.usedBytes).toBe(0);
    const read = await subject.close();
    expect(read.data).toHaveLength(12);
    for (const [i, data] of read.data.entries()) {
      expect(data.subarray(-1024 * 1500)).toEqual(new Uint8Array(1024 * 1500).fill(i + 1));
    }
    expect(read.ledger.at(-1)).toMatchObject({ published: 12, recorded: 12, missing: {} });
  });

  test("a frame that is overwritten while it waits is not in the file, and counted", async () => {
    await using subject = await Subject.open({}, 4, 2 ** 21);
    publish(subject.producer, 1, [1024, 1024]);
    // The write begins and ends with the event loop, which has no turn here.
    subject.rig.until(() => subject.stream.consumer.counters.of.accepted.value === 1, "the frame to be taken");
    for (let i = 2; i < 8; i++) publish(subject.producer, i, [1024, 1024]);
    await subject.until(() => subject.stream.counters.of.recordingOverwritten.value > 0);
    const { accepted } = subject.stream.consumer.counters.of;
    subject.rig.settle();
    const before = accepted.value;
    publish(subject.producer, 8, [1024, 1024]);
    await subject.until(() => accepted.value > before);
    const read = await subject.close();
    const final = read.ledger.at(-1) as { published: number; recorded: number; missing: Record<string, number> };
    const lost = Object.values(final.missing).reduce((sum, frames) => sum + frames, 0);
    expect(final.published).toBe(8);
    expect(final.recorded).toBe(read.data.length);
    expect(final.missing.overwritten).toBeGreaterThan(0);
    expect(final.recorded + lost).toBe(8);
    for (const data of read.data) {
      const values = data.subarray(-1024 * 1024);
      expect(values.every((byte) => byte === values[0])).toBe(true);
    }
  });

  test("frames of the last moment before the producer ends are kept", async () => {
    await using subject = await Subject.open({}, 32, 2 ** 21);
    for (let i = 1; i <= 6; i++) publish(subject.producer, i, [1024, 1024]);
    subject.rig.until(() => subject.stream.consumer.counters.of.accepted.value === 6, "the frames to be taken");
    await subject.rig.remove(subject.producer);
    await subject.until(() => subject.stream.consumer.counters.of.ends.value === 1 && subject.recorder.writer.isIdle);
    const read = await subject.close();
    expect(read.data.map((data) => data.at(-1))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("compressed chunks hold the same", async () => {
    await using subject = await Subject.open({ zstdLevel: 3 }, 8, 2 ** 21);
    for (let i = 1; i <= 5; i++) {
      publish(subject.producer, i, i % 2 === 0 ? [1024, 1024] : [10, 10]);
      await subject.until(() => subject.stream.consumer.counters.of.accepted.value >= i);
    }
    await subject.rig.remove(subject.recorder);
    expect(statSync(subject.path).size).toBeLessThan(50_000);
    const chunks: string[] = [];
    const reader = new McapStreamReader({
      decompressHandlers: { zstd: (buffer) => Bun.zstdDecompressSync(new Uint8Array(buffer)) },
    });
    reader.append(readFileSync(subject.path));
    let frames = 0;
    for (let record = reader.nextRecord(); record !== undefined; record = reader.nextRecord()) {
      if (record.type === "ChunkIndex") chunks.push(record.compression);
      if (record.type === "Message" && record.data.at(-1) !== 125) frames++;
    }
    expect(frames).toBe(5);
    expect(chunks).toContain("zstd");
  });

  test("parts follow one another without a loss, and each is complete", async () => {
    await using subject = await Subject.open({ splitBytes: 8 * 1024 * 1024 }, 8, 2 ** 21);
    for (let i = 1; i <= 30; i++) {
      publish(subject.producer, i, [1024, 1024]);
      await subject.until(() => subject.recorded >= i);
    }
    await subject.rig.remove(subject.recorder);
    const names = [...new Bun.Glob("out-*.mcap").scanSync(subject.rig.directory.path)].sort();
    expect(names.length).toBeGreaterThan(2);
    const all: (number | undefined)[] = [];
    for (const name of names) {
      const path = subject.rig.directory.at(name);
      expect(statSync(path).size).toBeLessThan(10 * 1024 * 1024);
      const { data, metadata } = await readFile(path);
      all.push(...data.map((each) => each.at(-1)));
      expect(metadata.map(({ name: each }) => each)).toEqual(["tensorpool.session", "tensorpool.source"]);
    }
    expect(all).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  });
});
