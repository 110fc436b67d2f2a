import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { DriverPlace } from "../support/driver-place.ts";
import { Place } from "../support/place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

setDefaultTimeout(PROCESS_TEST_MS);

const SMALL = ["--slots", "8", "--pool", "64KiB"];
const SOURCE = ["--source", "synthetic:dtype=uint8,dims=64x64", "--rate", "200"];

// Side by side: most of each is waiting.
describe.concurrent("processes start in any order", () => {
  test("a role waits for a driver for longer than any start takes, and names the next step meanwhile", async () => {
    await using place = new DriverPlace();
    await place.mediaDriver();
    const consumer = place.role("consumer", ["--sink", "null", "--count", "5"]);
    const producer = place.role("producer", SOURCE);
    for (const role of [consumer, producer]) {
      // Two seconds after the start, and then again after ten: before, a role ended after five.
      const [line] = await role.errorLines(/stream 10000: waiting for a driver: none answers in /, 2);
      expect(line).toContain("start `tensorpool driver --stream 10000`, or pass --standalone");
    }
    place.driver(["--stream", "10000", ...SMALL]);
    expect([await consumer.exit(), consumer.stderr]).toEqual([0, expect.stringContaining("accepted 5 frames")]);
  });

  test("a consumer of a stream that does not exist names those that do, by id and by name, and waits", async () => {
    await using place = new DriverPlace();
    await place.readyDriver(["--stream", "10000", ...SMALL]);
    const producer = place.role("producer", [...SOURCE, "--name", "camera-1"]);
    await producer.errorLine(/attached to stream 10000/);
    const byId = place.role("consumer", ["--stream", "10001"]);
    const byName = place.role("consumer", ["--stream", "camera-2", "--count", "5", "--sink", "null"]);
    await byId.errorLine(/refuses stream 10001.*; streams that exist: 10000 "camera-1"; asking again/);
    await byName.errorLine(
      /no stream is called "camera-2"; streams that exist: 10000 "camera-1"; did you mean "camera-1"/,
    );
    producer.signal("SIGTERM");
    expect(await producer.exit()).toBe(0);
    place.role("producer", [...SOURCE, "--name", "camera-2"]);
    expect([await byName.exit(), byName.stderr]).toEqual([0, expect.stringContaining("accepted 5 frames")]);
  });

  test("who passed --standalone on one side only learns that", async () => {
    await using place = new Place();
    await place.mediaDriver();
    const producer = place.producer(SOURCE);
    await producer.errorLine(/stream 10000 epoch/);
    const where = ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
    const consumer = place.run(["consumer", ...where]);
    await consumer.errorLine(/a producer without a driver publishes the stream: pass --standalone to read from it/);
  });

  test("--attach-timeout ends a standalone consumer with 3 and the streams that exist", async () => {
    await using place = new Place();
    await place.mediaDriver();
    const producer = place.producer([...SOURCE, "--name", "camera-1"]);
    await producer.errorLine(/stream 10000 epoch/);
    const consumer = place.consumer(["--stream", "7", "--attach-timeout", "4s"]);
    expect(await consumer.exit()).toBe(3);
    expect(consumer.stderr).toContain("waiting for a producer: none announces the stream");
    expect(consumer.stderr).toContain('streams that exist: 10000 "camera-1"');
  });
});
