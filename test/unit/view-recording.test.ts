import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RecordingSet } from "../../src/recording/recording-set.ts";
import type { ClientMessage, PlayheadMessage } from "../../src/view/messages.ts";
import { decodePicture, type Picture } from "../../src/view/page/values.ts";
import type { Admission } from "../../src/view/page-hub.ts";
import type { PageLink, PageSocket } from "../../src/view/page-link.ts";
import { RecordingHub } from "../../src/view/recording/recording-hub.ts";
import { framePattern, START_NS, TestFile, writeFrames } from "../support/mcap-file.ts";
import { TestFolder } from "../support/test-folder.ts";

const folder = new TestFolder();
afterAll(() => folder.remove());
const newPath = (): string => join(folder.path, `${crypto.randomUUID()}.mcap`);
const EVERYBODY: Admission = { maySee: true, maySteer: false, reason: null };
const WATCH = { type: "watch", view: 0, stream: 7, plane: null, maxPixels: 10_000, maxSide: 8192 } as const;
const FRAME_MS = 1e6;

/** A page that draws everything at once unless it is slow. */
class FakePage implements PageSocket {
  readonly pictures: Picture[] = [];
  readonly playheads: PlayheadMessage[] = [];
  welcome: Record<string, unknown> | null = null;
  closed: string | null = null;
  isSlow = false;
  readonly #hub: RecordingHub;
  readonly link: PageLink | null;

  constructor(hub: RecordingHub) {
    this.#hub = hub;
    this.link = hub.open(this, "test");
    this.say({ type: "hello", token: null });
  }

  say(message: ClientMessage, admission = EVERYBODY): void {
    if (this.link !== null) this.#hub.onMessage(this.link, JSON.stringify(message), () => admission);
  }

  /** Seqs of the frames that were shown since the last call. */
  take(): number[] {
    return this.pictures.splice(0).map(({ seq }) => seq);
  }

  buffered(): number {
    return 0;
  }

  sendText(text: string): void {
    const message = JSON.parse(text);
    if (message.type === "welcome") this.welcome = message;
    if (message.type === "playhead") this.playheads.push(message);
  }

  sendBytes(bytes: Uint8Array<ArrayBuffer>): void {
    const picture = decodePicture(bytes.slice().buffer);
    if (picture === null) return;
    this.pictures.push(picture);
    if (!this.isSlow) queueMicrotask(() => this.say({ type: "drawn", view: picture.view }));
  }

  close(_code: number, reason: string): void {
    this.closed = reason;
  }
}

function opened(...paths: string[]) {
  const set = RecordingSet.open(paths);
  const hub = new RecordingHub(set, "1.2.3");
  const page = new FakePage(hub);
  page.say({ ...WATCH, reduction: "mean" });
  const seek = async (timeNs: number): Promise<number[]> => {
    await Promise.resolve();
    page.say({ type: "seek", timeNs });
    await Promise.resolve();
    return page.take();
  };
  return { set, hub, page, seek };
}

describe.each(["plain", "zstd"] as const)("a recording in %s chunks", (chunks) => {
  test("shows at each time the newest frame, with the values that were recorded, in any order", async () => {
    const path = newPath();
    await writeFrames(path, 100, { chunks });
    const { set, page, seek } = opened(path);
    using _set = set;
    expect(page.pictures[0]?.seq).toBe(0);
    page.take();
    for (const seq of [1, 2, 50, 49, 99, 3]) {
      await Promise.resolve();
      page.say({ type: "seek", timeNs: seq * FRAME_MS + 500 });
      const picture = page.pictures.at(-1);
      expect(picture).toMatchObject({ seq, dtype: "uint16", width: 6, height: 4, ageNs: seq * FRAME_MS });
      const values = picture?.values as Uint16Array;
      expect(new Uint8Array(values.buffer, values.byteOffset, 48)).toEqual(framePattern(48, seq));
    }
    page.take();
    expect(await seek(3 * FRAME_MS + 900)).toEqual([]);
    expect(await seek(Number.MAX_SAFE_INTEGER)).toEqual([99]);
  });
});

test("a page that has not drawn its picture gets the frame of the newest place, and none between", async () => {
  const path = newPath();
  await writeFrames(path, 100);
  const { set, page } = opened(path);
  using _set = set;
  page.isSlow = true;
  await Promise.resolve();
  page.take();
  for (let seq = 10; seq < 60; seq++) page.say({ type: "seek", timeNs: seq * FRAME_MS });
  expect(page.take()).toEqual([10]);
  page.say({ type: "drawn", view: 0 });
  expect(page.pictures.map(({ seq, skipped }) => [seq, skipped])).toEqual([[59, 48]]);
});

test("steps and searches go to one frame exactly, also among frames of the same time", async () => {
  const path = newPath();
  const file = await TestFile.create(path);
  for (const seq of [0, 1, 2, 5]) {
    const logTimeNs = START_NS + BigInt(Math.min(seq, 2) * FRAME_MS);
    await file.frame({ dtype: "uint8", dims: [2, 2], seq, bytes: framePattern(4, seq), logTimeNs });
  }
  await file.end();
  const { set, page } = opened(path);
  using _set = set;
  const shown = async (message: ClientMessage): Promise<number | undefined> => {
    await Promise.resolve();
    page.say(message);
    return page.pictures.at(-1)?.seq;
  };
  const step = (by: number) => shown({ type: "step", stream: 7, by });
  expect([await step(1), await step(1), await step(1), await step(1), await step(-1)]).toEqual([1, 2, 5, 5, 2]);
  expect(await shown({ type: "find", stream: 7, seq: 5 })).toBe(5);
  expect(page.playheads.at(-1)).toEqual({ type: "playhead", timeNs: 2 * FRAME_MS, note: null });
  expect(await shown({ type: "find", stream: 7, seq: 4 })).toBe(5);
  expect(page.playheads.at(-1)).toMatchObject({ timeNs: null, note: "frame #4 is not in the recording" });
});

/** A message with the recorder's account of an epoch. */
function ledgerOf(row: object) {
  return {
    topic: "/tensorpool/ledger",
    schemaName: "tensorpool.Ledger",
    schemaEncoding: "jsonschema",
    messageEncoding: "json",
    data: new TextEncoder().encode(JSON.stringify({ ...row, pending: 0 })),
    logTimeNs: START_NS + 10n * BigInt(FRAME_MS),
  };
}

test("gaps stand where they are, and with them what the recorder counted", async () => {
  const path = newPath();
  const file = await TestFile.create(path);
  for (const seq of [0, 1, 2, 7, 8, 10]) {
    await file.frame({ dtype: "uint8", dims: [4], seq, bytes: framePattern(4, seq) });
  }
  const row = { stream: 7, name: "camera", epoch: "1", final: true, published: 11, recorded: 6, skipped: 0 };
  await file.message(ledgerOf({ ...row, missing: { diskFull: 5 } }));
  await file.end();
  const { set, hub } = opened(path);
  using _set = set;
  const [stream] = hub.info.streams;
  expect(stream).toMatchObject({ stream: 7, frames: 6, missing: 5, furtherGaps: 0 });
  expect(stream?.gaps).toEqual([
    { fromNs: 2 * FRAME_MS, toNs: 7 * FRAME_MS, fromSeq: 3, toSeq: 6, missing: 4 },
    { fromNs: 8 * FRAME_MS, toNs: 10 * FRAME_MS, fromSeq: 9, toSeq: 9, missing: 1 },
  ]);
  expect(stream?.density.reduce((sum, count) => sum + count, 0)).toBe(6);
  expect(Math.round(stream?.lacks.reduce((sum, count) => sum + count, 0) ?? 0)).toBe(5);
  expect(stream?.ledger).toMatchObject([{ epoch: "1", published: 11, recorded: 6, missing: { diskFull: 5 } }]);
});

test.each([
  // 1 frame in 3, of which #9 and #21 to #27 were lost.
  {
    seqs: [0, 3, 6, 12, 15, 18, 30, 33],
    skipped: 24,
    lost: 4,
    step: 3,
    missing: 4,
    gaps: [
      [7, 11, 1],
      [19, 29, 3],
    ],
  },
  { seqs: [0, 3, 6, 9, 12], skipped: 8, lost: 0, step: 3, missing: 0, gaps: [] },
  // Without an account the usual distance tells.
  { seqs: [0, 3, 6, 12, 15, 18], skipped: null, lost: 0, step: 3, missing: 1, gaps: [[7, 11, 1]] },
  // The newest at a time: nothing was lost, so nothing is missing; and the longest gap is what was.
  { seqs: [0, 2, 7, 8, 12], skipped: 8, lost: 0, step: 1, missing: 0, gaps: [] },
  { seqs: [0, 2, 3, 6, 30, 34, 35], skipped: 6, lost: 23, step: 1, missing: 23, gaps: [[7, 29, 23]] },
  // Two gaps of one length, one of which was not wanted: not more is missing than the account has.
  { seqs: [0, 1, 6, 8, 13, 14], skipped: 5, lost: 4, step: 1, missing: 4, gaps: [[2, 5, 4]] },
  // A recorder that counts all numbers of what it never heard of.
  { seqs: [0, 3, 6, 9, 30, 33], skipped: 8, lost: 20, step: 3, missing: 20, gaps: [[10, 29, 20]] },
])(
  "numbers of frames that were not wanted are left out, not missing: $seqs",
  async ({ seqs, skipped, lost, ...expected }) => {
    const path = newPath();
    const file = await TestFile.create(path);
    for (const seq of seqs) await file.frame({ dtype: "uint8", dims: [4], seq, bytes: framePattern(4, seq) });
    const row = { stream: 7, name: "camera", epoch: "1", final: true, recorded: seqs.length, missing: { gap: lost } };
    if (skipped !== null) await file.message(ledgerOf({ ...row, skipped, published: seqs.length + skipped + lost }));
    await file.end();
    const { set, hub } = opened(path);
    using _set = set;
    const [stream] = hub.info.streams;
    expect(stream).toMatchObject({ step: expected.step, missing: expected.missing });
    const found: unknown = stream?.gaps.map(({ fromSeq, toSeq, missing }) => [fromSeq, toSeq, missing]);
    expect(found).toEqual(expected.gaps);
    const absent = (seqs.at(-1) ?? 0) + 1 - seqs.length;
    expect(stream?.leftOut).toBe(absent - expected.missing);
  },
);

test("a file that was cut is shown up to its last whole frame, without repair", async () => {
  const path = newPath();
  await writeFrames(path, 100);
  truncateSync(path, Math.floor(statSync(path).size / 2));
  const { set, hub, page, seek } = opened(path);
  using _set = set;
  page.take();
  const frames = hub.info.streams[0]?.frames ?? 0;
  expect(frames).toBeGreaterThan(20);
  expect(frames).toBeLessThan(100);
  expect(hub.info.cuts).toHaveLength(1);
  expect(await seek(Number.MAX_SAFE_INTEGER)).toEqual([frames - 1]);
});

test("parts of one recording, and streams of it, are on one time line; each page has its own place", async () => {
  const paths = [newPath(), newPath()];
  for (const [part, path] of paths.entries()) {
    const file = await TestFile.create(path);
    for (let i = 0; i < 10; i++) {
      const seq = part * 10 + i;
      for (const streamId of [7, 8]) {
        const bytes = framePattern(4, seq + streamId);
        await file.frame({ dtype: "uint8", dims: [2, 2], seq, bytes, streamId, name: `camera-${streamId}` });
      }
    }
    await file.end();
  }
  const { set, hub, page, seek } = opened(...paths.reverse());
  using _set = set;
  expect(hub.info.streams.map(({ name, frames, missing }) => [name, frames, missing])).toEqual([
    ["camera-7", 20, 0],
    ["camera-8", 20, 0],
  ]);
  page.say({ ...WATCH, view: 1, stream: 8, reduction: "mean" });
  const other = new FakePage(hub);
  other.say({ ...WATCH, reduction: "mean" });
  page.take();
  expect(await seek(15 * FRAME_MS)).toEqual([15, 15]);
  expect(other.take()).toEqual([0]);
  hub.end();
  expect([page.closed, other.closed]).toEqual(["the server ends", "the server ends"]);
});

test("a frame that cannot be read is said, and the others are shown", async () => {
  const path = newPath();
  await writeFrames(path, 100, { chunks: "zstd" });
  const { set, page, seek } = opened(path);
  using _set = set;
  const bytes = readFileSync(path);
  // The values of the last chunks, in place.
  bytes.fill(0xff, Math.floor(bytes.length * 0.3), Math.floor(bytes.length * 0.4));
  writeFileSync(path, bytes);
  const shown = new Set<number>();
  for (let seq = 0; seq < 100; seq++) for (const one of await seek(seq * FRAME_MS)) shown.add(one);
  expect(shown.size).toBeGreaterThan(20);
  expect(shown.size).toBeLessThan(100);
  expect(page.playheads.some(({ note }) => note !== null)).toBe(true);
});

test("a page without the token gets neither what is in the recording nor frames", async () => {
  const path = newPath();
  await writeFrames(path, 3);
  using set = RecordingSet.open([path]);
  const hub = new RecordingHub(set, "1.2.3");
  const page = new FakePage(hub);
  const refused = { maySee: false, maySteer: false, reason: "the token" };
  page.take();
  const stranger = hub.open(page, "stranger") as PageLink;
  hub.onMessage(stranger, JSON.stringify({ type: "hello", token: null }), () => refused);
  expect(page.welcome).toMatchObject({ maySee: false, recording: null });
  hub.onMessage(stranger, JSON.stringify({ ...WATCH, reduction: "mean" }), () => refused);
  expect(page.take()).toEqual([]);
});
