import { describe, expect, test } from "bun:test";
import { requireSingleMatch, requireStreamText, streamIdOf, unknownStream } from "../../src/cli/observe/find-stream.ts";
import { KnownStreams } from "../../src/observe/known-streams.ts";
import { StreamWatch } from "../../src/observe/stream-watch.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { encodeJson, type JsonFields } from "../../src/sbe/index.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";

function hear(known: KnownStreams, name: string, fields: JsonFields) {
  const bytes = encodeJson(name, fields);
  return known.onMessage(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes.length);
}

function announce(streamId: number, name: string): JsonFields {
  return { streamId, producerId: 5, epoch: "9", metaVersion: 1, name, summary: "a test" };
}

describe("streams by id and name", () => {
  const known = new KnownStreams();
  hear(known, "DataSourceAnnounce", announce(7, "camera-1"));
  hear(known, "DataSourceAnnounce", announce(8, "twin"));
  hear(known, "DataSourceAnnounce", announce(9, "twin"));
  hear(known, "DataSourceAnnounce", announce(11, "12"));
  hear(known, "QosProducer", { streamId: 10, producerId: 6, epoch: "3", currentSeq: "0", watermark: null });

  test("what was heard is put together, by stream", () => {
    hear(known, "DataSourceMeta", {
      streamId: 7,
      metaVersion: 2,
      timestampNs: "5",
      attributes: [{ key: "k", format: "text/plain", value: "dg==" }],
    });
    expect(known.get(7)).toMatchObject({ name: "camera-1", epoch: 9n, meta: { metaVersion: 2, timestampNs: 5n } });
    expect(known.get(7)?.meta?.attributes).toEqual([{ key: "k", format: "text/plain", value: Uint8Array.of(118) }]);
    expect(known.get(10)).toMatchObject({ name: null, producerId: 6, epoch: 3n });
    expect(known.list().map(({ streamId }) => streamId)).toEqual([7, 8, 9, 10, 11]);
  });

  test("messages that tell nothing of a stream, and malformed ones, tell nothing", () => {
    const qos = { streamId: 77, epoch: "5", lastSeqSeen: "1", dropsGap: "0", dropsLate: "0", mode: "STREAM" };
    expect(hear(known, "QosConsumer", { ...qos, consumerId: 42 })).toBeNull();
    const bytes = encodeJson("DataSourceAnnounce", announce(77, "x")).subarray(0, 20);
    expect(known.onMessage(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes.length)).toBeNull();
    expect(known.get(77)).toBeNull();
  });

  test("a stream is meant by its id or its name; a name that looks like an id wins", () => {
    const ids = (text: string) => known.find(text).map(({ streamId }) => streamId);
    expect([ids("7"), ids("camera-1"), ids("twin"), ids("12"), ids("camera"), ids("4")]).toEqual([
      [7],
      [7],
      [8, 9],
      [11],
      [],
      [],
    ]);
  });

  test("a name that several streams have is no answer", () => {
    expect(() => requireSingleMatch("twin", known.find("twin"), known)).toThrow(
      '"twin" is the name of several streams (8, 9): give the id',
    );
    expect(requireSingleMatch("camera-1", known.find("camera-1"), known).streamId).toBe(7);
  });

  test("who is not there is reported with those who are, and the nearest", () => {
    expect(unknownStream("camra-1", known).message).toBe(
      'no stream is called "camra-1" within 1.3 s; streams that exist: 7 "camera-1", 8 "twin", 9 "twin", 10, 11 "12"; did you mean "camera-1"?',
    );
    expect(unknownStream("6", known).message).toStartWith("no stream 6 within 1.3 s;");
    expect(unknownStream("6", new KnownStreams()).message).toBe("no stream 6 within 1.3 s; no stream was announced");
  });

  test("what can be neither is refused before anybody is asked", () => {
    expect([streamIdOf("7"), streamIdOf("0"), streamIdOf("4294967296"), streamIdOf("x")]).toEqual([
      7,
      null,
      null,
      null,
    ]);
    expect(() => requireStreamText(undefined, "--stream")).toThrow(
      "--stream is missing: the id of a stream, 1 to 4294967294",
    );
    for (const text of ["", "0", "-1", "4294967296", "a\nb", "kamera-ö"]) {
      expect(() => requireStreamText(text, "--stream")).toThrow(
        "--stream: expected the id of a stream, 1 to 4294967294, or the name of its data source, found ",
      );
    }
  });
});

describe("listening for streams", () => {
  test("W-38: a hello brings a stream's name, regions and metadata at once, not at the producer's next cadence", async () => {
    await using rig = new Rig();
    rig.producer({ name: "camera-1" });
    rig.settle();
    const watch = rig.add(
      new StreamWatch(rig.connection, {
        streams: DEFAULT_STREAMS,
        wanted: ["camera-1"],
        searchNs: 30e9,
        onSearched: () => {},
      }),
    );
    rig.until(() => watch.known.get(STREAM_ID)?.meta != null, "the stream's metadata");
    expect(watch.known.find("camera-1")).toMatchObject([{ streamId: STREAM_ID, announcement: { headerNslots: 8 } }]);
    expect(watch.isSearching).toBe(true);
  });
});
