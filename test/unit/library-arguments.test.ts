import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import * as library from "../../src/index.ts";
import { OptionError, TensorPool, UsageError } from "../../src/index.ts";
import { PoolConsumer } from "../../src/library/pool-consumer.ts";
import { PoolProducer } from "../../src/library/pool-roles.ts";
import { Consumer } from "../../src/roles/consumer.ts";

/** A call from plain JavaScript: nothing of its arguments is certain. */
type Call = (...values: never[]) => unknown;

// Arguments are looked at before anything of a pool or a role is: objects that were never made are enough.
const pool = Object.create(TensorPool.prototype) as TensorPool;
const consumer = Object.create(PoolConsumer.prototype) as PoolConsumer;
const producer = Object.create(PoolProducer.prototype) as PoolProducer;
const bound = (target: object, name: string): Call =>
  ((target as Readonly<Record<string, Call>>)[name] as Call).bind(target) as Call;

const STANDALONE = { slots: 8, strideBytes: 4096 };
const FRAME = { bytes: new Uint8Array(4), dtype: "uint8", dims: [2, 2] };

/** What an exported function is called with, and how the error begins that comes of it. */
const CALLS: Readonly<Record<string, readonly [Call, readonly (readonly [readonly unknown[], string])[]]>> = {
  "TensorPool.connect": [
    TensorPool.connect as Call,
    [
      [[null], "TensorPool.connect: expected an object of options (aeronDir, shmDir, drive, ...), found null"],
      [[5], "TensorPool.connect: expected an object of options"],
      [["/dev/shm/aeron"], "TensorPool.connect: expected an object of options"],
      [[{ aeronDir: 5 }], "aeronDir: expected a path, found 5"],
      [[{ shmDir: "" }], 'shmDir: expected a path, found ""'],
      [[{ drive: null }], "drive: expected one of timer, busy, manual, found null"],
      [[{ idle: "fast" }], "idle: expected one of busy-spin"],
      [[{ streams: [] }], "streams: expected an object with channel, controlStreamId"],
      [[{ streams: { qos: 5 } }], 'streams.qos: unknown option; did you mean "qosStreamId"?'],
      [[{ streams: { qosStreamId: 1.5 } }], "streams.qosStreamId: expected a whole number from 1 to 2147483647"],
      [[{ timeoutMs: "1" }], 'timeoutMs: expected a number from 0 on, found "1"'],
      [[{ aerondir: "/dev/shm/aeron" }], 'aerondir: unknown option; did you mean "aeronDir"?'],
      [[{ zzzzzzzzz: 1 }], "zzzzzzzzz: unknown option: expected one of aeronDir, shmDir, drive"],
    ],
  ],
  describeDeployment: [
    library.describeDeployment as Call,
    [
      [[null], "describeDeployment: expected an object of options (aeronDir, rates, ...), found null"],
      [[{ aeronDir: 5 }], "aeronDir: expected a path, found 5"],
      [[{ rates: "yes" }], 'rates: expected true or false, found "yes"'],
      [[{ rate: true }], 'rate: unknown option; did you mean "rates"?'],
    ],
  ],
  addProducer: [
    bound(pool, "addProducer"),
    [
      [[], "addProducer: expected an object of options (stream, clientId, attachTimeoutMs, ...), found nothing"],
      [[{ standalone: true, pools: [3] }], "pools: unknown option"],
      [
        [{ standalone: true }],
        "stream: expected a stream id from 1 to 4294967294, or the name of a stream, found nothing",
      ],
      [[{ stream: 1, standalone: true }], "standalone: expected an object with slots, strideBytes"],
      [[{ stream: 1, standalone: {} }], "standalone.slots: expected a number, found nothing"],
      [[{ stream: 1, standalone: { slots: 8 } }], "standalone.strideBytes: expected a slot size in bytes, or a list"],
      [[{ stream: 1, standalone: { slots: 8, strideBytes: ["x"] } }], "standalone.strideBytes[0]: expected a number"],
      [
        [{ stream: 1, standalone: { ...STANDALONE, prefalt: 1 } }],
        'standalone.prefalt: unknown option; did you mean "prefault"',
      ],
      [[{ stream: 1, attributes: [{ key: "a" }] }], "attributes[0].format: expected a text, found nothing"],
      [[{ stream: 1, attributes: { a: 1 } }], "attributes: expected a list of attributes"],
      [[{ stream: 1, name: 5 }], "name: expected a text, found 5"],
      [
        [{ stream: 1n }],
        "stream: expected a stream id from 1 to 4294967294, or the name of a stream, found the big integer 1n",
      ],
    ],
  ],
  addConsumer: [
    bound(pool, "addConsumer"),
    [
      [[], "addConsumer: expected an object of options"],
      [[null], "addConsumer: expected an object of options"],
      [[10_000], "addConsumer: expected an object of options (stream, clientId, attachTimeoutMs, ...), found 10000"],
      [[[{ stream: 1 }]], "addConsumer: expected an object of options"],
      [[{ stream: {} }], "stream: expected a stream id from 1 to 4294967294, or the name of a stream, found an object"],
      [[{ stream: 1, standalone: {} }], "standalone: expected true or false, found an object"],
      [[{ stream: 1, decimation: "2" }], 'decimation: expected a whole number from 1 to 65535, found "2"'],
      [[{ streem: 1 }], 'streem: unknown option; did you mean "stream"?'],
    ],
  ],
  addDriver: [
    bound(pool, "addDriver"),
    [
      [[{}], "streams: expected a list of streams, found nothing"],
      [[{ streams: 5 }], "streams: expected a list of streams, found 5"],
      [[{ streams: [null] }], "streams[0]: expected an object with"],
      [[{ streams: [{ stream: 1 }] }], "streams[0].slots: expected a number, found nothing"],
      [[{ streams: [], dynamic: { ...STANDALONE, first: 1 } }], "dynamic.last: expected a stream id"],
      [[{ streams: [], token: 5 }], "token: expected a text, found 5"],
      [[{ streams: [], gid: -1 }], "gid: expected a whole number from 0 to 4294967294, found -1"],
    ],
  ],
  addBridgeSender: [
    bound(pool, "addBridgeSender"),
    [
      [[{ stream: 1 }], "to: expected a text, found nothing"],
      [[{ stream: 1, to: ["a:1"] }], "to: expected a text, found a list"],
      [[{ stream: 1, to: "a:1", lossless: true }], "lossless: unknown option"],
    ],
  ],
  addBridgeReceiver: [
    bound(pool, "addBridgeReceiver"),
    [
      [[{}], "from: expected a text, found nothing"],
      [[{ from: "a:1", routes: { 1: 2 } }], "routes: expected a list of routes"],
      [[{ from: "a:1", routes: [{ stream: 1 }] }], "routes[0].to: expected a stream id"],
      [[{ from: "a:1", peers: "10.0.0.1" }], "peers: expected a list of addresses"],
    ],
  ],
  addDecimator: [
    bound(pool, "addDecimator"),
    [
      [[{ stream: 1 }], "to: expected a stream id from 1 to 4294967294, found nothing"],
      [[{ stream: 1, to: 2, every: 0 }], "every: expected a whole number from 1 to 65535, found 0"],
    ],
  ],
  addRecorder: [
    bound(pool, "addRecorder"),
    [
      [[{ to: "a.mcap" }], "streams: expected a list of stream ids or names, found nothing"],
      [[{ streams: [], to: "a.mcap" }], "streams: expected a list of stream ids or names, found an empty list"],
      [[{ streams: [0], to: "a.mcap" }], "streams[0]: expected a stream id"],
      [[{ streams: [1] }], "to: expected a path, found nothing"],
      [[{ streams: [1], to: "a.mcap", flight: {} }], "flight.beforeMs: expected a number from 0 on, found nothing"],
      [[{ streams: [1], to: "a.mcap", minFree: 5 }], "minFree: expected an object with bytes, fraction, found 5"],
      [[{ streams: [1], to: "a.mcap", minFree: {} }], "minFree: expected either bytes or fraction, found neither"],
      [
        [{ streams: [1], to: "a.mcap", minFree: { bytes: 1, fraction: 0.1 } }],
        "minFree: expected either bytes or fraction, found both",
      ],
      [
        [{ streams: [1], to: "a.mcap", minFree: { fraction: 5 } }],
        "minFree.fraction: expected a number from 0 to 0.9, found 5",
      ],
    ],
  ],
  add: [
    bound(pool, "add"),
    [
      [[], "agent: expected an agent"],
      [[{}], "agent: expected an agent"],
    ],
  ],
  remove: [bound(pool, "remove"), [[[null], "agent: expected an agent"]]],
  "Consumer.poll": [
    bound(Object.create(Consumer.prototype), "poll"),
    [
      [[], "handler: expected a function, found nothing"],
      [[{ limit: 1 }], "handler: expected a function, found an object"],
      [[() => {}, null], "poll: expected an object of options"],
      [[() => {}, { limit: "1" }], 'limit: expected a number, found "1"'],
    ],
  ],
  "Consumer.read": [bound(consumer, "read"), [[[], "compute: expected a function, found nothing"]]],
  "Consumer.frames": [
    bound(consumer, "frames"),
    [
      [[null], "frames: expected an object of options"],
      [[{ policy: "newest" }], "policy: expected one of latest, stream"],
      [[{ depth: 0 }], "depth: expected a whole number"],
      [[{ signal: true }], "signal: expected an AbortSignal, found true"],
      [[{ dept: 2 }], 'dept: unknown option; did you mean "depth"?'],
    ],
  ],
  "Producer.offer": [
    bound(producer, "offer"),
    [
      [[], "bytes: expected a Uint8Array, found nothing"],
      [[[1, 2, 3]], "bytes: expected a Uint8Array, found a list"],
      [[new Float32Array(4)], 'bytes: expected a Uint8Array, found an object of "Float32Array"'],
    ],
  ],
  "Producer.setAttributes": [
    bound(producer, "setAttributes"),
    [
      [[null], "attributes: expected a list of attributes"],
      [[[{ key: "a", format: "text/plain", value: "b" }]], 'attributes[0].value: expected a Uint8Array, found "b"'],
    ],
  ],
  "Producer.sendConsumerConfig": [
    bound(producer, "sendConsumerConfig"),
    [
      [[], "sendConsumerConfig: expected an object of options"],
      [[{ consumerId: 1, mode: "slow" }], "mode: expected one of stream, latest, decimated"],
    ],
  ],
  openRecording: [
    library.openRecording as Call,
    [
      [[], "path: expected a path, found nothing"],
      [[5], "path: expected a path, found 5"],
    ],
  ],
  encodePng: [
    library.encodePng as Call,
    [
      [[], "frame: expected an object, found nothing"],
      [[{}], "frame.bytes: expected a Uint8Array, found nothing"],
      [[{ ...FRAME, dtype: "uint9" }], "frame.dtype: expected one of uint8"],
      [[{ ...FRAME, dims: 4 }], "frame.dims: expected a list of dims, found 4"],
      [[FRAME, { bits: 12 }], "bits: expected 8, 16 or null, found 12"],
      [[FRAME, { scale: { minimum: 1 } }], "scale.maximum: expected a number, found nothing"],
      [[FRAME, { scale: "max" }], 'scale: expected null, "auto", "none" or { minimum, maximum }, found "max"'],
      [[FRAME, { depth: 8 }], "depth: unknown option"],
    ],
  ],
  textAttribute: [
    library.textAttribute as Call,
    [
      [[], "key: expected a text, found nothing"],
      [["gain", 5], "text: expected a text, found 5"],
    ],
  ],
  attributeText: [
    library.attributeText as Call,
    [
      [[null, "a"], "attributes: expected a list of attributes, found null"],
      [[[]], "key: expected a text, found nothing"],
    ],
  ],
  contiguousLayout: [
    library.contiguousLayout as Call,
    [
      [[], 'dtype: expected a dtype of the wire protocol, found "undefined"'],
      [["uint8"], "dims: expected dims, a list of whole numbers, found nothing"],
      [["uint8", [-1]], "dims: expected dims of 0 to 2147483647, found -1"],
      [["uint8", [1], "C"], 'majorOrder: expected one of row, column, found "C"'],
    ],
  ],
  totalLost: [library.totalLost as Call, [[[], "counters: expected the counters of a consumer"]]],
  defineSource: [library.defineSource as Call, [[[], "source: expected an object"]]],
  defineSink: [library.defineSink as Call, [[["x"], "sink: expected an object"]]],
};

async function errorOf(call: Call, values: readonly unknown[]): Promise<unknown> {
  try {
    await call(...(values as never[]));
  } catch (error) {
    return error;
  }
  return null;
}

describe("calls of the library with wrong arguments, as plain JavaScript makes them", () => {
  for (const [name, [call, wrong]] of Object.entries(CALLS)) {
    test(`${name}: the option is named, with what was expected and what came`, async () => {
      for (const [values, message] of wrong) {
        const error = await errorOf(call, values);
        expect([values, error]).toEqual([values, expect.any(OptionError)]);
        expect((error as Error).message.slice(0, message.length)).toBe(message);
      }
    });
  }

  test("every exported function is one of these, or takes nothing", () => {
    const functions = Object.entries(library).filter(
      ([, value]) => typeof value === "function" && !(value.prototype instanceof Error) && value !== TensorPool,
    );
    const withoutArguments = ["processNs"];
    expect(functions.map(([name]) => name).filter((name) => !Object.hasOwn(CALLS, name))).toEqual(withoutArguments);
    const methods = Object.getOwnPropertyNames(TensorPool.prototype).filter((name) => name.startsWith("add"));
    expect(methods.filter((name) => !Object.hasOwn(CALLS, name))).toEqual([]);
  });

  test("any value at all in place of an argument is a UsageError, and never an error of the runtime", async () => {
    const VALUES = [
      undefined,
      null,
      0,
      -1,
      Number.NaN,
      5n,
      "",
      "x",
      true,
      [],
      [null],
      Symbol("s"),
      new Date(),
      () => {},
    ];
    for (const [name, [call]] of Object.entries(CALLS)) {
      // Where everything may be left out, the call would begin.
      if (
        ["TensorPool.connect", "describeDeployment"].includes(name) ||
        name === "Consumer.frames" ||
        name.startsWith("define")
      )
        continue;
      for (const value of VALUES) {
        if (name === "Consumer.poll" || name === "Consumer.read") if (typeof value === "function") continue;
        if (name === "openRecording" && value === "x") continue;
        if (name === "Producer.setAttributes" && Array.isArray(value) && value.length === 0) continue;
        const error = await errorOf(call, [value]);
        expect([name, String(value), error]).toEqual([name, String(value), expect.any(UsageError)]);
      }
    }
  });

  test("what is undefined counts as left out", async () => {
    const error = await errorOf(bound(pool, "addConsumer"), [{ stream: 0, mode: undefined, unknown: undefined }]);
    expect(error).toMatchObject({ message: "stream: expected a stream id from 1 to 4294967294, found 0" });
  });
});

test("a recording that is open refuses wrong arguments by their names", async () => {
  await using recording = await library.openRecording(join(import.meta.dir, "../fixtures/run.mcap"));
  const frames = recording.frames as Call;
  expect(() => frames()).toThrow("stream: expected the id, the name or a topic of a stream, found nothing");
  expect(() => frames(7 as never, { from: 5 } as never)).toThrow(
    "from: expected a time in nanoseconds as a big integer, or { seq }",
  );
  expect(() => frames(7 as never, { form: 5n } as never)).toThrow('form: unknown option; did you mean "from"?');
  expect(() => frames(7 as never, null as never)).toThrow("frames: expected an object of options");
  expect(() => (recording.frameAt as Call)(7 as never, 5 as never)).toThrow(
    "logTimeNs: expected a big integer, found 5",
  );
  expect(() => (recording.frameBySeq as Call)(7 as never, 1.5 as never)).toThrow("seq: expected a whole number");
});
