import { describe, expect, test } from "bun:test";
import parsePrometheus from "parse-prometheus-text-format";
import { answerOf } from "../../src/cli/check/answer.ts";
import { type CheckFacts, findingsOf } from "../../src/cli/check/findings.ts";
import { type CheckLimits, type LimitValues, limitsOf } from "../../src/cli/check/limits.ts";
import { PlugInCode, plugInLine } from "../../src/cli/check/plug-in.ts";
import { consumerViews, streamViews } from "../../src/supervision/model/index.ts";
import { withFlags } from "../support/command-values.ts";
import { Supervised } from "../support/supervision.ts";

function limits(...args: string[]): CheckLimits {
  return withFlags<LimitValues, CheckLimits>("check", args, limitsOf);
}

/** A stream with a consumer that loses so many of its 1,000 frames a second, heard for six seconds. */
function factsOf(lostPerSecond = 0, overrides: Partial<CheckFacts> = {}): CheckFacts {
  const it = new Supervised();
  for (let i = 0; i <= 6; i++) {
    it.wait(1);
    it.announce();
    it.qos(i * 1000, { gap: i * lostPerSecond });
  }
  return {
    streams: streamViews(it.model, it.nowNs),
    consumers: consumerViews(it.model, it.nowNs),
    expected: [],
    observedNs: 6e9,
    heartbeatNs: 0.25e9,
    absence: null,
    free: { share: 0.5, where: "/dev/shm" },
    ...overrides,
  };
}

async function answer(facts: CheckFacts, ...args: string[]): Promise<string> {
  const { code, text } = await answerOf(facts, findingsOf(facts, limits(...args)), "nagios");
  return `${code} ${text}`;
}

describe("check", () => {
  test("all is well: one line, with every value and its limits", async () => {
    expect(await answer(factsOf())).toBe(
      "0 TENSORPOOL OK: 1 stream, 1 consumer, 50 % of the memory free | " +
        "drops=0%;0.1;1 silence=0s;5;10 heartbeat=0.25s;2;5 free=50%;10:;5: streams=1 consumers=1",
    );
  });

  test("drops are a warning beyond one limit and critical beyond the other; at a limit they are neither", async () => {
    expect(await answer(factsOf(1))).toStartWith("0 ");
    expect(await answer(factsOf(2))).toStartWith(
      "1 TENSORPOOL WARNING: consumer 42 of stream 1 loses 0.2 % of its frames",
    );
    expect(await answer(factsOf(11))).toStartWith("2 TENSORPOOL CRITICAL: consumer 42 of stream 1 loses 1.1 %");
    expect(await answer(factsOf(11), "--drops", "5%")).toStartWith("0 ");
    expect(await answer(factsOf(60), "--drops", "5%")).toStartWith("2 ");
  });

  test("a producer that fell silent, and a stream that is expected and not heard, are named", async () => {
    const silent = factsOf();
    const [stream] = silent.streams;
    const streams = [{ ...stream!, name: "camera", lastSignSeconds: 7 }];
    expect(await answer({ ...silent, streams })).toStartWith(
      "1 TENSORPOOL WARNING: stream 1 (camera) gave no sign of life for 7 s",
    );
    expect(await answer({ ...silent, streams }, "--silence", "1s,2s")).toStartWith("2 ");
    expect(await answer({ ...silent, streams, expected: ["camera", "1"] })).toStartWith("1 ");
    expect(await answer({ ...silent, streams, expected: ["camra"] })).toStartWith(
      "2 TENSORPOOL CRITICAL: stream camra: not heard within 6 s",
    );
    const idle = [{ ...stream!, state: "idle", lastSignSeconds: null }];
    expect(await answer({ ...silent, streams: idle })).toStartWith("0 ");
    expect(await answer({ ...silent, streams: idle, expected: ["1"] })).toContain("CRITICAL: stream 1 has no producer");
    // Also beside a stream that was heard some time ago.
    const both = [...idle, { ...stream!, streamId: 2, lastSignSeconds: 0.3 }];
    const said = await answer({ ...silent, streams: both, expected: ["1", "2"] });
    expect(said).toContain("CRITICAL: stream 1 has no producer");
  });

  test("without a media driver it cannot tell; with one that is silent it can", async () => {
    const absence = "no media driver lives in /dev/shm/aeron";
    const nothing = { streams: [], consumers: [], observedNs: null, heartbeatNs: null, absence };
    expect(await answer(factsOf(0, { ...nothing, expected: ["1"] }))).toStartWith(
      `3 TENSORPOOL UNKNOWN: stream 1: nothing could be heard; ${absence}, so that no stream can be observed`,
    );
    expect(await answer(factsOf(0, { ...nothing, heartbeatNs: 3e9 }))).toStartWith(
      "1 TENSORPOOL WARNING: the media driver's last beat was 3 s ago",
    );
    expect(await answer(factsOf(0, { ...nothing, heartbeatNs: 60e9 }))).toStartWith("2 ");
  });

  test("a media driver that has outlived all streams is no good news: without a stream it cannot tell", async () => {
    expect(await answer(factsOf(0, { streams: [], consumers: [] }))).toStartWith(
      "3 TENSORPOOL UNKNOWN: no stream was heard within 6 s | ",
    );
    expect(await answer(factsOf(0, { streams: [], consumers: [], heartbeatNs: 60e9 }))).toStartWith("2 ");
  });

  test("little free memory is reported with the folder; memory that has no limit is unknown", async () => {
    const free = (share: number) => factsOf(0, { free: { share, where: "/dev/shm" } });
    expect(await answer(free(0.1))).toStartWith("0 ");
    expect(await answer(free(0.07))).toStartWith("1 TENSORPOOL WARNING: memory: 7 % free in /dev/shm");
    expect(await answer(free(0.01))).toStartWith("2 ");
    expect(await answer(factsOf(0, { free: null }))).toStartWith("3 ");
  });

  test("what is worst is said first, and critical outweighs what cannot be told", async () => {
    const facts = factsOf(11, {
      heartbeatNs: null,
      absence: "no media driver lives there",
      free: { share: 0.07, where: "/dev/shm" },
    });
    expect(await answer(facts)).toMatch(/^2 TENSORPOOL CRITICAL: consumer 42 .*; no media driver .*; memory: 7 %/);
  });

  test("names of foreign origin cannot forge performance data or lines", () => {
    expect(plugInLine(PlugInCode.OK, "a|b=1\nc", ["x=1"])).toBe("TENSORPOOL OK: a/b=1\\nc | x=1");
  });

  test("as JSON and as metrics it says the same", async () => {
    const facts = factsOf(11);
    const findings = findingsOf(facts, limits());
    const json = JSON.parse((await answerOf(facts, findings, "json")).text);
    expect(json).toMatchObject({ state: "CRITICAL", code: 2, streams: 1, consumers: 1 });
    expect(json.findings[0]).toMatchObject({ state: "CRITICAL", name: "drops", value: 0.011 });
    const families = parsePrometheus((await answerOf(facts, findings, "prometheus")).text);
    const values = Object.fromEntries(families.map(({ name, metrics }) => [name, metrics[0]?.value]));
    expect(values).toMatchObject({ tensorpool_check_state: "2", tensorpool_check_drop_ratio: "0.011" });
  });

  test("limits are one or two, in the order in which things get worse", () => {
    expect(limits("--drops", "1%").drops).toEqual({ warning: 0.01, critical: 0.01 });
    expect(limits("--free", "20%,10%").free).toEqual({ warning: 0.2, critical: 0.1 });
    expect(() => limits("--drops", "2%,1%")).toThrow(
      '--drops: expected one limit or two, the lower one first, found "2%,1%"',
    );
    expect(() => limits("--free", "5%,10%")).toThrow("the higher one first");
    expect(() => limits("--silence", "1s,2s,3s")).toThrow("expected one limit or two");
  });
});
