import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { aeron } from "../../ffi/aeron.ts";
import {
  BUFFER_CLAIM,
  CNC_CONSTANTS,
  COUNTER_METADATA,
  COUNTER_STATE,
  COUNTER_VALUE,
  COUNTERS_BUFFERS,
  DATA_FRAME_TYPE,
  DATA_HEADER,
  IMAGE_CONSTANTS,
  PUBLICATION_CONSTANTS,
  UNFRAGMENTED_FLAGS,
} from "../../ffi/aeron-structs.ts";
import { bytesAt, int32At, NativeBuffer, nativeString } from "../../ffi/memory.ts";
import { heartbeatAgeMs, readCncFile } from "../../src/aeron/aeron-dir.ts";
import { DriverUsage } from "../../src/aeron/driver-usage.ts";
import { LogImage } from "../../src/aeron/log-image.ts";
import { MediaDriver } from "../../src/aeron/media-driver.ts";
import { NativeClient } from "../../src/aeron/native-client.ts";
import { TemporaryDirectory } from "../support/shm.ts";

// What the layouts in ffi/aeron-structs.ts say is compared with what is known from elsewhere: an Aeron that moves a field
// fails here, and not in the field.

const STREAM_ID = 77_001;
const TERM_BYTES = 131_072;
const INITIAL_TERM_ID = 7;
const SESSION_ID = 1234;
const MTU_BYTES = 1024;
const CHANNEL = `aeron:ipc?term-length=${TERM_BYTES}|mtu=${MTU_BYTES}|init-term-id=${INITIAL_TERM_ID}|term-id=${INITIAL_TERM_ID + 2}|term-offset=64|session-id=${SESSION_ID}`;

const directory = new TemporaryDirectory();
const aeronDir = directory.at("aeron");
let driver: MediaDriver;
let client: NativeClient;
let publication = 0;
let subscription = 0;
const out = new NativeBuffer(8);

function step(): void {
  driver.doWork(Bun.nanoseconds());
  client.doWork();
}

/** Runs driver and client until the asynchronous call has an answer. */
function finish(poll: () => number): number {
  const endNs = Bun.nanoseconds() + 5e9;
  for (;;) {
    step();
    const result = poll();
    if (result > 0) return out.pointerAt();
    if (result < 0 || Bun.nanoseconds() > endNs) throw new Error("the driver did not make it");
  }
}

function publish(text: string): number {
  const message = nativeString(text);
  return aeron.aeron_exclusive_publication_offer(publication, message.address, text.length, 0, 0);
}

beforeAll(() => {
  driver = MediaDriver.start({ aeronDir, threading: "invoker" });
  client = new NativeClient(aeronDir, "struct test", () => {});
  const subscriptionUri = nativeString("aeron:ipc");
  aeron.aeron_async_add_subscription(out.address, client.address, subscriptionUri.address, STREAM_ID, 0, 0, 0, 0);
  const pendingSubscription = out.pointerAt();
  subscription = finish(() => aeron.aeron_async_add_subscription_poll(out.address, pendingSubscription));
  const uri = nativeString(CHANNEL);
  aeron.aeron_async_add_exclusive_publication(out.address, client.address, uri.address, STREAM_ID);
  const pendingPublication = out.pointerAt();
  publication = finish(() => aeron.aeron_async_add_exclusive_publication_poll(out.address, pendingPublication));
  finish(() => aeron.aeron_subscription_image_count(subscription));
});

afterAll(() => {
  client.close();
  driver.onClose();
  directory[Symbol.dispose]();
});

describe("struct layouts against a live driver", () => {
  test("aeron_publication_constants_t", () => {
    const { size, ...at } = PUBLICATION_CONSTANTS;
    const constants = new NativeBuffer(size + 8);
    constants.view.setBigUint64(size, 0x0123_4567_89ab_cdefn, true);
    expect(aeron.aeron_exclusive_publication_constants(publication, constants.address)).toBe(0);
    const { view } = constants;
    expect(constants.numberAt(at.termBufferLength)).toBe(TERM_BYTES);
    expect(constants.numberAt(at.maxPayloadLength)).toBe(MTU_BYTES - DATA_HEADER.size);
    expect(view.getInt32(at.streamId, true)).toBe(STREAM_ID);
    expect(view.getInt32(at.sessionId, true)).toBe(SESSION_ID);
    expect(view.getInt32(at.initialTermId, true)).toBe(INITIAL_TERM_ID);
    // The limit counter is the publication's own: type 1 ("publisher limit"), in the driver's metadata.
    const id = view.getInt32(at.publicationLimitCounterId, true);
    expect(counter(id).typeId).toBe(1);
    expect(counter(id).label).toContain(`pub-lmt`);
    // Nothing is written behind the struct.
    expect(view.getBigUint64(size, true)).toBe(0x0123_4567_89ab_cdefn);
  });

  test("aeron_image_constants_t", () => {
    const image = aeron.aeron_subscription_image_at_index(subscription, 0);
    const { size, ...at } = IMAGE_CONSTANTS;
    const constants = new NativeBuffer(size + 8);
    constants.view.setBigUint64(size, 0x0123_4567_89ab_cdefn, true);
    expect(aeron.aeron_image_constants(image, constants.address)).toBe(0);
    const { view } = constants;
    expect(constants.numberAt(at.joinPosition)).toBe(2 * TERM_BYTES + 64);
    expect(constants.numberAt(at.termBufferLength)).toBe(TERM_BYTES);
    expect(view.getInt32(at.sessionId, true)).toBe(SESSION_ID);
    expect(view.getInt32(at.initialTermId, true)).toBe(INITIAL_TERM_ID);
    expect(counter(view.getInt32(at.subscriberPositionId, true)).label).toContain("sub-pos");
    expect(view.getBigUint64(size, true)).toBe(0x0123_4567_89ab_cdefn);
    aeron.aeron_subscription_image_release(subscription, image);
  });

  test("aeron_buffer_claim_t and the header of a data frame", () => {
    const claim = new NativeBuffer(BUFFER_CLAIM.size);
    const position = aeron.aeron_exclusive_publication_try_claim(publication, 9, claim.address);
    expect(position).toBe(2 * TERM_BYTES + 64 + 64);
    expect(claim.numberAt(BUFFER_CLAIM.length)).toBe(9);
    const frame = claim.pointerAt(0);
    expect(claim.pointerAt(BUFFER_CLAIM.data)).toBe(frame + DATA_HEADER.size);
    aeron.aeron_buffer_claim_commit(claim.address);
    expect(int32At(frame, DATA_HEADER.frameLength)).toBe(DATA_HEADER.size + 9);
  });

  test("the part of aeron_image_t and aeron_log_buffer_t that is read: a block holds whole frames, with their headers", () => {
    expect(publish("second")).toBeGreaterThan(0);
    const address = aeron.aeron_subscription_image_at_index(subscription, 0);
    const image = new LogImage(address, () => 0);
    aeron.aeron_subscription_image_release(subscription, address);
    expect(image).toMatchObject({
      sessionId: SESSION_ID,
      termBytes: TERM_BYTES,
      termId: INITIAL_TERM_ID + 2,
      termOffset: 64,
      position: 2 * TERM_BYTES + 64,
      joinedBeyondEnd: false,
      isEndOfStream: false,
      hasNext: true,
      frameType: DATA_FRAME_TYPE,
    });
    expect(image.endPosition()).toBe(2 * TERM_BYTES + 64 + 128);
    const block = new NativeBuffer(4096);
    expect(image.copyTo(block.address, 4096, 100)).toBe(128);
    const { view, bytes } = block;
    expect(view.getInt32(DATA_HEADER.frameLength, true)).toBe(DATA_HEADER.size + 9);
    const second = 64;
    expect(view.getUint16(second + DATA_HEADER.type, true)).toBe(DATA_FRAME_TYPE);
    expect(view.getUint8(second + DATA_HEADER.flags)).toBe(UNFRAGMENTED_FLAGS);
    expect(view.getInt32(second + DATA_HEADER.termOffset, true)).toBe(128);
    expect(view.getInt32(second + DATA_HEADER.sessionId, true)).toBe(SESSION_ID);
    expect(view.getInt32(second + DATA_HEADER.streamId, true)).toBe(STREAM_ID);
    expect(view.getInt32(second + DATA_HEADER.termId, true)).toBe(INITIAL_TERM_ID + 2);
    expect(new TextDecoder().decode(bytes.subarray(second + DATA_HEADER.size, second + DATA_HEADER.size + 6))).toBe(
      "second",
    );
    image.advance(128);
    expect(image.hasNext).toBe(false);
    // The media driver sees it where it looks.
    const constants = new NativeBuffer(IMAGE_CONSTANTS.size);
    aeron.aeron_image_constants(address, constants.address);
    expect(counter(constants.view.getInt32(IMAGE_CONSTANTS.subscriberPositionId, true)).value).toBe(image.position);
  });

  test("aeron_cnc_constants_t, and what is read of the CnC file without mapping it", () => {
    const cnc = openCnc();
    const { size, ...at } = CNC_CONSTANTS;
    const constants = new NativeBuffer(size + 8);
    constants.view.setBigUint64(size, 0x0123_4567_89ab_cdefn, true);
    expect(aeron.aeron_cnc_constants(cnc, constants.address)).toBe(0);
    const { view } = constants;
    expect(view.getInt32(at.cncVersion, true)).toBe(0x0000_0200);
    expect(constants.numberAt(at.pid)).toBe(process.pid);
    expect(constants.numberAt(at.clientLivenessTimeoutNs)).toBe(10e9);
    expect(Math.abs(constants.numberAt(at.startTimestampMs) - Date.now())).toBeLessThan(60_000);
    expect(view.getBigUint64(size, true)).toBe(0x0123_4567_89ab_cdefn);
    aeron.aeron_cnc_close(cnc);
    expect(readCncFile(aeronDir)?.pid).toBe(process.pid);
    expect(heartbeatAgeMs(aeronDir)).toBeLessThan(60_000);
  });

  test("the counters' buffers and records: a client's heartbeat is found by its type, once per client", () => {
    const usage = new DriverUsage(aeronDir);
    expect(usage.clientCount()).toBe(1);
    const second = new NativeClient(aeronDir, "a second one", () => {});
    // The driver knows a client from its first request on.
    const uri = nativeString("aeron:ipc");
    aeron.aeron_async_add_subscription(out.address, second.address, uri.address, STREAM_ID + 1, 0, 0, 0, 0);
    const endNs = Bun.nanoseconds() + 4e9;
    while (usage.clientCount() !== 2 && Bun.nanoseconds() < endNs) {
      step();
      second.doWork();
    }
    expect(usage.clientCount()).toBe(2);
    second.close();
    while (usage.clientCount() !== 1 && Bun.nanoseconds() < endNs) step();
    expect(usage.clientCount()).toBe(1);
    usage.close();
  });

  test("a counter's key, label and owner are where we read them", () => {
    const key = nativeString("key!");
    const label = nativeString("a label of ours");
    aeron.aeron_async_add_counter(out.address, client.address, 4321, key.address, 4, label.address, 15);
    const pending = out.pointerAt();
    finish(() => aeron.aeron_async_add_counter_poll(out.address, pending));
    const records = allCounters().filter(({ typeId }) => typeId === 4321);
    expect(records.length).toBe(1);
    expect(records[0]).toMatchObject({
      label: "a label of ours",
      key: "key!",
      ownerId: aeron.aeron_client_id(client.address),
    });
  });
});

interface CounterRecord {
  readonly typeId: number;
  readonly label: string;
  readonly key: string;
  readonly ownerId: bigint;
  readonly value: number;
}

function openCnc(): number {
  const dir = nativeString(aeronDir);
  expect(aeron.aeron_cnc_init(out.address, dir.address, 0)).toBe(0);
  return out.pointerAt();
}

function allCounters(): CounterRecord[] {
  const cnc = openCnc();
  const buffers = new NativeBuffer(COUNTERS_BUFFERS.size);
  aeron.aeron_counters_reader_get_buffers(aeron.aeron_cnc_counters_reader(cnc), buffers.address);
  const metadata = bytesAt(
    buffers.pointerAt(COUNTERS_BUFFERS.metadata),
    buffers.numberAt(COUNTERS_BUFFERS.metadataLength),
  );
  const values = bytesAt(buffers.pointerAt(COUNTERS_BUFFERS.values), buffers.numberAt(COUNTERS_BUFFERS.valuesLength));
  expect(metadata.length / COUNTER_METADATA.size).toBe(values.length / COUNTER_VALUE.size);
  aeron.aeron_cnc_close(cnc);
  const view = new DataView(metadata.buffer);
  const valuesView = new DataView(values.buffer);
  const text = (at: number, length: number) => new TextDecoder().decode(metadata.subarray(at, at + length));
  const records: CounterRecord[] = [];
  for (let at = 0, value = 0; at < metadata.length; at += COUNTER_METADATA.size, value += COUNTER_VALUE.size) {
    if (view.getInt32(at + COUNTER_METADATA.state, true) !== COUNTER_STATE.allocated) {
      records.push({ typeId: -1, label: "", key: "", ownerId: 0n, value: 0 });
      continue;
    }
    records.push({
      typeId: view.getInt32(at + COUNTER_METADATA.typeId, true),
      label: text(at + COUNTER_METADATA.label, view.getInt32(at + COUNTER_METADATA.labelLength, true)),
      key: text(at + COUNTER_METADATA.key, 4),
      ownerId: valuesView.getBigInt64(value + COUNTER_VALUE.ownerId, true),
      value: Number(valuesView.getBigInt64(value, true)),
    });
  }
  return records;
}

function counter(id: number): CounterRecord {
  return allCounters()[id] as CounterRecord;
}
