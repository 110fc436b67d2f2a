import { describe, expect, test } from "bun:test";
import { checkTables, GeneralSettings } from "../../src/config/index.ts";
import { configFile, roleNamed } from "../support/config-schema.ts";

/** The message with which the start is stopped. */
function refusal(text: string, env: Record<string, string> = {}): string {
  try {
    const file = configFile(text);
    checkTables(roleNamed("producer"), file, true);
    checkTables(roleNamed("consumer"), file, false);
    new GeneralSettings(file, env);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

describe("a file of settings", () => {
  test("what is right is accepted", () => {
    expect(refusal("")).toBe("accepted");
    expect(refusal('[[producers]]\nrate = 30\npool = ["64KiB"]\nprefault = false\n[demo]\nseconds = 2.5\n')).toBe(
      "accepted",
    );
  });

  test("an unknown key is named with its line and the nearest valid one", () => {
    expect(refusal("\n[[producer]]\n")).toBe('tensorpool.toml:2: producer: unknown key; did you mean "producers"?');
    expect(refusal("[[producers]]\n\nwait-timeout = '5s'\n")).toBe(
      'tensorpool.toml:3: producers[0].wait-timeout: unknown key; did you mean "wait_timeout"?',
    );
    expect(refusal("[shm]\nbase_dri = '/x'\n")).toBe(
      'tensorpool.toml:2: shm.base_dri: unknown key; did you mean "base_dir"?',
    );
    expect(refusal("[profiles.a]\nheader_slots = 4\n")).toContain('did you mean "header_nslots"?');
    expect(refusal("[streams.a]\nid = 4\n")).toContain("tensorpool.toml:2: streams.a.id: unknown key");
    expect(refusal("[common]\nlog_levle = 'info'\n")).toContain(
      'common.log_levle: unknown key; did you mean "log_level"?',
    );
    expect(refusal("[common]\nrate = 30\n")).toContain("tensorpool.toml:2: common.rate: unknown key");
    expect(refusal("[profiles.'a b']\n")).toContain("expected a name of letters, digits");
  });

  test("what belongs to the command line alone is no key", () => {
    expect(refusal("[[producers]]\nhelp = true\n")).toContain("producers[0].help: unknown key");
    expect(refusal("[common]\nconfig = 'x.toml'\n")).toContain("common.config: unknown key");
    expect(refusal("[[consumers]]\nuse = 'x'\n")).toContain("consumers[0].use: unknown key");
  });

  test("a wrong type is named with what was expected and found", () => {
    expect(refusal('[[producers]]\nrate = 1\n[[producers]]\n\nrate = "fast"\n')).toBe(
      'tensorpool.toml:5: producers[1].rate: expected a rate above 0 such as 30, 29.97, 30000/1001 or 1kHz, found the text "fast"',
    );
    expect(refusal("producers = 3\n")).toBe(
      "tensorpool.toml:1: producers: expected an array of tables, [[producers]], found 3",
    );
    expect(refusal("[producers]\nrate = 3\n")).toContain("expected an array of tables, [[producers]], found a table");
    expect(refusal("[[demo]]\n")).toBe("tensorpool.toml:1: demo: expected a table, found an array");
    expect(refusal("shm = 1\n")).toBe("tensorpool.toml:1: shm: expected a table, found 1");
    expect(refusal('[[producers]]\nstandalone = "true"\n')).toContain('expected true or false, found the text "true"');
    expect(refusal("[[producers]]\nprefault = 1\n")).toContain("expected true or false, found 1");
    expect(refusal("[[producers]]\nstream = 1979-05-27\n")).toContain("found the date or time 1979-05-27");
  });

  test("values out of range and numbers that would be rounded", () => {
    expect(refusal("[driver]\ncontrol_stream_id = 0\n")).toContain(
      "tensorpool.toml:2: driver.control_stream_id: expected a whole number from 1 to 2147483647, found 0",
    );
    expect(refusal("[[producers]]\ncount = 9007199254740993\n")).toContain("found 9007199254740993");
    expect(refusal("[[producers]]\nslots = 100\n")).toContain("producers[0].slots: expected a power of two");
  });

  test("the key within an array of tables is named, also over several lines", () => {
    const text =
      "[profiles.a]\npayload_pools = [\n  { pool_id = 1, stride_bytes = 4096 },\n  { pool_id = 2, stride_bytes = 5000 },\n]\n";
    expect(refusal(text)).toContain(
      "tensorpool.toml:4: profiles.a.payload_pools[1].stride_bytes: expected a size that is",
    );
    expect(refusal("[[producers]]\npool = [\n  '64KiB',\n  '5KiB',\n]\n")).toContain(
      "tensorpool.toml:4: producers[0].pool[1]:",
    );
  });

  test("D-09: a profile without pools, and a stream without a profile, stop the start", () => {
    expect(refusal("[profiles.a]\n")).toBe(
      "tensorpool.toml:1: profiles.a: expected payload_pools: an array of at least one { pool_id, stride_bytes }, found nothing",
    );
    expect(refusal("[profiles.a]\npayload_pools = []\n")).toContain(
      "profiles.a.payload_pools: expected an array of at least one",
    );
    expect(refusal("[streams.a]\nstream_id = 1\n")).toContain("expected at least one [profiles.NAME]");
    expect(refusal("[streams.a]\n")).toContain(
      "streams.a: expected stream_id: a whole number from 1 to 4294967294, found nothing",
    );
  });

  const PROFILE = '[profiles.cam]\npayload_pools = [{ pool_id = 1, stride_bytes = "1MiB" }]\n';

  test("a profile that is not there is named with the nearest one", () => {
    expect(refusal(`${PROFILE}[streams.a]\nstream_id = 1\nprofile = "cma"\n`)).toBe(
      'tensorpool.toml:5: streams.a.profile: expected one of cam, found "cma"; did you mean "cam"?',
    );
    expect(refusal(`[policies]\ndefault_profile = "x"\n${PROFILE}`)).toContain(
      "tensorpool.toml:2: policies.default_profile:",
    );
  });

  test("W-02: a region larger than can be counted exactly is refused", () => {
    const text = '[profiles.a]\nheader_nslots = 4194304\npayload_pools = [{ pool_id = 1, stride_bytes = "2GiB" }]\n';
    expect(refusal(text)).toContain(
      "tensorpool.toml:3: profiles.a.payload_pools: expected less than 17592186044416 bytes",
    );
  });

  test("stream ids that are there twice, and ranges that overlap", () => {
    expect(refusal(`${PROFILE}[streams.a]\nstream_id = 1\n[streams.b]\nstream_id = 1\n`)).toBe(
      "tensorpool.toml:6: streams.b.stream_id: expected each stream id once, found 1, the id of streams.a",
    );
    expect(refusal("[driver]\nstream_id_range = [[1, 9], [9, 20]]\n")).toContain(
      "driver.stream_id_range[1]: expected ranges that do not overlap",
    );
  });

  test("D-03: two producers of one stream stop the start, two consumers do not", () => {
    expect(refusal("[[producers]]\nstream = 7\n[[producers]]\nstream = 7\n")).toBe(
      "tensorpool.toml:4: producers[1].stream: expected each stream once in [[producers]], found 7, which producers[0] has",
    );
    expect(refusal("[[producers]]\n[[producers]]\nstream = 10000\n")).toContain("found 10000, which producers[0] has");
    expect(refusal("[[consumers]]\nstream = 7\n[[consumers]]\nstream = 7\n")).toBe("accepted");
    expect(refusal("[[consumers]]\nname = 'a'\n[[consumers]]\nname = 'a'\n")).toContain("expected each name once");
  });
});
