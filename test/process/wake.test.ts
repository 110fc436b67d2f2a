import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Place } from "../support/place.ts";
import { RoleProcess } from "../support/role-process.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

/** A frame now and then: slowly enough for the reader to wait for each, with slots for when the machine is slow. */
const SLOW = ["--source", "synthetic:dtype=uint8,dims=64x64,rate=10", "--slots", "64"];

function linesWith(role: RoleProcess, key: string): string[] {
  return role.stdoutLines.filter((line) => line.includes(`"${key}"`));
}

/** A consumer that waits until it is woken, and the producer of its stream. */
async function start(place: Place) {
  const producer = place.producer(SLOW);
  await producer.errorLine(/./);
  const subject = [process.execPath, join(import.meta.dir, "wake-subject.ts"), place.aeronDir, place.shmDir];
  return { producer, consumer: new RoleProcess(subject, { surroundings: () => producer.describe() }) };
}

/** Waits until the consumer is in a wait that its producer, who is paused, will not end. */
async function waits(producer: RoleProcess, consumer: RoleProcess): Promise<void> {
  await until(
    () => linesWith(consumer, "waits").length > 0,
    () => `a wait: ${consumer.describe()}`,
  );
  await producer.stop();
  await until(
    () => {
      const last = consumer.stdoutLines.at(-1) ?? "";
      return last.includes('"waits"') && /\) S /.test(readFileSync(`/proc/${consumer.pid}/stat`, "utf8"));
    },
    () => `a wait that does not end: ${consumer.describe()}`,
  );
}

test(
  "a consumer that waits indefinitely is woken by frame after frame, and loses none",
  async () => {
    await using place = new Place();
    const { producer, consumer } = await start(place);
    try {
      await until(
        // On a busy machine there may be no rest between two frames: that is a matter of patience.
        () => linesWith(consumer, "frame").length > 20 && linesWith(consumer, "waits").length > 10,
        () => `frames: ${consumer.describe()}\n${consumer.stdout}`,
      );
      const seqs = linesWith(consumer, "frame").map((line) => (JSON.parse(line) as { frame: number }).frame);
      expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
    } finally {
      await consumer.destroy();
      producer.signal("SIGTERM");
    }
  },
  PROCESS_TEST_MS,
);

test(
  "SIGTERM ends a consumer that waits indefinitely, in order",
  async () => {
    await using place = new Place();
    const { producer, consumer } = await start(place);
    try {
      await waits(producer, consumer);
      consumer.signal("SIGTERM");
      expect(await consumer.exit()).toBe(0);
      expect(consumer.stdoutLines.at(-1)).toBe('{"ended":"SIGTERM"}');
    } finally {
      await consumer.destroy();
      producer.signal("SIGCONT");
    }
  },
  PROCESS_TEST_MS,
);

test(
  "a consumer that rests notices that its producer was killed, and reads the stream of the next one",
  async () => {
    await using place = new Place();
    const first = place.producer(SLOW);
    const consumer = place.consumer(["--stats-interval", "50ms"]);
    await consumer.row((row) => (row.counters.accepted ?? 0) > 10, "frames");
    await first.destroy();
    const second = place.producer(SLOW);
    await consumer.errorLines(/mapped stream 10000, epoch/, 2);
    const { counters } = await consumer.row((row) => (row.counters.maps ?? 0) > 1, "the next epoch");
    await consumer.row((row) => (row.counters.accepted ?? 0) > (counters.accepted ?? 0) + 10, "more frames");
    consumer.signal("SIGTERM");
    expect(await consumer.exit()).toBe(0);
    second.signal("SIGTERM");
    await second.exit();
  },
  PROCESS_TEST_MS,
);
