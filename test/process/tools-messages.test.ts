import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Place } from "../support/place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

setDefaultTimeout(PROCESS_TEST_MS);

interface ToolRow {
  readonly direction?: string;
  readonly name: string;
  readonly aeronStreamId: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Runs a tool to its end; its rows of `-o jsonl`. */
async function tool(place: Place, args: readonly string[]): Promise<{ code: number; rows: ToolRow[]; stderr: string }> {
  const role = place.run([...args, "--aeron-dir", place.aeronDir, "-o", "jsonl"]);
  const code = await role.exit();
  // Where the machine was busy, tap says that it missed some.
  const rows = (role.rows as unknown as ToolRow[]).filter(({ name }) => name !== undefined);
  return { code, rows, stderr: role.stderr };
}

/** The media driver's folder with a producer, and the id of a consumer that has mapped its stream. */
async function streamWithConsumer(place: Place) {
  await place.mediaDriver();
  const producer = place.producer(["--source", "synthetic:", "--rate", "200", "--stats-interval", "0.2"]);
  const consumer = place.consumer(["--sink", "null", "--stats-interval", "0.2"]);
  await consumer.errorLine(/mapped stream/);
  const { rows } = await tool(place, ["tap", "--message", "QosConsumer", "--count", "1"]);
  return { producer, consumer, consumerId: Number(rows[0]?.fields.consumerId) };
}

describe("tap", () => {
  test("shows all that goes over the driver, and ends after --count messages", async () => {
    await using place = new Place();
    await streamWithConsumer(place);
    // Two seconds of them and more: each role has said everything by then that it says once a second.
    const all = await tool(place, ["tap", "--count", "450"]);
    expect(all.code).toBe(0);
    expect(all.rows).toHaveLength(450);
    const names = new Set(all.rows.map(({ name }) => name));
    for (const name of ["FrameDescriptor", "ShmPoolAnnounce", "ConsumerHello", "QosProducer", "QosConsumer"]) {
      expect(names).toContain(name);
    }
    const seqs = all.rows.filter(({ name }) => name === "FrameDescriptor").map(({ fields }) => Number(fields.seq));
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  });

  test("starts no media driver where there is none", async () => {
    await using place = new Place();
    for (const command of [["tap"], ["hello"], ["consumer-config", "7", "5", "--mode", "latest"]]) {
      const { code, stderr } = await tool(place, command);
      expect(code).toBe(3);
      expect(stderr).toContain(`no media driver lives in ${place.aeronDir}`);
    }
    expect(place.driverPids()).toEqual([]);
  });

  test("tools find a stream by its data source's name, and say which are there when it is none's", async () => {
    await using place = new Place();
    await place.mediaDriver();
    const producer = place.producer(["--source", "synthetic:", "--rate", "50", "--stream", "7", "--name", "camera-1"]);
    await producer.errorLine(/stream 7 epoch/);
    const found = await tool(place, ["tap", "--stream", "camera-1", "--message", "FrameDescriptor", "--count", "2"]);
    expect(found.code).toBe(0);
    expect(found.rows.map(({ fields }) => fields.streamId)).toEqual([7, 7]);
    expect((await tool(place, ["hello", "--stream", "camera-1"])).code).toBe(0);
    const inspected = place.run(["inspect", "camera-1", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir]);
    expect([await inspected.exit(), inspected.stdout]).toEqual([0, expect.stringContaining("stream 7, epoch")]);
    const unknown = await tool(place, ["tap", "--stream", "camera-2"]);
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toContain(
      'no stream is called "camera-2" within 1.3 s; streams that exist: 7 "camera-1"; did you mean "camera-1"?',
    );
  });

  test("ends with 3 when no message came that was asked for", async () => {
    await using place = new Place();
    await place.mediaDriver();
    const { code, stderr } = await tool(place, ["tap", "--seconds", "0.3"]);
    expect([code, stderr]).toEqual([3, expect.stringContaining("no message came within 300 ms")]);
  });

  test("while it is paused, frames flow on to consumers", async () => {
    await using place = new Place();
    const { consumer } = await streamWithConsumer(place);
    const tap = place.run(["tap", "--aeron-dir", place.aeronDir, "-o", "jsonl"]);
    await tap.errorLine(/listening/);
    await tap.row((row) => (row as unknown as ToolRow).name === "FrameDescriptor", "a descriptor");
    await tap.stop();
    consumer.markRows();
    for (let i = 0; i < 4; i++) {
      // 200 frames a second; a window that stayed shut would end them.
      await consumer.row((row) => row.framesPerSecond > 100, "frames");
      consumer.markRows();
    }
    tap.signal("SIGCONT");
    tap.signal("SIGTERM");
    expect(await tap.exit()).toBe(0);
  });
});

describe("hello", () => {
  test("shows the announces, the data source and the metadata that come in answer", async () => {
    await using place = new Place();
    await place.mediaDriver();
    const producer = place.producer(["--source", "synthetic:", "--stream", "4711", "--name", "left"]);
    await producer.errorLine(/epoch/);
    const { code, rows } = await tool(place, ["hello", "--stream", "4711", "--consumer-id", "99", "--mode", "latest"]);
    expect(code).toBe(0);
    const [sent, ...answers] = rows;
    expect(sent).toMatchObject({ direction: "sent", fields: { streamId: 4711, consumerId: 99, mode: "LATEST" } });
    const byName = new Map(answers.map((row) => [row.name, row]));
    expect([...byName.keys()].sort()).toEqual(["DataSourceAnnounce", "DataSourceMeta", "ShmPoolAnnounce"]);
    expect(byName.get("DataSourceAnnounce")).toMatchObject({
      direction: "got",
      aeronStreamId: 1300,
      fields: { name: "left" },
    });
  });

  test("exit code 3 when nobody answers, with the streams that were heard", async () => {
    await using place = new Place();
    await place.mediaDriver();
    const producer = place.producer(["--source", "synthetic:", "--stream", "4711"]);
    await producer.errorLine(/epoch/);
    const { code, stderr, rows } = await tool(place, ["hello", "--stream", "4712", "--timeout", "3s"]);
    expect([code, rows.map(({ name }) => name)]).toEqual([3, ["ConsumerHello"]]);
    expect(stderr).toContain('streams that exist: 4711; did you mean "4711"?');
  });
});

describe("consumer-config", () => {
  test("W-39: shows the consumer's QoS with the mode that it was told", async () => {
    await using place = new Place();
    const { consumerId } = await streamWithConsumer(place);
    const config = ["consumer-config", "10000", String(consumerId), "--mode", "latest"];
    const { code, rows } = await tool(place, config);
    expect(rows[0]).toMatchObject({
      direction: "sent",
      name: "ConsumerConfig",
      fields: { mode: "LATEST", useShm: true },
    });
    expect(rows.at(-1)).toMatchObject({
      direction: "got",
      name: "QosConsumer",
      fields: { consumerId, mode: "LATEST" },
    });
    expect(code).toBe(0);
  });

  test("exit code 3 for a consumer that is not there, with those that are", async () => {
    await using place = new Place();
    const { consumerId } = await streamWithConsumer(place);
    const other = consumerId === 5 ? 6 : 5;
    const { code, stderr } = await tool(place, ["consumer-config", "10000", String(other), "--mode", "latest"]);
    expect(code).toBe(3);
    expect(stderr).toContain(`did not answer within 3 s: its consumers are ${consumerId}`);
  });
});
