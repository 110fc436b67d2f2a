import { closeSync, openSync, writeSync } from "node:fs";
import { McapWriter } from "@mcap/core";
import type { Dtype, MajorOrder } from "../../src/protocol/dtype.ts";
import { contiguousByteLength } from "../../src/protocol/dtype.ts";
import { FrameMessage } from "../../src/recording/frame-message.ts";
import { FRAME_SCHEMAS } from "../../src/recording/schemas.ts";
import { encodeSource, type SourceFacts } from "../../src/recording/source-record.ts";

/** When the recordings of tests begin. */
export const START_NS = 1_700_000_000_000_000_000n;

export interface FileOptions {
  readonly chunks?: "plain" | "zstd" | "none";
  readonly chunkBytes?: number;
  readonly hasSummary?: boolean;
  readonly hasMessageIndex?: boolean;
  readonly library?: string;
}

export interface TestFrame {
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  readonly strides?: readonly number[];
  readonly majorOrder?: MajorOrder;
  readonly bytes: Uint8Array;
  readonly seq: number;
  readonly epoch?: bigint;
  readonly streamId?: number;
  readonly name?: string;
  readonly timestampNs?: bigint;
  readonly metaVersion?: number;
  readonly logTimeNs?: bigint;
}

/** A channel of another program, and one message of it. */
export interface ForeignMessage {
  readonly topic: string;
  readonly schemaName: string;
  readonly schemaEncoding: string;
  readonly messageEncoding: string;
  readonly data: Uint8Array;
  readonly logTimeNs: bigint;
  readonly sequence?: number;
}

/** Writes an MCAP file with the writer of `@mcap/core`. */
export class TestFile {
  readonly #fd: number;
  readonly #writer: McapWriter;
  #position = 0n;
  readonly #channels = new Map<string, number>();
  readonly #schemas = new Map<string, number>();

  private constructor(path: string, options: FileOptions) {
    this.#fd = openSync(path, "w");
    const hasSummary = options.hasSummary !== false;
    this.#writer = new McapWriter({
      writable: {
        write: async (bytes: Uint8Array) => {
          writeSync(this.#fd, bytes);
          this.#position += BigInt(bytes.length);
        },
        position: () => this.#position,
      },
      useChunks: options.chunks !== "none",
      chunkSize: options.chunkBytes ?? 1000,
      useMessageIndex: options.hasMessageIndex !== false,
      useChunkIndex: hasSummary,
      useStatistics: hasSummary,
      ...(options.chunks === "zstd"
        ? { compressChunk: (data: Uint8Array) => ({ compression: "zstd", compressedData: Bun.zstdCompressSync(data) }) }
        : {}),
    });
  }

  static async create(path: string, options: FileOptions = {}): Promise<TestFile> {
    const file = new TestFile(path, options);
    await file.#writer.start({ profile: "", library: options.library ?? "test" });
    return file;
  }

  async frame(frame: TestFrame): Promise<void> {
    const {
      dtype,
      dims,
      bytes,
      seq,
      epoch = 1n,
      streamId = 7,
      name = "camera",
      majorOrder = "row",
      metaVersion = 1,
    } = frame;
    const strides = frame.strides ?? dims.map(() => 0);
    const message = new FrameMessage({
      name,
      streamId,
      epoch,
      metaVersion,
      clock: "monotonic",
      dtype,
      dims,
      strides,
      majorOrder,
      byteLength: bytes.length,
    });
    const data = new Uint8Array(message.prefixBytes + bytes.length);
    const timestampNs = frame.timestampNs ?? BigInt(seq) * 1_000_000n;
    message.writePrefix(data, 0, {
      seq,
      timestampHigh: Number(timestampNs >> 32n),
      timestampLow: Number(timestampNs & 0xffff_ffffn),
      seconds: 1_700_000_000,
      nanos: seq,
    });
    data.set(bytes, message.prefixBytes);
    const kind = message.schema === "foxglove.RawImage" ? "image" : "frame";
    const key = JSON.stringify([streamId, String(epoch), dtype, dims, strides, majorOrder, metaVersion, bytes.length]);
    const schemaId = await this.#schema(message.schema, "protobuf", FRAME_SCHEMAS[message.schema]);
    const metadata = new Map([
      ["stream_id", String(streamId)],
      ["epoch", String(epoch)],
    ]);
    const channelId = await this.#channel(key, schemaId, `/${name}/${kind}`, "protobuf", metadata);
    const logTime = frame.logTimeNs ?? START_NS + BigInt(seq) * 1_000_000n;
    await this.#writer.addMessage({ channelId, sequence: seq % 2 ** 32, logTime, publishTime: logTime, data });
  }

  async message(message: ForeignMessage): Promise<void> {
    const { topic, schemaName, schemaEncoding, messageEncoding, data, logTimeNs, sequence = 0 } = message;
    const schemaId = await this.#schema(schemaName, schemaEncoding, new Uint8Array());
    const channelId = await this.#channel(topic, schemaId, topic, messageEncoding, new Map());
    await this.#writer.addMessage({ channelId, sequence, logTime: logTimeNs, publishTime: logTimeNs, data });
  }

  /** What `tensorpool record` writes of a data source. */
  async source(source: SourceFacts): Promise<void> {
    const { metadata, attachments } = encodeSource(source, START_NS);
    await this.#writer.addMetadata({ name: metadata.name, metadata: new Map(Object.entries(metadata.entries)) });
    for (const { name, mediaType, data } of attachments) {
      await this.#writer.addAttachment({ name, mediaType, data, logTime: START_NS, createTime: START_NS });
    }
  }

  async end(): Promise<void> {
    await this.#writer.end();
    closeSync(this.#fd);
  }

  async #schema(name: string, encoding: string, data: Uint8Array): Promise<number> {
    const known = this.#schemas.get(name);
    if (known !== undefined) return known;
    const id = await this.#writer.registerSchema({ name, encoding, data });
    this.#schemas.set(name, id);
    return id;
  }

  async #channel(
    key: string,
    schemaId: number,
    topic: string,
    messageEncoding: string,
    metadata: Map<string, string>,
  ): Promise<number> {
    const known = this.#channels.get(key);
    if (known !== undefined) return known;
    const id = await this.#writer.registerChannel({ schemaId, topic, messageEncoding, metadata });
    this.#channels.set(key, id);
    return id;
  }
}

/** Values that differ from frame to frame. */
export function framePattern(byteLength: number, seq: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: byteLength }, (_, i) => (i * 7 + seq * 13) % 256);
}

/** A file of `count` frames of one stream. */
export async function writeFrames(
  path: string,
  count: number,
  options: FileOptions & Partial<TestFrame> = {},
): Promise<void> {
  const file = await TestFile.create(path, options);
  const { dtype = "uint16", dims = [4, 6] } = options;
  for (let seq = 0; seq < count; seq++) {
    await file.frame({ ...options, dtype, dims, seq, bytes: framePattern(contiguousByteLength(dtype, dims), seq) });
  }
  await file.end();
}
