import { describe, expect, test } from "bun:test";
import { Output } from "../../src/cli/output/output.ts";
import { ExchangeRows, wrapWords } from "../../src/cli/tap/exchange-rows.ts";
import { nameOf } from "../../src/observe/decoded-message.ts";
import { Exchange, type ExchangeMessage } from "../../src/observe/exchange.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { encodeJson } from "../../src/sbe/index.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";

const HELLO = {
  streamId: STREAM_ID,
  consumerId: 99,
  supportsShm: true,
  supportsProgress: false,
  mode: "STREAM",
  maxRateHz: 0,
  expectedLayoutVersion: 1,
};

function exchangeOn(rig: Rig, timeoutNs: number, isComplete: (messages: readonly ExchangeMessage[]) => boolean) {
  const messages: ExchangeMessage[] = [];
  const state = { messages, hasEnded: false };
  const exchange = rig.add(
    new Exchange(rig.connection, {
      streams: DEFAULT_STREAMS,
      bytes: encodeJson("ConsumerHello", HELLO),
      timeoutNs,
      lingerNs: 1e6,
      onMessage: (message) => {
        messages.push(message);
        return isComplete(messages);
      },
      onEnd: () => {
        state.hasEnded = true;
      },
    }),
  );
  return { state, exchange };
}

describe("an exchange", () => {
  test("W-38: a producer answers a hello that it has not heard before at once, not at its next cadence", async () => {
    await using rig = new Rig();
    rig.producer();
    rig.settle();
    const { state } = exchangeOn(rig, 10e9, (messages) => messages.length === 4);
    rig.until(() => state.hasEnded, "the answers");
    const [sent, ...got] = state.messages;
    expect(sent).toMatchObject({ direction: "sent", afterNs: 0, aeronStreamId: 1000 });
    const names = got.map(({ message }) => nameOf(message));
    for (const name of ["ShmPoolAnnounce", "DataSourceAnnounce", "DataSourceMeta"]) expect(names).toContain(name);
    expect(got.every(({ direction, afterNs }) => direction === "got" && afterNs >= 0)).toBe(true);
    expect(got.map(({ sessionId }) => sessionId)).not.toContain(sent?.sessionId);
  });

  test("ends at its time-out without an answer, and does not take its own message for one", async () => {
    await using rig = new Rig();
    const timeoutNs = 10e9;
    const { state, exchange } = exchangeOn(rig, timeoutNs, () => false);
    rig.until(() => exchange.wasSent, "the message to be sent");
    // Its own message returns to it.
    rig.settle();
    // Only the exchange sees this time: how long the machine took to get here does not matter.
    exchange.doWork(rig.clock.nanoTime() + timeoutNs);
    expect(state.hasEnded).toBe(true);
    expect(state.messages.map(({ direction }) => direction)).toEqual(["sent"]);
  });
});

describe("the rows of an exchange", () => {
  const message = { name: "ConsumerHello", version: 1, fields: HELLO };
  const row: ExchangeMessage = { direction: "got", afterNs: 1_500_000, aeronStreamId: 1000, sessionId: -1, message };

  function printed(format: "table" | "jsonl", width: number): string[] {
    const lines: string[] = [];
    const writer = {
      isClosed: false,
      error: null,
      queuedBytes: 0,
      write: (text: string) => lines.push(text.slice(0, -1)) > 0,
      flush: async () => {},
    };
    new ExchangeRows(new Output({ format, writer, width, coloured: false })).row(row);
    return lines;
  }

  for (const width of [80, 120]) {
    test(`fit ${width} columns, with all fields`, () => {
      const lines = printed("table", width);
      expect(lines[0]).toBe("  1.5 ms  ConsumerHello  Aeron stream 1000, session ffffffff");
      expect(lines.every((line) => line.length <= width)).toBe(true);
      for (const [key, value] of Object.entries(HELLO)) expect(lines.join("\n")).toContain(`${key}=${value}`);
    });
  }

  test("as JSON lines have the message as `wire decode` prints it", () => {
    expect(printed("jsonl", 80).map((line) => JSON.parse(line))).toEqual([
      { direction: "got", afterNs: 1_500_000, aeronStreamId: 1000, sessionId: -1, ...message },
    ]);
  });

  test("lines break between words, and paths stay whole", () => {
    expect(wrapWords("a bb ccc", 4)).toEqual(["a bb", "ccc"]);
    expect(wrapWords("a=/long/path b", 4)).toEqual(["a=/long/path", "b"]);
    expect(wrapWords("", 4)).toEqual([]);
  });
});
