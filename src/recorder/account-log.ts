import { EVENTS_TOPIC, LEDGER_SCHEMA, LEDGER_TOPIC, LOG_SCHEMA } from "../recording/source-record.ts";
import type { Channel, ChannelTable } from "./channel.ts";
import { chunkHeadBytes, MESSAGE_PREFIX_BYTES, putMessageHead } from "./chunk-head.ts";
import type { LedgerRow } from "./epoch-account.ts";
import { GatheredChunk } from "./gathered-chunk.ts";
import type { RecordingTime } from "./recording-time.ts";
import type { RecordingWriter } from "./recording-writer.ts";

const JSON_SCHEMA = "jsonschema";
const JSON_ENCODING = "json";
/** About one second of rows for a few hundred streams. */
const CHUNK_BYTES = 256 * 1024;
const encoder = new TextEncoder();

const LEDGER_JSON_SCHEMA = {
  title: LEDGER_SCHEMA,
  type: "object",
  description: "What became of the frames of one epoch: published = recorded + pending + skipped + all of missing",
  properties: {
    time: { type: "string", description: "ns since 1970" },
    stream: { type: "integer" },
    name: { type: "string" },
    epoch: { type: "string" },
    final: { type: "boolean", description: "true in the last row of an epoch" },
    published: { type: "integer" },
    recorded: { type: "integer" },
    pending: { type: "integer", description: "accepted, and not on the disk yet" },
    skipped: { type: "integer" },
    missing: { type: "object", additionalProperties: { type: "integer" }, description: "frames by cause" },
    bytes: { type: "integer" },
    first: { type: ["integer", "null"], description: "seq of the first frame that is recorded" },
    last: { type: ["integer", "null"] },
  },
};

const LOG_JSON_SCHEMA = {
  title: LOG_SCHEMA,
  type: "object",
  properties: {
    timestamp: { type: "object", properties: { sec: { type: "integer" }, nsec: { type: "integer" } } },
    level: { type: "integer", description: "2: info, 3: warning, 4: error" },
    message: { type: "string" },
    name: { type: "string" },
    file: { type: "string" },
    line: { type: "integer" },
  },
};

const LEVELS = { info: 2, warn: 3, error: 4 } as const;

/** Writes the recorder's own account to the recording: ledger rows and events, as JSON. */
export class AccountLog {
  readonly #writer: RecordingWriter;
  readonly #time: RecordingTime;
  readonly #ledger: Channel;
  readonly #events: Channel;
  #chunk: GatheredChunk | null = null;
  #sequence = 0;
  #lastNs = Number.NEGATIVE_INFINITY;

  constructor(writer: RecordingWriter, channels: ChannelTable, time: RecordingTime) {
    this.#writer = writer;
    this.#time = time;
    this.#ledger = channelOf(channels, LEDGER_TOPIC, LEDGER_SCHEMA, LEDGER_JSON_SCHEMA);
    this.#events = channelOf(channels, EVENTS_TOPIC, LOG_SCHEMA, LOG_JSON_SCHEMA);
  }

  row(row: LedgerRow, nowNs: number): void {
    this.#add(this.#ledger, row, nowNs);
  }

  event(level: keyof typeof LEVELS, message: string, nowNs: number): void {
    const timestamp = { sec: this.#time.seconds(nowNs), nsec: this.#time.nanos(nowNs) };
    const entry = { timestamp, level: LEVELS[level], message, name: "tensorpool record", file: "", line: 0 };
    this.#add(this.#events, entry, nowNs);
  }

  /** Passes on what has accumulated. */
  flush(): void {
    const chunk = this.#chunk;
    this.#chunk = null;
    if (chunk !== null) this.#writer.submit(chunk.seal(() => undefined));
  }

  #add(channel: Channel, value: object, atNs: number): void {
    // Rows have the time of the cycle's start, events their own: times in a file never go back.
    const nowNs = Math.max(atNs, this.#lastNs);
    this.#lastNs = nowNs;
    const data = encoder.encode(JSON.stringify(value));
    const byteLength = MESSAGE_PREFIX_BYTES + data.length;
    if (this.#chunk?.hasRoom(byteLength) === false) this.flush();
    const size = Math.max(CHUNK_BYTES, byteLength + chunkHeadBytes(""));
    this.#chunk ??= new GatheredChunk(new Uint8Array(new ArrayBuffer(size)));
    const chunk = this.#chunk;
    const [high, low] = [this.#time.high(nowNs), this.#time.low(nowNs)];
    this.#sequence++;
    putMessageHead(chunk.view, chunk.at, channel.record.id, this.#sequence, high, low, high, low, data.length);
    chunk.buffer.set(data, chunk.at + MESSAGE_PREFIX_BYTES);
    chunk.add(channel, byteLength, 0, high, low, nowNs);
  }
}

function channelOf(channels: ChannelTable, topic: string, name: string, jsonSchema: object): Channel {
  const schema = channels.schema(name, JSON_SCHEMA, encoder.encode(JSON.stringify(jsonSchema)));
  const id = channels.nextId();
  return {
    record: { id, schemaId: schema.id, topic, messageEncoding: JSON_ENCODING, metadata: {} },
    schema,
    owner: null,
  };
}
