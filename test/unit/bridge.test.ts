import { describe, expect, test } from "bun:test";
import { frameLogBytes, isAdmitted, logBytesOf } from "../../src/bridge/admission.ts";
import { type BridgeMode, type Endpoint, readEndpoint } from "../../src/bridge/channels.ts";
import { JoinedSeq } from "../../src/bridge/joined-seq.ts";
import { BridgeAccount, NOTHING_RECEIVED, type SenderLedger } from "../../src/bridge/ledger.ts";
import { senderChannel } from "../../src/bridge/sender-channel.ts";
import { combinedStep } from "../../src/bridge/seq-step.ts";
import { explainPathFault, pathThrough, streamIdentity, withPath } from "../../src/bridge/stream-path.ts";
import { framesBetween, SEQ_STEP_ATTRIBUTE_KEY, seqStepOf, textAttribute } from "../../src/protocol/attribute.ts";
import { BridgeVerdict } from "../../src/sbe/generated/bridge/index.ts";
import {
  bytesHeader,
  cut,
  deliver,
  endMessage,
  frameMessage,
  newAssembly,
  partMessage,
  valuesOf,
  wholeMessage,
} from "../support/bridge.ts";

const OK = BridgeVerdict.OK;

/** The messages of a frame, in parts of at most `partBytes`. */
function frame(seq: number, byteLength: number, partBytes: number): Uint8Array[] {
  const values = valuesOf(seq, byteLength);
  const messages = [frameMessage(bytesHeader(seq, byteLength), values.subarray(0, partBytes))];
  for (let at = partBytes; at < byteLength; at += partBytes) {
    messages.push(partMessage(seq, at, values.subarray(at, at + partBytes)));
  }
  return [...messages, endMessage(seq, OK)];
}

describe("the assembly of frames", () => {
  test("W-48: a frame that is not taken counts once it was sent as a whole; one that its sender gives up counts there", () => {
    const { assembly, target } = newAssembly();
    target.refuses = () => true;
    const send = (seq: number, verdict: BridgeVerdict): void => {
      const begin = frameMessage(bytesHeader(seq, 100), valuesOf(seq, 100));
      for (const message of [begin, endMessage(seq, verdict)]) {
        for (const fragment of cut(message, 600)) deliver(assembly, fragment);
      }
    };
    send(1, BridgeVerdict.ABORTED);
    expect(target.passed).toBe(0);
    send(2, OK);
    expect([target.passed, target.committed.length, target.aborted]).toEqual([1, 0, 0]);
  });

  test("W-48: a frame in parts and fragments is put together, and committed only at its end", () => {
    const { assembly, target } = newAssembly();
    const fragments = frame(7, 5000, 2000).flatMap((message) => cut(message, 600));
    for (const fragment of fragments.slice(0, -1)) deliver(assembly, fragment);
    expect(target.committed).toEqual([]);
    deliver(assembly, fragments.at(-1) as never);
    expect(target.committed).toEqual([{ seq: 7, values: valuesOf(7, 5000) }]);
  });

  test("a small frame is one message", () => {
    const { assembly, target } = newAssembly();
    for (const length of [0, 1, 900]) {
      for (const fragment of cut(wholeMessage(bytesHeader(length, length), valuesOf(length, length)), 1376)) {
        deliver(assembly, fragment);
      }
    }
    expect(target.committed.map(({ values }) => values.length)).toEqual([0, 1, 900]);
  });

  test("W-48: a frame that was overwritten while it was sent is given up", () => {
    const { assembly, target } = newAssembly();
    const messages = [...frame(1, 900, 500).slice(0, -1), endMessage(1, BridgeVerdict.ABORTED)];
    for (const message of messages) for (const fragment of cut(message, 600)) deliver(assembly, fragment);
    expect([target.committed.length, target.aborted, assembly.incomplete]).toEqual([0, 1, 0]);
  });

  test("what is not the next piece ends the frame under way: missing, repeated, foreign and too many values", () => {
    const [begin, part, end] = frame(3, 1000, 500) as [Uint8Array, Uint8Array, Uint8Array];
    const values = valuesOf(3, 1000);
    const cases: Uint8Array[][] = [
      [begin, end],
      [begin, part, part, end],
      [begin, partMessage(4, 500, values.subarray(500)), end],
      [begin, partMessage(3, 400, values.subarray(500)), end],
      [begin, partMessage(3, 500, new Uint8Array(501)), end],
      [begin, part, endMessage(4, OK)],
      [part, end],
    ];
    for (const messages of cases) {
      const { assembly, target } = newAssembly();
      for (const message of messages) for (const fragment of cut(message, 1376)) deliver(assembly, fragment);
      expect([target.committed.length, assembly.incomplete + assembly.strays > 0]).toEqual([0, true]);
      for (const message of frame(9, 100, 500)) for (const fragment of cut(message, 1376)) deliver(assembly, fragment);
      expect(target.committed.map(({ seq }) => seq)).toEqual([9]);
    }
  });

  test("messages beside frames are handed on as a whole, also in fragments, and no longer than a limit", () => {
    const { assembly, control } = newAssembly();
    const message = (length: number): Uint8Array => new Uint8Array(length).fill(1);
    for (const length of [4, 40, 5000, 1024 * 1024 + 1, 8]) {
      for (const fragment of cut(message(length), 1376)) deliver(assembly, fragment);
    }
    expect(control.map(({ length }) => length)).toEqual([4, 40, 5000, 8]);
  });

  test("a receiver that joins in the middle of a message waits for the next", () => {
    const { assembly, target } = newAssembly();
    const fragments = frame(1, 3000, 5000).flatMap((message) => cut(message, 600));
    for (const fragment of fragments.slice(2)) deliver(assembly, fragment);
    for (const fragment of frame(2, 3000, 5000).flatMap((each) => cut(each, 600))) deliver(assembly, fragment);
    expect(target.committed.map(({ seq }) => seq)).toEqual([2]);
  });
});

describe("whole-frame admission", () => {
  test("counts what Aeron writes: full fragments, and the rest aligned", () => {
    expect(logBytesOf(1376, 1408)).toBe(1408);
    expect(logBytesOf(1377, 1408)).toBe(1408 + 64);
    expect(logBytesOf(0, 1408)).toBe(0);
  });

  test("a frame begins when all of it fits; one that never fits, when the window is empty", () => {
    const cutting = { mtuBytes: 1408, partBytes: 10_000, headBytes: 112, windowBytes: 100_000 };
    const needed = frameLogBytes(25_000, cutting);
    expect(needed).toBeGreaterThan(25_000);
    expect([isAdmitted(25_000, needed, cutting), isAdmitted(25_000, needed - 1, cutting)]).toEqual([true, false]);
    expect([isAdmitted(1e6, 100_000, cutting), isAdmitted(1e6, 99_999, cutting)]).toEqual([true, false]);
  });
});

describe("the account of a receiver", () => {
  const ledger = (sent: number, backPressured = 0): SenderLedger => ({
    seen: sent + backPressured,
    sent,
    skipped: 0,
    backPressured,
    notConnected: 0,
    overwritten: 0,
    gapInSource: 0,
    tooLarge: 0,
    refused: 0,
  });

  test("begins with the first ledger, and closes with each: what was sent and did not come is incomplete", () => {
    const account = new BridgeAccount();
    account.onLedger(ledger(100, 5));
    account.delivered = 7;
    account.noSlot = 1;
    account.onLedger(ledger(110, 9));
    expect(account.receiver).toEqual({ ...NOTHING_RECEIVED, delivered: 7, noSlot: 1, incomplete: 2 });
    const { sender, receiver } = account;
    expect(sender.seen).toBe(receiver.delivered + receiver.noSlot + receiver.incomplete + sender.backPressured);
  });
});

describe("where a bridge goes", () => {
  const endpoint = (text: string): Endpoint => readEndpoint(text) as Endpoint;

  test("a host and a port, an IPv6 address, or a channel, and nothing else", () => {
    expect(endpoint("cam.local:4400")).toMatchObject({
      channel: "aeron:udp?endpoint=cam.local:4400",
      host: "cam.local",
    });
    expect(endpoint("[::1]:4400")).toMatchObject({ channel: "aeron:udp?endpoint=[::1]:4400", host: "[::1]" });
    expect(endpoint("aeron:udp?endpoint=10.0.0.1:1|mtu=8192").host).toBe("10.0.0.1");
    for (const text of ["", "host", "host:0", "host:65536", "a b:1", "aeron:ipc", "::1:4400"]) {
      expect(readEndpoint(text)).toBeUndefined();
    }
  });

  const needs = (maxFrameBytes: number, mode: BridgeMode = "latest") => ({ maxFrameBytes, headBytes: 112, mode });

  test("terms hold four frames within bounds, parts fit a message, and what the user sets stays", () => {
    const local = endpoint("127.0.0.1:4400");
    const small = senderChannel(local, needs(4096));
    expect(small.channel).toContain("term-length=1048576");
    expect(small.cutting).toMatchObject({ mtuBytes: 65_504, partBytes: 131_072 - 112, windowBytes: 524_288 });
    expect(senderChannel(local, needs(2 ** 31)).channel).toContain("term-length=67108864");
    // What waits for room needs enough of it to be sent while the sender is not on the processor.
    expect(senderChannel(local, needs(4096, "lossless")).cutting.windowBytes).toBe(2 * 1024 * 1024);
    // The headers of IPv6 are 20 bytes longer.
    expect(senderChannel(endpoint("[::1]:1"), needs(4096)).cutting.mtuBytes).toBe(65_472);
    expect(senderChannel(endpoint("[2001:db8::1]:1"), needs(4096)).cutting.mtuBytes).toBeLessThanOrEqual(1500 - 48);
    const given = senderChannel(endpoint("aeron:udp?endpoint=127.0.0.1:1|mtu=1408"), needs(4096));
    expect(given.cutting.mtuBytes).toBe(1408);
    const units = senderChannel(endpoint("aeron:udp?endpoint=127.0.0.1:1|term-length=2m"), needs(4096));
    expect(units.cutting.windowBytes).toBe(1024 * 1024);
  });

  test("datagrams fit the link to the receiver, and every link of this host where several receivers share a channel", () => {
    const mtuOf = (text: string, routeMtu: number | null, interfaceMtu: number): number => {
      const links = { routeMtu: () => routeMtu, interfaceMtus: () => [9000, interfaceMtu] };
      return senderChannel(endpoint(text), needs(4096), links).cutting.mtuBytes;
    };
    const ofLink = Math.floor((1400 - 28) / 32) * 32;
    expect([mtuOf("192.0.2.7:1", 1400, 1500), mtuOf("192.0.2.7:1", null, 1400)]).toEqual([ofLink, ofLink]);
    expect([mtuOf("192.0.2.7:1", 9000, 1500), mtuOf("cam.local:1", 65_535, 1400)]).toEqual([1472, ofLink]);
    // Addresses of this host: the kernel says 65,535 with IPv4, and 65,536 with IPv6.
    expect([mtuOf("192.0.2.7:1", 65_535, 1400), mtuOf("[2001:db8::1]:1", 65_536, 1400)]).toEqual([65_504, 65_472]);
    // The control address is this host's own; the receivers are not.
    for (const known of [65_535, 65_536, 1500]) {
      expect(mtuOf("aeron:udp?control-mode=dynamic|control=192.0.2.7:1", known, 1400)).toBe(ofLink);
      expect(mtuOf("aeron:udp?endpoint=239.1.1.1:4400", known, 1400)).toBe(ofLink);
      const version6 = mtuOf("aeron:udp?control-mode=dynamic|control=[2001:db8::1]:1", known, 1400);
      expect(version6).toBe(Math.floor((1400 - 48) / 32) * 32);
    }
  });

  test("several receivers of one publication are served at the pace of the slowest, unless the channel says otherwise", () => {
    const flowOf = (channel: string): string | undefined =>
      /fc=[a-z]+/.exec(senderChannel(endpoint(channel), needs(4096)).channel)?.[0];
    expect([
      flowOf("aeron:udp?control-mode=dynamic|control=127.0.0.1:1"),
      flowOf("aeron:udp?endpoint=239.1.1.1:4400|interface=127.0.0.1"),
      flowOf("aeron:udp?endpoint=[ff02::1]:4400"),
      flowOf("aeron:udp?endpoint=239.1.1.1:4400|fc=max"),
      flowOf("192.0.2.7:4400"),
    ]).toEqual(["fc=min", "fc=min", "fc=min", "fc=max", undefined]);
  });
});

describe("the path of bridged frames", () => {
  const [a, b] = [streamIdentity("/a", 1), streamIdentity("/b", 1)];

  test("names each stream once, and a loop is refused", () => {
    expect(a).not.toBe(b);
    const first = pathThrough([], a);
    const second = pathThrough(withPath([], first), b);
    expect(second).toBe(`${a},${b}`);
    expect(explainPathFault(second, streamIdentity("/c", 1))).toBeNull();
    expect(explainPathFault(second, a)).toContain("loop");
  });

  test("a folder that does not exist yet has a place among hosts as well", () => {
    expect(streamIdentity("/dev/shm/none/aeron", 7)).toMatch(/^[0-9a-f]{16}\/7$/);
  });

  test("a path that is malformed or too long is refused", () => {
    expect(explainPathFault("\u001b[2J", a)).toContain("malformed");
    expect(explainPathFault(Array.from({ length: 17 }, (_, i) => streamIdentity("/x", i + 1)).join(","), a)).toContain(
      "17",
    );
  });
});

describe("seqs of a part of a stream", () => {
  test("what a step leaves out is no frame of the stream", () => {
    expect([
      framesBetween(-1, 9, 1),
      framesBetween(0, 9, 5),
      framesBetween(0, 10, 5),
      framesBetween(-1, 99, 0),
    ]).toEqual([10, 1, 2, 0]);
    expect([combinedStep(4, 6), combinedStep(0, 3), combinedStep(1, 7), combinedStep(65_535, 65_534)]).toEqual([
      12, 0, 7, 0,
    ]);
    const step = (text: string): number => seqStepOf([textAttribute(SEQ_STEP_ATTRIBUTE_KEY, text)]);
    expect([step("10"), step("0"), step("65536"), step("-1"), step("x"), seqStepOf([])]).toEqual([10, 0, 1, 1, 1, 1]);
  });
});

describe("W-48: where the account of a source begins", () => {
  /** A consumer whose descriptors come with the next look, as `arriving`. */
  function consumerOf(newestSeq: number, joinedSeq: number | null, arriving: number | null = joinedSeq) {
    const stream = { newestSeq, joinedSeq };
    const receive = (): void => {
      stream.joinedSeq = arriving;
    };
    return { stream, receive } as unknown as Parameters<JoinedSeq["of"]>[0];
  }

  test("before the oldest frame that can still be read, though the ring has newer ones", () => {
    expect(new JoinedSeq().of(consumerOf(3, -1), 0)).toBe(0);
    expect(new JoinedSeq().of(consumerOf(90, 87), 0)).toBe(87);
    expect(new JoinedSeq().of(consumerOf(90, null, 88), 0)).toBe(88);
  });

  test("at the newest frame of the ring where no descriptor comes, and at once where it has none", () => {
    const join = new JoinedSeq();
    expect([join.of(consumerOf(90, null), 0), join.of(consumerOf(90, null), 49e6)]).toEqual([null, null]);
    expect(join.of(consumerOf(90, null), 51e6)).toBe(90);
    expect(join.of(consumerOf(-1, null), 52e6)).toBe(0);
  });
});
