import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { McapIndexedReader } from "@mcap/core";
import { type Flow, textAttribute } from "../../src/protocol/attribute.ts";
import { Recorder, type RecorderOptions } from "../../src/recorder/recorder.ts";
import { RECORDING_DEFAULTS } from "../../src/recorder/recording-options.ts";
import type { Producer } from "../../src/roles/producer.ts";
import { Rig } from "./rig.ts";
import { TIMEOUT_MS } from "./until.ts";

export interface ReadRecording {
  readonly topics: string[];
  readonly data: Uint8Array[];
  readonly ledger: Record<string, unknown>[];
  readonly events: string[];
  readonly metadata: { name: string; metadata: Map<string, string> }[];
}

/** What @mcap/core reads of a file through its index. */
export async function readRecordingFile(path: string): Promise<ReadRecording> {
  const bytes = readFileSync(path);
  const reader = await McapIndexedReader.Initialize({
    readable: {
      size: async () => BigInt(bytes.length),
      read: async (offset, size) => new Uint8Array(bytes.subarray(Number(offset), Number(offset + size))),
    },
  });
  const read: ReadRecording = { topics: [], data: [], ledger: [], events: [], metadata: [] };
  for await (const metadata of reader.readMetadata()) read.metadata.push(metadata);
  let lastTime = 0n;
  for await (const { channelId, data, logTime } of reader.readMessages()) {
    expect(logTime).toBeGreaterThanOrEqual(lastTime);
    lastTime = logTime;
    const topic = reader.channelsById.get(channelId)?.topic ?? "";
    if (topic === "/tensorpool/ledger") read.ledger.push(JSON.parse(new TextDecoder().decode(data)));
    else if (topic === "/tensorpool/events") read.events.push(JSON.parse(new TextDecoder().decode(data)).message);
    else {
      read.topics.push(topic);
      read.data.push(data);
    }
  }
  return read;
}

/** Publishes a frame whose values are all that byte. */
export function publish(producer: Producer, byte: number, dims: readonly number[]): void {
  const byteLength = dims.reduce((a, b) => a * b, 1);
  const slot = producer.tryClaim(byteLength);
  if (slot === null) throw new Error("no slot");
  slot.bytes.fill(byte, 0, byteLength);
  slot.commit({ dtype: "uint8", dims });
}

/** A recorder beside a producer, stepped by hand. */
export class RecorderSubject implements AsyncDisposable {
  readonly rig = new Rig();
  readonly path: string;
  readonly recorder: Recorder;
  readonly producer: Producer;
  readonly stream;

  private constructor(
    overrides: Partial<RecorderOptions>,
    nslots: number,
    strideBytes: number,
    folder: string,
    flow: Flow,
  ) {
    this.path = this.rig.directory.at(join(folder, "out.mcap"));
    const options = { ...RECORDING_DEFAULTS, path: this.path, library: "test", minFree: { bytes: 0 }, ...overrides };
    this.recorder = new Recorder(this.rig.clock, options);
    let producer: Producer | null = null;
    this.stream = this.recorder.add((onAttributes) => {
      const pair = this.rig.pair(
        { name: "camera-1", flow, attributes: [textAttribute("lens", "f/2.8")] },
        { nslots, pools: [{ poolId: 1, strideBytes }] },
        { onAttributes },
      );
      producer = pair.producer;
      return pair.consumer;
    });
    this.producer = producer as unknown as Producer;
  }

  /** `folder`: of the recording, in the rig's own. `flow`: of the producer. */
  static async open(
    {
      folder = "",
      flow = "drop",
      ...overrides
    }: Partial<RecorderOptions> & { readonly folder?: string; readonly flow?: Flow } = {},
    nslots = 8,
    strideBytes = 4096,
  ): Promise<RecorderSubject> {
    const subject = new RecorderSubject(overrides, nslots, strideBytes, folder, flow);
    await subject.recorder.open();
    subject.rig.add(subject.recorder);
    return subject;
  }

  /** Steps, and lets writes end, until the condition holds. */
  async until(condition: () => boolean): Promise<void> {
    const endMs = performance.now() + TIMEOUT_MS;
    while (!condition()) {
      if (performance.now() > endMs) throw new Error("it did not come");
      this.rig.step();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  get recorded(): number {
    return this.stream.counters.of.recorded.value;
  }

  async close(): Promise<ReadRecording> {
    await this.rig.remove(this.recorder);
    return readRecordingFile(this.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
  }
}
