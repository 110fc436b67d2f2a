import { describe, expect, test } from "bun:test";
import { accountGap, BridgePlace, bridgeRows, frameNumbers, lossOf, numberedFrames } from "../support/bridge-place.ts";
import { Place } from "../support/place.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

/** Not one fragment, and not one message. */
const FRAME_BYTES = 300 * 1000;
const SHAPE = ["--dtype", "uint8", "--dims", "300x1000"];
/** A source that lasts long enough for all to find each other on a busy machine. */
const FRAMES = 120;
const FILE = ["--source", "raw:-", ...SHAPE, "--rate", "30", "--once"];
const LIVE = ["--source", "synthetic:dtype=uint8,dims=100x1000", "--rate", "100"];

describe("bridge send --mode lossless", () => {
  for (const loss of [0, 0.05]) {
    test(
      `W-48: a file arrives complete with ${loss * 100} % of the datagrams lost, and accounts close on both sides`,
      async () => {
        await using place = await BridgePlace.open();
        const drivers = await place.mediaDrivers(loss === 0 ? {} : lossOf(loss));
        const receive = place.receive(["--stats-interval", "100ms"]);
        const consumer = place.consumer(["--sink", "raw:-", "--once"], { binary: true });
        const send = place.send(["--mode", "lossless", "--once", "--fail-on-loss"], loss === 0 ? "" : "mtu=1408");
        const producer = place.producer([...FILE, "--fail-on-loss"], { stdin: numberedFrames(FRAMES, FRAME_BYTES) });
        expect([await producer.exit(), await send.exit(), await consumer.exit()]).toEqual([0, 0, 0]);
        expect(frameNumbers(consumer.bytes, FRAME_BYTES)).toEqual(Array.from({ length: FRAMES }, (_, n) => n));
        await until(
          () => bridgeRows(receive).at(-1)?.sender.seen === FRAMES,
          () => `the last ledger: ${receive.describe()}`,
        );
        const last = bridgeRows(receive).at(-1);
        expect([last?.receiver?.delivered, last === undefined ? -1 : accountGap(last)]).toEqual([FRAMES, 0]);
        receive.signal("SIGTERM");
        expect(await receive.exit()).toBe(0);
        for (const driver of drivers) driver.signal("SIGTERM");
        expect(await Promise.all(drivers.map((driver) => driver.exit()))).toEqual([0, 0]);
        await Promise.all([place.near.isEmpty(), place.far.isEmpty()]);
      },
      PROCESS_TEST_MS,
    );
  }
});

test(
  "frames larger than half a term arrive complete, the last one too, although its source ends meanwhile",
  async () => {
    await using place = await BridgePlace.open();
    await place.mediaDrivers();
    place.receive();
    const consumer = place.consumer(["--sink", "stats", "--once", "--fail-on-loss", "--stats-interval", "100ms"]);
    const send = place.send(["--mode", "lossless", "--once", "--fail-on-loss"], "term-length=1m");
    const source = ["--source", "synthetic:dtype=uint8,dims=2000x1500", "--rate", "20", "--count", "60"];
    const producer = place.producer([...source, "--flow", "wait", "--fail-on-loss"]);
    expect([await producer.exit(), await send.exit(), await consumer.exit()]).toEqual([0, 0, 0]);
    expect(consumer.lastRow.counters.accepted).toBe(60);
  },
  PROCESS_TEST_MS,
);

describe("bridge send --mode latest", () => {
  test(
    "W-48: of a live stream whole frames arrive, none is torn, and every other one has a cause",
    async () => {
      await using place = await BridgePlace.open();
      await place.mediaDrivers(lossOf(0.01));
      const receive = place.receive(["--stats-interval", "100ms"]);
      const consumer = place.consumer(["--sink", "raw:-", "--once"], { binary: true });
      const send = place.send(["--once"], "mtu=1408|term-length=1m");
      const bytes = numberedFrames(FRAMES, FRAME_BYTES);
      const producer = place.producer([...FILE, "--flow", "drop", "--wait-consumers", "1", "--slots", "8"], {
        stdin: bytes,
      });
      expect([await producer.exit(), await send.exit(), await consumer.exit()]).toEqual([0, 0, 0]);
      const numbers = frameNumbers(consumer.bytes, FRAME_BYTES);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
      await until(
        () => bridgeRows(receive).at(-1)?.isConnected === false,
        () => `the end of the stream: ${receive.describe()}`,
      );
      const rows = bridgeRows(receive);
      expect(rows.filter((row) => !row.isConnected && row.sender.seen !== 0).map(accountGap)).not.toContain(1);
      const last = rows.at(-1);
      expect([last?.receiver?.incomplete, last === undefined ? -1 : accountGap(last)]).toEqual([0, 0]);
    },
    PROCESS_TEST_MS,
  );
});

describe("either side that dies", () => {
  test(
    "a receiver and a sender that are killed and started again carry the live stream on",
    async () => {
      await using place = await BridgePlace.open();
      await place.mediaDrivers();
      const consumer = place.consumer(["--stats-interval", "100ms"]);
      let receive = place.receive();
      let send = place.send();
      place.producer(LIVE);
      const flows = async (): Promise<void> => {
        consumer.markRows();
        const before = consumer.rows.at(-1)?.counters.accepted ?? 0;
        await consumer.row((row) => (row.counters.accepted ?? 0) > before + 20, "frames that flow");
      };
      await flows();
      await receive.destroy();
      receive = place.receive();
      // Its position would hold the sender's window for 10 s.
      await receive.errorLine(/ was killed: the media driver gives it up now/);
      await flows();
      await send.destroy();
      send = place.send();
      await flows();
      await send.stop();
      await receive.errorLine(/the sender gave no sign of life/);
      send.signal("SIGCONT");
      await flows();
      expect(consumer.rows.at(-1)?.counters.changed).toBe(0);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a source that begins again with another layout makes another epoch on the far side",
    async () => {
      await using place = await BridgePlace.open();
      await place.mediaDrivers();
      const consumer = place.consumer(["--stats-interval", "100ms"]);
      place.receive();
      place.send();
      const first = place.producer(LIVE);
      const { epoch } = await consumer.row((row) => (row.counters.accepted ?? 0) > 5, "frames");
      // Before the first epoch it had none either.
      consumer.markRows();
      first.signal("SIGTERM");
      expect(await first.exit()).toBe(0);
      await consumer.row((row) => row.epoch === null, "the end of the epoch");
      place.producer(["--source", "synthetic:dtype=float32,dims=2000x1000", "--rate", "20"]);
      consumer.markRows();
      const accepted = consumer.rows.at(-1)?.counters.accepted ?? 0;
      const next = await consumer.row((row) => (row.counters.accepted ?? 0) > accepted + 5, "frames of the next epoch");
      expect(next.epoch).not.toBe(epoch);
    },
    PROCESS_TEST_MS,
  );
});

test("bridge: says what is missing, and refuses options of the other direction", async () => {
  await using place = new Place();
  const refusals = [
    [["bridge"], "expected send or receive"],
    [["bridge", "sent"], 'found "sent"; did you mean "send"?'],
    [["bridge", "send"], "--to is missing"],
    [["bridge", "receive"], "--from is missing"],
    [["bridge", "send", "--to", "host"], "HOST:PORT such as"],
    [["bridge", "send", "--to", "127.0.0.1:1", "--peer", "127.0.0.1"], "unknown option --peer"],
    [["bridge", "send", "--to", "127.0.0.1:1,127.0.0.1:1"], "127.0.0.1:1 is named twice"],
    [["bridge", "receive", "--from", "127.0.0.1:1", "--stream", "1=3", "--stream", "2=3"], "published on stream 3"],
    [["bridge", "receive", "--standalone", "--from", "127.0.0.1:1", "--stream", "1=2=3"], "or A=B"],
  ] as const;
  for (const [args, message] of refusals) {
    const role = place.run([...args]);
    expect([await role.exit(), role.stderr]).toEqual([2, expect.stringContaining(message)]);
  }
});
