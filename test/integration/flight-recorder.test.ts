import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { Opcode } from "../../src/recording/layout.ts";
import { Recording } from "../../src/recording/recording.ts";
import { verifyRecording } from "../../src/recording/verify.ts";
import { publish, type ReadRecording, RecorderSubject, readRecordingFile } from "../support/recorder-subject.ts";

const MIB = 1024 * 1024;
const FLIGHT = { beforeNs: 60e9, afterNs: 0 };

function filesOf({ path }: RecorderSubject["rig"]["directory"]): string[] {
  return readdirSync(path).filter((name) => name.endsWith(".mcap"));
}

async function readAll(subject: RecorderSubject): Promise<ReadRecording[]> {
  const paths = filesOf(subject.rig.directory)
    .sort()
    .map((name) => subject.rig.directory.at(name));
  for (const path of paths) expect([path, verifyRecording(path).problems]).toEqual([path, []]);
  return Promise.all(paths.map(readRecordingFile));
}

/** Frames, each with its number as its values. */
async function publishFrom(subject: RecorderSubject, first: number, count: number, dims: number[]): Promise<void> {
  for (let i = first; i < first + count; i++) {
    publish(subject.producer, i, dims);
    await subject.until(() => subject.stream.consumer.counters.of.accepted.value === i);
  }
}

const valuesOf = ({ data }: ReadRecording): (number | undefined)[] => data.map((each) => each.at(-1));
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

async function whenWaiting(subject: RecorderSubject): Promise<void> {
  await subject.until(() => subject.recorder.flight?.state === "waiting");
}

describe("a flight recorder", () => {
  test("writes nothing without a trigger, and the frames are not missing", async () => {
    await using subject = await RecorderSubject.open({ flight: FLIGHT });
    await publishFrom(subject, 1, 10, [16, 16]);
    await subject.rig.remove(subject.recorder);
    expect(filesOf(subject.rig.directory)).toEqual([]);
    expect(subject.stream.rows(subject.rig.clock.nanoTime(), true)).toEqual([]);
  });

  test("writes what was before and after each trigger; a frame is in one file", async () => {
    await using subject = await RecorderSubject.open({ flight: { ...FLIGHT, afterNs: 1e9 } });
    await publishFrom(subject, 1, 10, [16, 16]);
    expect(subject.recorder.trigger("a test")).toEqual({ isExtended: false });
    await publishFrom(subject, 11, 5, [16, 16]);
    expect(subject.recorder.trigger("another")).toEqual({ isExtended: true });
    subject.rig.clock.jump(2e9);
    await whenWaiting(subject);
    await publishFrom(subject, 16, 5, [16, 16]);
    subject.recorder.trigger("a third");
    subject.rig.clock.jump(2e9);
    await whenWaiting(subject);
    await publishFrom(subject, 21, 5, [16, 16]);
    await subject.rig.remove(subject.recorder);
    const files = await readAll(subject);
    expect(files.map(valuesOf)).toEqual([range(1, 15), range(16, 20)]);
    expect(files[0]?.ledger.at(-1)).toMatchObject({ published: 15, recorded: 15, pending: 0, skipped: 0 });
    expect(files[0]?.ledger.at(-1)?.missing).toEqual({});
    expect(files[1]?.ledger.at(-1)).toMatchObject({ published: 20, recorded: 20, pending: 0, skipped: 0 });
    for (const { metadata } of files) {
      expect(metadata.map(({ name }) => name)).toEqual(["tensorpool.session", "tensorpool.source"]);
    }
    expect(subject.recorder.flight).toMatchObject({ triggers: 3, files: 2 });
  });

  test("keeps no more than the time before, and no more than its memory", async () => {
    const flight = { ...FLIGHT, beforeNs: 1e9 };
    await using subject = await RecorderSubject.open({ flight, bufferBytes: 16 * MIB }, 8, 2 * MIB);
    subject.rig.clock.hold();
    await publishFrom(subject, 1, 40, [1024, 1024]);
    expect(subject.recorder.staging.pool.usedBytes).toBeLessThanOrEqual(16 * MIB);
    subject.rig.clock.jump(1e6);
    expect(subject.recorder.flight?.heldNs(subject.rig.clock.nanoTime())).toBe(1e6);
    subject.recorder.trigger("a test");
    await whenWaiting(subject);
    await publishFrom(subject, 41, 3, [1024, 1024]);
    subject.rig.clock.jump(1.5e9);
    await publishFrom(subject, 44, 3, [1024, 1024]);
    subject.recorder.trigger("another");
    await whenWaiting(subject);
    await subject.rig.remove(subject.recorder);
    const files = await readAll(subject);
    // A MiB and the head of its chunk: fifteen fit into 16 MiB.
    expect(files.map(valuesOf)).toEqual([range(26, 40), range(44, 46)]);
    expect(files[1]?.ledger.at(-1)).toMatchObject({
      published: 46,
      recorded: 18,
      skipped: 28,
      pending: 0,
      missing: {},
    });
  });

  test("verify finds a frame that is missing from a file, by the rows of its trigger and of its end", async () => {
    const flight = { ...FLIGHT, beforeNs: 1e9 };
    await using subject = await RecorderSubject.open({ flight, bufferBytes: 16 * MIB }, 8, 2 * MIB);
    subject.rig.clock.hold();
    for (let trigger = 0; trigger < 2; trigger++) {
      await publishFrom(subject, trigger * 20 + 1, 20, [1024, 1024]);
      subject.recorder.trigger("a test");
      await whenWaiting(subject);
    }
    await subject.rig.remove(subject.recorder);
    const files = await readAll(subject);
    expect(files).toHaveLength(2);
    for (const name of filesOf(subject.rig.directory)) {
      const path = subject.rig.directory.at(name);
      const bytes = readFileSync(path);
      let second = 0;
      let frames = 0;
      {
        using recording = Recording.open(path);
        second = recording.index.chunks.offset(1);
        frames = [...recording.frames("camera-1")].length;
      }
      expect(bytes[second]).toBe(Opcode.CHUNK);
      bytes[second] = Opcode.TORN_CHUNK;
      writeFileSync(path, bytes);
      const messages = verifyRecording(path).problems.map(({ message }) => message);
      expect(messages.filter((message) => message.startsWith("the ledger"))).toEqual([
        expect.stringMatching(new RegExp(`that ${frames} .* since the trigger, and ${frames - 1} are in`)),
      ]);
    }
  });

  test("a trigger right before the end is written", async () => {
    await using subject = await RecorderSubject.open({ flight: { ...FLIGHT, afterNs: 60e9 } });
    await publishFrom(subject, 1, 3, [16, 16]);
    subject.recorder.trigger("a test");
    await subject.rig.remove(subject.recorder);
    const [file] = await readAll(subject);
    expect(file?.ledger.at(-1)).toMatchObject({ published: 3, recorded: 3, final: true });
    expect(file?.data).toHaveLength(3);
  });

  test("frames wait in memory while no file can be created", async () => {
    await using subject = await RecorderSubject.open({ flight: FLIGHT, folder: "flights" });
    const folder = subject.rig.directory.at("flights");
    await publishFrom(subject, 1, 3, [16, 16]);
    rmdirSync(folder);
    writeFileSync(folder, "");
    subject.recorder.trigger("a test");
    for (let i = 0; i < 100; i++) subject.rig.step();
    expect(subject.recorder.flight?.state).toBe("completing");
    expect(subject.recorder.writer.queuedBytes).toBeGreaterThan(0);
    subject.rig.clock.jump(30e9);
    await whenWaiting(subject);
    expect(subject.stream.counters.of.diskFailed.value).toBe(3);
  });

  test("a loss is a trigger, and what it loses by itself is none", async () => {
    await using subject = await RecorderSubject.open({ flight: { ...FLIGHT, onLoss: true } });
    await publishFrom(subject, 1, 3, [16, 16]);
    // Twice around the ring of eight slots without a step of the consumer.
    for (let i = 0; i < 24; i++) publish(subject.producer, 100 + i, [16, 16]);
    await subject.until(() => subject.recorder.flight?.files === 1);
    await subject.rig.remove(subject.recorder);
    const [file] = await readAll(subject);
    expect(file?.events.some((event) => event.startsWith("triggered by a loss of"))).toBe(true);
    expect(subject.recorder.flight?.triggers).toBeGreaterThan(0);
  });
});
