import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { openRecording, type Producer, type Recorder, RecorderError, TensorPool } from "../../src/index.ts";
import { TemporaryDirectory } from "../support/shm.ts";
import { until } from "../support/until.ts";

const SHAPE = { dtype: "uint8", dims: [16] } as const;
const LIMITS = { standalone: true, minFree: { bytes: 0 }, bufferBytes: 16 * 1024 * 1024 } as const;

async function open(
  scope: AsyncDisposableStack,
): Promise<{ at(name: string): string; pool: TensorPool; producer: Producer }> {
  const directory = scope.use(new TemporaryDirectory());
  const places = { aeronDir: directory.at("aeron"), shmDir: directory.at("regions") };
  const pool = scope.use(await TensorPool.connect({ ...places, mediaDriver: "embedded" }));
  const producer = await pool.addProducer({
    stream: 7,
    name: "camera-1",
    standalone: { slots: 64, strideBytes: 4096 },
  });
  return { at: (name) => directory.at(name), pool, producer };
}

async function publish(producer: Producer, recorder: Recorder, count: number): Promise<void> {
  const accepted = (): number => recorder.streams[0]?.counters.of.accepted.value ?? 0;
  await until(
    () => producer.hasReaders(1),
    () => "the recorder to map the stream",
  );
  for (let i = 0; i < count; i++) {
    const before = accepted();
    expect(producer.offer(new Uint8Array(16).fill(before), SHAPE)).toBe("published");
    await until(
      () => accepted() > before,
      () => "the frame to be taken",
    );
  }
}

test("a recorder writes every frame to a file that openRecording reads", async () => {
  await using scope = new AsyncDisposableStack();
  const { at, pool, producer } = await open(scope);
  const recorder = await pool.addRecorder({ streams: ["camera-1"], to: at("a.mcap"), count: 5, ...LIMITS });
  expect(recorder).toMatchObject({
    state: "writing",
    failure: null,
    path: at("a.mcap"),
    files: 1,
    heldMs: 0,
    missing: {},
  });
  expect(() => recorder.trigger()).toThrow(RecorderError);
  await publish(producer, recorder, 5);
  await recorder.ended;
  await recorder.close();
  await recorder.close();
  expect(recorder).toMatchObject({ state: "closed", path: null });
  expect(recorder.streams).toMatchObject([{ streamId: 7, name: "camera-1" }]);
  expect(recorder.streams[0]?.counters.of.recorded.value).toBe(5);
  await using recording = await openRecording(at("a.mcap"));
  expect([...recording.frames("camera-1")].map(({ bytes }) => bytes[0])).toEqual([0, 1, 2, 3, 4]);
});

test("a flight recorder writes what it keeps when the program triggers it", async () => {
  await using scope = new AsyncDisposableStack();
  const { at, pool, producer } = await open(scope);
  {
    const flight = { beforeMs: 60_000, afterMs: 1 };
    await using recorder = await pool.addRecorder({ streams: [7], to: at("flights"), flight, ...LIMITS });
    expect(recorder).toMatchObject({ state: "waiting", path: null, files: 0 });
    await publish(producer, recorder, 3);
    expect(recorder.heldMs).toBeGreaterThan(0);
    expect(recorder.bufferedBytes).toBeGreaterThan(0);
    expect(recorder.trigger("a test")).toEqual({ isExtended: false });
    await until(
      () => recorder.files === 1 && recorder.state === "waiting",
      () => "the file",
    );
    await publish(producer, recorder, 2);
  }
  const names = readdirSync(at("flights"));
  expect(names).toEqual([expect.stringMatching(/^flight-\d{8}T\d{6}\.\d{3}Z-0001\.mcap$/)]);
  await using recording = await openRecording(at(`flights/${names[0]}`));
  expect([...recording.frames("camera-1")].map(({ bytes }) => bytes[0])).toEqual([0, 1, 2]);
});

test("what cannot be recorded is refused, and leaves nothing in the pool", async () => {
  await using scope = new AsyncDisposableStack();
  const { at, pool, producer } = await open(scope);
  const streams = [7];
  const refusals = [
    pool.addRecorder({ streams: [], to: at("a.mcap"), ...LIMITS }),
    pool.addRecorder({ streams, to: at("a.npy"), ...LIMITS }),
    pool.addRecorder({ streams, to: at("no/folder.mcap"), ...LIMITS }),
    pool.addRecorder({ streams, to: at("a.mcap"), ...LIMITS, bufferBytes: 1 }),
    pool.addRecorder({ streams, to: at("flights"), ...LIMITS, flight: { beforeMs: 1 }, count: 1 }),
  ];
  const codes = await Promise.all(refusals.map((refusal) => refusal.then(String, ({ code }) => code)));
  expect(codes).toEqual(["usage", "usage", "cannot-open", "usage", "usage"]);
  const alone = { ...LIMITS, standalone: false, attachTimeoutMs: 50 };
  for (const to of ["a.mcap", "b.mcap"]) {
    // No driver serves this place: the attachment is refused after the file was created.
    await expect(pool.addRecorder({ streams, to: at(to), ...alone, splitBytes: 2 ** 20 })).rejects.toThrow(/driver/);
  }
  await expect(pool.addRecorder({ streams, to: at("a.mcap"), ...alone })).rejects.toThrow(/driver/);
  expect(readdirSync(at("")).filter((name) => name.endsWith(".mcap"))).toEqual([]);
  expect(producer.hasReaders(1)).toBe(false);
});
