import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { McapStreamReader } from "@mcap/core";
import { attributeText, textAttribute } from "../../src/protocol/attribute.ts";
import { Opcode } from "../../src/recording/layout.ts";
import { Recording } from "../../src/recording/recording.ts";
import { verifyRecording } from "../../src/recording/verify.ts";
import { publish, RecorderSubject, readRecordingFile } from "../support/recorder-subject.ts";

describe("a recorder", () => {
  test("writes small frames, metadata and the ledger, and the account closes", async () => {
    await using subject = await RecorderSubject.open();
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
    await using subject = await RecorderSubject.open({}, 8, 2 ** 21);
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
    await using subject = await RecorderSubject.open({}, 4, 2 ** 21);
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

  test("ends by count when so many frames are in the file: one that is overwritten on its way is followed by another", async () => {
    let isDone = false;
    const onDone = (): void => {
      isDone = true;
    };
    await using subject = await RecorderSubject.open({ count: 1, onDone }, 4, 2 ** 21);
    publish(subject.producer, 1, [1024, 1024]);
    // The write begins and ends with the event loop, which has no turn here.
    subject.rig.until(() => subject.stream.consumer.counters.of.accepted.value === 1, "the frame to be taken");
    for (let i = 2; i < 8; i++) publish(subject.producer, i, [1024, 1024]);
    await subject.until(() => isDone || subject.stream.counters.of.recordingOverwritten.value > 0);
    subject.rig.settle();
    if (!isDone) publish(subject.producer, 8, [1024, 1024]);
    await subject.until(() => isDone);
    const read = await subject.close();
    expect([subject.recorded, read.data.length]).toEqual([1, 1]);
  });

  test("W-45: each version of the metadata is in the file, also where frames are read before it", async () => {
    await using subject = await RecorderSubject.open({}, 16);
    // The consumer's turn to read metadata comes once a millisecond, and does not come here.
    subject.rig.clock.hold();
    subject.rig.step();
    for (let version = 1; version <= 6; version++) {
      subject.producer.setAttributes([textAttribute("lens", `f/${version}`)]);
      publish(subject.producer, version, [16, 16]);
    }
    await subject.until(() => subject.stream.consumer.counters.of.accepted.value === 6);
    await subject.close();
    using recording = Recording.open(subject.path);
    const lenses = [...recording.frames("camera-1")].map(({ attributes }) => attributeText(attributes, "lens"));
    expect(lenses).toEqual(["f/1", "f/2", "f/3", "f/4", "f/5", "f/6"]);
  });

  test("verify compares the frames of a file with its ledger", async () => {
    await using subject = await RecorderSubject.open({}, 16, 2 ** 21);
    for (let i = 1; i <= 3; i++) {
      publish(subject.producer, i, [1024, 1024]);
      await subject.until(() => subject.recorded >= i);
    }
    await subject.close();
    expect(verifyRecording(subject.path).problems).toEqual([]);
    const bytes = readFileSync(subject.path);
    let second = 0;
    {
      using recording = Recording.open(subject.path);
      second = recording.index.chunks.offset(1);
    }
    expect(bytes[second]).toBe(Opcode.CHUNK);
    bytes[second] = Opcode.TORN_CHUNK;
    writeFileSync(subject.path, bytes);
    const messages = verifyRecording(subject.path).problems.map(({ message }) => message);
    expect(messages.filter((message) => message.startsWith("the ledger"))).toEqual([
      expect.stringMatching(
        /^the ledger says that 3 frames of stream \d+ \(epoch \d+\) were recorded, and 2 are in the file$/,
      ),
    ]);
  });

  test("a file that is removed while it is written ends the recording with an error; of parts, only that one is lost", async () => {
    for (const splitNs of [undefined, 60e9]) {
      await using subject = await RecorderSubject.open(splitNs === undefined ? {} : { splitNs }, 16);
      publish(subject.producer, 1, [16, 16]);
      await subject.until(() => subject.recorded === 1);
      const { writer } = subject.recorder;
      rmSync(writer.path as string);
      subject.rig.clock.jump(1.1e9);
      if (splitNs === undefined) {
        await subject.until(() => writer.failure !== null);
        expect(writer.failure?.message).toMatch(
          /out\.mcap was removed while it was written, .*; record to another file/,
        );
        continue;
      }
      subject.rig.settle();
      publish(subject.producer, 2, [16, 16]);
      await subject.until(() => subject.recorded === 2);
      expect([writer.failure, writer.state]).toEqual([null, "writing"]);
    }
  });

  test("frames of the last moment before the producer ends are kept", async () => {
    await using subject = await RecorderSubject.open({}, 32, 2 ** 21);
    for (let i = 1; i <= 6; i++) publish(subject.producer, i, [1024, 1024]);
    subject.rig.until(() => subject.stream.consumer.counters.of.accepted.value === 6, "the frames to be taken");
    await subject.rig.remove(subject.producer);
    await subject.until(() => subject.stream.consumer.counters.of.ends.value === 1 && subject.recorder.writer.isIdle);
    const read = await subject.close();
    expect(read.data.map((data) => data.at(-1))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("a recorder without frames removes its own file, and not another of its name", async () => {
    for (const isReplaced of [false, true]) {
      await using subject = await RecorderSubject.open({});
      if (isReplaced) {
        renameSync(subject.path, `${subject.path}.moved`);
        writeFileSync(subject.path, "another's");
      }
      // Nothing is kept of a recording whose streams never began.
      await subject.recorder.writer.close(1e9, false);
      expect(existsSync(subject.path)).toBe(isReplaced);
    }
  });

  test("compressed chunks hold the same", async () => {
    await using subject = await RecorderSubject.open({ zstdLevel: 3 }, 8, 2 ** 21);
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
    await using subject = await RecorderSubject.open({ splitBytes: 8 * 1024 * 1024 }, 8, 2 ** 21);
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
      const { data, metadata } = await readRecordingFile(path);
      all.push(...data.map((each) => each.at(-1)));
      expect(metadata.map(({ name: each }) => each)).toEqual(["tensorpool.session", "tensorpool.source"]);
    }
    expect(all).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  });
});
