import { describe, expect, test } from "bun:test";
import type { RecorderRow } from "../../src/cli/record/record-report.ts";
import { DriverPlace } from "../support/driver-place.ts";
import { requireNumberedFrames, type StreamedFile, streamFile } from "../support/mcap-stream.ts";
import { numberedSource } from "../support/numbered-source.ts";
import { Place } from "../support/place.ts";
import type { RoleProcess } from "../support/role-process.ts";
import { HangingDisk } from "../support/slow-disk.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const LARGE = [1024, 1100];
const SMALL = [64, 64];
const bytesOf = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
const ROWS = ["--stats-interval", "50ms", "-o", "jsonl"];

const rowOf = (record: RoleProcess): RecorderRow | undefined => record.rows.at(-1) as RecorderRow | undefined;
const recordedBy = (record: RoleProcess): number => rowOf(record)?.recorded ?? 0;
const claimedBy = (producer: RoleProcess): number => producer.rows.at(-1)?.counters.claimed ?? 0;

async function untilRecorded(record: RoleProcess, frames: number): Promise<void> {
  await until(
    () => recordedBy(record) >= frames,
    () => `${frames} recorded frames, found ${recordedBy(record)}: ${record.describe()}`,
  );
}

/** The frames of each epoch are in the file, or counted as missing: none between its first and its last has no account. */
function requireAccounts(file: StreamedFile): void {
  const finals = file.ledger.filter(({ final }) => final);
  expect(finals.reduce((sum, { recorded }) => sum + recorded, 0)).toBe(file.frames.length);
  for (const { published, recorded, pending, missing, first, last } of finals) {
    const lost = Object.values(missing).reduce((sum, frames) => sum + frames, 0);
    expect([pending, published]).toEqual([0, recorded + lost]);
    if (first !== null && last !== null) expect(published).toBeGreaterThanOrEqual(last - first + 1);
  }
}

describe("record", () => {
  test(
    "a disk that hangs for seconds holds up no producer; frames wait in the buffer, then they are counted",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const path = place.at("slow.mcap");
      const producer = place.producer(["--source", numberedSource(place, LARGE, 50), "--stats-interval", "50ms"]);
      const record = place.run([
        ...["record", "10000", "--standalone", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir],
        ...["--to", path, "--min-free", "0%", "--buffer", "32MiB", "--once", ...ROWS],
      ]);
      await untilRecorded(record, 10);

      await using disk = await HangingDisk.under(record.pid, place.at("trace"));
      if (disk === null) return;
      await record.errorLine(/the disk has not answered for 2 s; frames wait in the buffer/);
      const [recorded, claimed] = [recordedBy(record), claimedBy(producer)];
      // A second of the producer's, while the recorder writes nothing.
      await until(
        () => claimedBy(producer) >= claimed + 50,
        () => "the producer to publish while the disk hangs",
      );
      await until(
        () => (rowOf(record)?.streams[0]?.missing.stagingFull ?? 0) > 0,
        () => "the buffer to be full",
      );
      expect(rowOf(record)?.bufferedBytes).toBeLessThanOrEqual(32 * 1024 * 1024);
      await disk[Symbol.asyncDispose]();
      await untilRecorded(record, recorded + 60);

      producer.signal("SIGTERM");
      expect(await producer.exit()).toBe(0);
      expect([await record.exit(), record.stderr]).toEqual([0, expect.stringMatching(/stagingFull/)]);
      const file = streamFile(path);
      expect(file.isComplete).toBe(true);
      requireNumberedFrames(file, bytesOf(LARGE));
      requireAccounts(file);
      const final = file.ledger.at(-1);
      expect(final).toMatchObject({ final: true, missing: { stagingFull: expect.any(Number) } });
      // The producer's own count: frames from before the first one are no part of the recording.
      const { published = 0, first } = final ?? {};
      expect(published).toBeGreaterThanOrEqual(claimedBy(producer) - (first ?? 0));
      expect(published).toBeLessThanOrEqual(claimedBy(producer));
      expect(file.events.filter((event) => event.includes("the disk has not answered"))).not.toEqual([]);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a driver that is killed and returns: recording continues in another epoch, and the account of each closes",
    async () => {
      await using place = new DriverPlace();
      const mediaDriver = await place.mediaDriver();
      const serve = ["--stream", "10000", "--slots", "64", "--pool", "4KiB", "--media-driver", "external"];
      const driver = await place.readyDriver(serve);
      const path = place.at("driver.mcap");
      const producer = place.producer(["--source", numberedSource(place, SMALL, 200), "--stats-interval", "50ms"]);
      const record = place.run([
        ...["record", "10000", "--attach-timeout", "10m", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir],
        ...["--to", path, "--min-free", "0%", ...ROWS],
      ]);
      await untilRecorded(record, 50);

      const epoch = rowOf(record)?.streams[0]?.epoch;
      driver.signal("SIGKILL");
      const next = place.driver(serve);
      await Promise.all([producer, record].map((role) => role.errorLine(/attached to stream 10000 again/)));
      await until(
        () => rowOf(record)?.streams[0]?.epoch === String(producer.rows.at(-1)?.epoch),
        () => `both in one epoch again: ${record.describe()}`,
      );
      const before = recordedBy(record);
      await untilRecorded(record, before + 100);
      expect(rowOf(record)?.streams[0]?.epoch).not.toBe(epoch);

      for (const role of [record, producer, next, mediaDriver]) {
        role.signal("SIGTERM");
        expect([await role.exit(), role.stderr]).toEqual([0, expect.any(String)]);
      }
      const file = streamFile(path);
      expect(file.isComplete).toBe(true);
      requireAccounts(file);
      const finals = file.ledger.filter(({ final }) => final);
      expect(finals.length).toBeGreaterThan(1);
      expect(new Set(finals.map(({ epoch }) => epoch)).size).toBe(finals.length);
      expect(finals.at(-1)?.recorded).toBeGreaterThanOrEqual(100);
    },
    PROCESS_TEST_MS,
  );
});
