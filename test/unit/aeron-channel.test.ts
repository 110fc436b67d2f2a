import { describe, expect, test } from "bun:test";
import { PUBLICATION_ERROR } from "../../ffi/aeron-structs.ts";
import {
  controlPublicationChannel,
  DESCRIPTOR_FRAME_BYTES,
  descriptorPublicationChannel,
  LIVE_TIMEOUTS,
  observerChannel,
  replaceParameter,
  withParameters,
} from "../../src/aeron/channel.ts";
import { PUBLISH_RESULT_NAMES, PublishResult, resultOfPosition } from "../../src/aeron/results.ts";

function parametersOf(channel: string): Map<string, string> {
  const [, query = ""] = channel.split("?");
  return new Map(query.split("|").map((part) => part.split("=") as [string, string]));
}

describe("channels", () => {
  test("parameters are added, and those that the user set are kept", () => {
    expect(withParameters("aeron:ipc", {})).toBe("aeron:ipc");
    expect(withParameters("aeron:ipc", { tether: false })).toBe("aeron:ipc?tether=false");
    expect(withParameters("aeron:ipc?alias=x|tether=true", { tether: false, rejoin: false })).toBe(
      "aeron:ipc?alias=x|tether=true|rejoin=false",
    );
  });

  test("what is no Aeron channel is refused with what was found", () => {
    for (const channel of ["", "ipc", "aeron", "aeron:", "http://x", "aeron:IPC"]) {
      expect(() => withParameters(channel, {})).toThrow(JSON.stringify(channel));
    }
  });

  for (let exponent = 1; exponent <= 22; exponent++) {
    const nslots = 2 ** exponent;
    test(`the window of a ring of ${nslots} slots is half of it, whole descriptors, and fits the terms`, () => {
      const parameters = parametersOf(descriptorPublicationChannel("aeron:ipc", nslots, LIVE_TIMEOUTS));
      const windowBytes = Number(parameters.get("pub-wnd"));
      const termBytes = Number(parameters.get("term-length"));
      expect(windowBytes).toBe((nslots / 2) * DESCRIPTOR_FRAME_BYTES);
      // What Aeron asks for.
      expect(windowBytes).toBeGreaterThanOrEqual(Number(parameters.get("mtu")));
      expect(windowBytes).toBeLessThanOrEqual(termBytes / 2);
      expect(Math.log2(termBytes) % 1).toBe(0);
      expect(termBytes).toBeGreaterThanOrEqual(65_536);
      expect(termBytes).toBeLessThanOrEqual(2 ** 30);
    });
  }

  test("a ring of one slot has a window of one descriptor", () => {
    const parameters = parametersOf(descriptorPublicationChannel("aeron:ipc", 1, LIVE_TIMEOUTS));
    expect(Number(parameters.get("pub-wnd"))).toBe(DESCRIPTOR_FRAME_BYTES);
  });

  test("logs are reserved whole, whatever the driver does by default", () => {
    const channels = [
      controlPublicationChannel("aeron:ipc"),
      descriptorPublicationChannel("aeron:ipc", 64, LIVE_TIMEOUTS),
    ];
    for (const channel of channels) expect(parametersOf(channel).get("sparse")).toBe("false");
  });

  test("publications put stopped subscribers to rest soon, those of descriptors for good; subscriptions are untethered", () => {
    const timeouts = { windowLimitMs: 5000, lingerMs: 2 };
    const publication = parametersOf(descriptorPublicationChannel("aeron:ipc", 64, timeouts));
    expect(publication.get("untethered-window-limit-timeout")).toBe("5000ms");
    expect(parametersOf(controlPublicationChannel("aeron:ipc")).get("untethered-window-limit-timeout")).toBe("5ms");
    expect(parametersOf(observerChannel("aeron:ipc")).get("tether")).toBe("false");
    // A day; and never the end of the subscriber, whose counter Aeron 1.54 would free twice.
    expect(publication.get("untethered-resting-timeout")).toBe("86400000ms");
    expect(parametersOf(observerChannel("aeron:ipc")).get("rejoin")).toBe("true");
  });
});

test("W-32: each of Aeron's answers has a result and a name of its own", () => {
  expect(resultOfPosition(96)).toBe(PublishResult.PUBLISHED);
  const results = Object.values(PUBLICATION_ERROR).map(resultOfPosition);
  expect(results).toEqual([
    PublishResult.NOT_CONNECTED,
    PublishResult.BACK_PRESSURED,
    PublishResult.ADMIN_ACTION,
    PublishResult.CLOSED,
    PublishResult.MAX_POSITION_EXCEEDED,
    PublishResult.ERROR,
  ]);
  expect(new Set(PUBLISH_RESULT_NAMES).size).toBe(Object.keys(PublishResult).length);
});

test("a parameter of a channel is replaced where it stands, or added, and the others stay", () => {
  const full = "aeron:udp?endpoint=cam:1|mtu=8960|interface=10.0.0.1";
  expect(replaceParameter(full, "mtu", 1408)).toBe("aeron:udp?endpoint=cam:1|mtu=1408|interface=10.0.0.1");
  expect(replaceParameter("aeron:udp?mtu=8k|endpoint=cam:1", "mtu", 1)).toBe("aeron:udp?mtu=1|endpoint=cam:1");
  expect(replaceParameter("aeron:udp?endpoint=cam:1", "mtu", 1)).toBe("aeron:udp?endpoint=cam:1|mtu=1");
  expect(replaceParameter("aeron:ipc", "mtu", 1)).toBe("aeron:ipc?mtu=1");
});
