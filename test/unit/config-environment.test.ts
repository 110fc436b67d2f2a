import { describe, expect, test } from "bun:test";
import { variablesOfFlag, variablesOfKey } from "../../src/config/environment.ts";
import {
  type Environment,
  GENERAL_KEY_NAMES,
  GeneralSettings,
  knownVariables,
  unknownVariables,
  withoutSettings,
} from "../../src/config/index.ts";
import { configFile, SCHEMA } from "../support/config-schema.ts";

const PROFILE = '[profiles.cam]\npayload_pools = [{ pool_id = 1, stride_bytes = "1MiB" }]\n';

function settings(text: string, env: Environment = {}): GeneralSettings {
  return new GeneralSettings(configFile(text), env);
}

describe("general settings", () => {
  test("the variable with TENSORPOOL_ wins over the short one, that over the file, that over the default", () => {
    const text = '[shm]\nnamespace = "file"\n';
    expect(settings("").get("shm.namespace")).toBe("default");
    expect(settings(text).get("shm.namespace")).toBe("file");
    expect(settings(text, { SHM_NAMESPACE: "short" }).get("shm.namespace")).toBe("short");
    const both = settings(text, { SHM_NAMESPACE: "short", TENSORPOOL_SHM_NAMESPACE: "long" });
    expect(both.get("shm.namespace")).toBe("long");
    expect(both.origin("shm.namespace")).toEqual({ kind: "variable", name: "TENSORPOOL_SHM_NAMESPACE" });
    expect(settings(text).origin("shm.namespace")).toMatchObject({ kind: "file", line: 2, key: "shm.namespace" });
    expect(settings("").origin("shm.namespace")).toEqual({ kind: "default" });
  });

  test("an empty variable is one that is not set", () => {
    expect(settings("", { SHM_NAMESPACE: "", TENSORPOOL_SHM_NAMESPACE: "" }).get("shm.namespace")).toBe("default");
  });

  test("defaults that follow from other settings", () => {
    const set = settings(
      `[driver]\ncontrol_stream_id = 5\n[shm]\nbase_dir = "/x"\n[policies]\nannounce_period_ms = 2\n${PROFILE}`,
    );
    expect(set.get("driver.announce_stream_id")).toBe(5);
    expect(set.get("driver.announce_channel")).toBe("aeron:ipc");
    expect(set.get("shm.allowed_base_dirs")).toEqual(["/x"]);
    expect(set.get("policies.epoch_gc_min_age_ns")).toBe(6e6);
    expect(set.get("policies.default_profile")).toBe("cam");
    expect(set.get("driver.aeron_dir")).toBeNull();
  });

  test("arrays in variables are TOML", () => {
    const env = { DRIVER_STREAM_ID_RANGE: "[20, 29]", SHM_ALLOWED_BASE_DIRS: '["/a", "/b"]' };
    expect(settings("", env).get("driver.stream_id_range")).toEqual([{ first: 20, last: 29 }]);
    expect(settings("", env).get("shm.allowed_base_dirs")).toEqual(["/a", "/b"]);
  });

  test("a bad value of a known variable is an error that names the variable", () => {
    expect(() => settings("", { DRIVER_CONTROL_STREAM_ID: "abc" })).toThrow(
      'DRIVER_CONTROL_STREAM_ID: expected a whole number from 1 to 2147483647, found "abc"',
    );
    // Also where another one wins.
    const both = { TENSORPOOL_SHM_REQUIRE_HUGEPAGES: "true", SHM_REQUIRE_HUGEPAGES: "maybe" };
    expect(() => settings("", both)).toThrow('SHM_REQUIRE_HUGEPAGES: expected true or false, found "maybe"');
  });

  test("variables set keys of the file's streams and profiles, and make new ones", () => {
    const text = `${PROFILE}[streams.camera-1]\nstream_id = 1\n`;
    const env = {
      STREAMS_CAMERA_1_DESCRIPTOR_STREAM_ID: "1101",
      TENSORPOOL_STREAMS_OTHER_STREAM_ID: "2",
      TENSORPOOL_PROFILES_CAM_HEADER_NSLOTS: "16",
    };
    const set = settings(text, env);
    expect([...set.streams.values()]).toEqual([
      { name: "camera-1", streamId: 1, profile: "cam", descriptorStreamId: 1101 },
      { name: "other", streamId: 2, profile: "cam", descriptorStreamId: 1100 },
    ]);
    expect(set.profiles.get("cam")?.headerNslots).toBe(16);
    expect(() => settings(text, { STREAMS_CAMERA_1_STREAM_ID: "0" })).toThrow("STREAMS_CAMERA_1_STREAM_ID: expected");
    expect(() => settings(text, { STREAMS_B_STREAM_ID: "1" })).toThrow(
      "STREAMS_B_STREAM_ID: expected each stream id once",
    );
  });
});

describe("names of variables", () => {
  test("unknown ones with our prefix are reported with the nearest", () => {
    const env = { TENSORPOOL_PRODUCER_RAET: "3", TENSORPOOL_LOG: "info", PRODUCER_X: "1", TENSORPOOL_TEST_X: "1" };
    expect(unknownVariables(SCHEMA, env)).toEqual([
      "TENSORPOOL_PRODUCER_RAET: expected a variable that sets something, found an unknown name; did you mean TENSORPOOL_PRODUCER_RATE?",
    ]);
    expect(unknownVariables(SCHEMA, { TENSORPOOL_STREAMS_X_STREAM_ID: "1", TENSORPOOL_CONFIG: "x" })).toEqual([]);
  });

  test("each variable sets one thing", () => {
    const settings = new Map<string, Set<unknown>>();
    const note = (variable: string, setting: unknown): unknown =>
      settings.set(variable, (settings.get(variable) ?? new Set()).add(setting));
    for (const role of SCHEMA.roles) {
      for (const flag of role.flags) for (const name of variablesOfFlag(role, flag, SCHEMA)) note(name, flag);
    }
    for (const key of GENERAL_KEY_NAMES) for (const name of variablesOfKey(key)) note(name, key);
    expect([...settings].filter(([, all]) => all.size > 1).map(([name]) => name)).toEqual([]);
    expect(knownVariables(SCHEMA).filter((name) => !settings.has(name))).toEqual([
      "TENSORPOOL_LOG",
      "TENSORPOOL_TRACE_FFI",
      "TENSORPOOL_PARENT_PID",
    ]);
  });

  test("an environment without settings keeps the rest", () => {
    const env = { PATH: "/bin", TENSORPOOL_CONFIG: "x", TENSORPOOL_PRODUCER_RATE: "1", TENSORPOOL_LOG: "info" };
    expect(withoutSettings(env)).toEqual({ PATH: "/bin", TENSORPOOL_LOG: "info" });
  });
});
