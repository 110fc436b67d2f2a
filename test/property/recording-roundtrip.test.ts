import { expect, test } from "bun:test";
import { openSource } from "../../src/io/index.ts";
import { type Attribute, textAttribute } from "../../src/protocol/attribute.ts";
import type { RecordedFrame } from "../../src/recording/recorded-frame.ts";
import { Recording } from "../../src/recording/recording.ts";
import { verifyRecording } from "../../src/recording/verify.ts";
import { SourcePump } from "../../src/roles/source-pump.ts";
import { firstSeed } from "../full/fuzz/fuzz.ts";
import { Random } from "../full/fuzz/random.ts";
import { fillBytes, planOf, STRIDES } from "../full/random-frames/plan.ts";
import { RecorderSubject } from "../support/recorder-subject.ts";

const FRAMES = 200;
const NSLOTS = 64;
const SLOT_BYTES = STRIDES.at(-1) as number;
/** The metadata changes before every so many frames. */
const META_EVERY = 25;

/**
 * Attributes of the data source; the first is an attachment of the recording now and then. All of them fit into the terms of the metadata
 * stream as it is: for larger ones a producer makes another publication, and announces the last version on it only.
 */
function attributesOf(seed: number, version: number): Attribute[] {
  const random = new Random(seed ^ (version + 1));
  return Array.from({ length: random.below(4) + 1 }, (_, i) => {
    const bytes = new Uint8Array(i === 0 && random.oneIn(2) ? 4097 + random.below(1000) : random.below(200));
    fillBytes(bytes, version + i);
    return random.oneIn(3)
      ? textAttribute(`key-${i}`, `ü ${version}`)
      : { key: `key-${i}`, format: "application/octet-stream", value: bytes };
  });
}

/** All that a frame is, but for the number and the epoch that its producer gave it. */
function factsOf(frame: RecordedFrame): unknown[] {
  const { dtype, dims, majorOrder, byteLength, timestampNs } = frame;
  const strides = frame.strides ?? dims.map(() => 0);
  const attributes = frame.attributes
    .filter(({ key }) => key.startsWith("key-"))
    .map(({ key, format, value }) => [key, format, Bun.hash(value)]);
  return [dtype, [...dims], [...strides], majorOrder, byteLength, timestampNs, Bun.hash(frame.bytes), attributes];
}

/** Records the frames of a plan and returns them as the file has them. */
async function recordPlans(subject: RecorderSubject, seed: number): Promise<unknown[]> {
  const { accepted } = subject.stream.counters.of;
  for (let n = 0; n < FRAMES; n++) {
    if (n % META_EVERY === 0) subject.producer.setAttributes(attributesOf(seed, n / META_EVERY));
    const { shape, byteLength } = planOf(seed, n);
    const slot = subject.producer.tryClaim(byteLength);
    if (slot === null) throw new Error(`no slot for frame ${n} of seed ${seed}`);
    fillBytes(slot.bytes, n);
    slot.commit(shape);
    await subject.until(() => accepted.value > n);
  }
  return await framesOf(subject);
}

/** Records what a file holds, replayed, and returns it as the new file has it. */
async function recordReplay(subject: RecorderSubject, path: string): Promise<unknown[]> {
  const source = await openSource(`mcap:${path},speed=max`);
  // Those of the first frame are of the producer from its beginning.
  subject.producer.setAttributes(source.attributes);
  let isDone = false;
  const onDone = (): void => {
    isDone = true;
  };
  subject.rig.add(new SourcePump(subject.producer, source, { rateHz: null, count: FRAMES, waitConsumers: 1, onDone }));
  const { accepted } = subject.stream.counters.of;
  await subject.until(() => isDone && accepted.value === FRAMES);
  return await framesOf(subject);
}

async function framesOf(subject: RecorderSubject): Promise<unknown[]> {
  await subject.rig.remove(subject.recorder);
  expect(verifyRecording(subject.path).problems).toEqual([]);
  using recording = Recording.open(subject.path);
  return [...recording.frames("camera-1")].map(factsOf);
}

test("frames of random shapes, strides, orders, dtypes and attributes are the same: recorded, replayed and recorded again", async () => {
  const seed = firstSeed();
  console.log(`seed ${seed}: TENSORPOOL_FUZZ_SEED=${seed} makes the same frames again`);
  await using first = await RecorderSubject.open({}, NSLOTS, SLOT_BYTES);
  const recorded = await recordPlans(first, seed);
  await using second = await RecorderSubject.open({ flow: "wait" }, NSLOTS, SLOT_BYTES);
  const again = await recordReplay(second, first.path);
  expect([recorded.length, again.length]).toEqual([FRAMES, FRAMES]);
  expect(again).toEqual(recorded);
  const bytes = Array.from({ length: FRAMES }, (_, n) => {
    const values = new Uint8Array(planOf(seed, n).byteLength);
    fillBytes(values, n);
    return Bun.hash(values);
  });
  expect(recorded.map((facts) => (facts as unknown[])[6])).toEqual(bytes);
});
