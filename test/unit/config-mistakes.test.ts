import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { COMMANDS } from "../../src/cli/commands.ts";
import { checkSettings } from "../../src/cli/config/check-settings.ts";
import { TemporaryDirectory } from "../support/shm.ts";

/** Line and key of each mistake that is found in a file. */
function mistakesIn(text: string, env: Readonly<Record<string, string>> = {}): string[] {
  using dir = new TemporaryDirectory();
  const path = dir.at("a.toml");
  writeFileSync(path, text);
  const config = { value: path, origin: { kind: "flag", name: "config" } } as const;
  const { found } = checkSettings(COMMANDS, config, env);
  return found.map(({ message }) => message.replace(/^a\.toml:(\d+): (\S+?):? .*$/s, "$1 $2")).sort();
}

/** Files with several mistakes each, and all of them. */
const FILES: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "an unknown key of a stream that others name",
    "[streams.x]\nstream_id = 10000\nbad = 3\n[profiles.p]\npayload_pools = [{ pool_id = 1, stride_bytes = 4096 }]\n" +
      '[[producers]]\nstream = "x"\nsource = "npyy:a"\n',
    ["3 streams.x.bad", "8 producers[0].source"],
  ],
  [
    "a stream without an id, and with a profile that is not there",
    '[streams.x]\nstream_id = "abc"\nprofile = "nope"\n[profiles.p]\nheader_nslots = 3\n',
    ["2 streams.x.stream_id", "3 streams.x.profile", "4 profiles.p", "5 profiles.p.header_nslots"],
  ],
  [
    "several pools of one value",
    "[profiles.p]\npayload_pools = [{ pool_id = 1, stride_bytes = 4097 }, { pool_id = -1, stride = 1 }, 5]\nfoo = 1\n",
    [
      "2 profiles.p.payload_pools[0].stride_bytes",
      "2 profiles.p.payload_pools[1].pool_id",
      "2 profiles.p.payload_pools[1].stride",
      "2 profiles.p.payload_pools[2]",
      "3 profiles.p.foo",
    ],
  ],
  [
    "a source whose dtype and dims are mistakes of their own",
    '[driver]\naeron_dri = "/x"\n[[producers]]\nsource = "raw:x"\ndtype = "float31"\ndims = "2x"\nrate = -1\n',
    ["2 driver.aeron_dri", "5 producers[0].dtype", "6 producers[0].dims", "7 producers[0].rate"],
  ],
  [
    "a source that is wrong beside a wrong dtype",
    '[[producers]]\nsource = "npyy:x"\ndtype = "float31"\n',
    ["2 producers[0].source", "3 producers[0].dtype"],
  ],
  [
    "streams whose profiles cannot be read",
    '[policies]\ndefault_profile = "none"\n[streams.a]\nstream_id = 10000\n[streams.b]\nstream_id = 10000\n' +
      '[streams.c]\nprofile = "zz"\n[profiles.camera]\npayload_pools = []\n',
    [
      "10 profiles.camera.payload_pools",
      "2 policies.default_profile",
      "6 streams.b.stream_id",
      "7 streams.c",
      "8 streams.c.profile",
    ],
  ],
  [
    "tables of the wrong kind",
    'producers = 3\n[consumers]\nstream = 1\n[driver]\nthreading = "sharde"\n[recorders]\n',
    ["1 producers", "2 consumers", "5 driver.threading", "6 recorders"],
  ],
  [
    "a name and a stream that are there twice",
    '[[producers]]\nname = "a"\nstream = 10000\n[[producers]]\nname = "a"\nstream = 10000\n[common]\nlog_level = "loud"\n',
    ["5 producers[1].name", "6 producers[1].stream", "8 common.log_level"],
  ],
  [
    "a stream that is a mistake, beside one that has the default",
    '[[producers]]\nstream = "a b"\n[[producers]]\nname = "b"\nslots = 3\n',
    ["2 producers[0].stream", "5 producers[1].slots"],
  ],
  [
    "tables and keys that are misspelt",
    '[[record]]\nto = "x.txt"\n[[recorders]]\nto = "y"\nstream = ["a"]\n[[decimates]]\nevery = 0\n',
    ["1 record", "4 recorders[0].to", "5 recorders[0].stream", "6 decimates"],
  ],
  [
    "values out of range",
    '[supervisor]\nhttp_hosts = ["10.0.0.0/8", "a b", "ok"]\n[shm]\npermissions_mode = 777\ngroup = -1\nbase_dir = ""\n',
    [
      "2 supervisor.http_hosts[0]",
      "2 supervisor.http_hosts[1]",
      "4 shm.permissions_mode",
      "5 shm.group",
      "6 shm.base_dir",
    ],
  ],
  [
    "names of entries",
    '[profiles.p]\npayload_pools = [{ pool_id = 1, stride_bytes = 4096 }]\n[streams."-x"]\nstream_id = 1\n' +
      '[streams.y]\nstream_id = 0\nprofile = "q"\n',
    ["3 streams.-x", "6 streams.y.stream_id", "7 streams.y.profile"],
  ],
  [
    "a stream that is nowhere, beside other mistakes",
    '[[producers]]\nstream = "cam"\nslots = 3\npool = ["5KiB", "4KiB", "x"]\n[[consumers]]\nsink = "pngg:x"\n',
    [
      "2 producers[0].stream",
      "3 producers[0].slots",
      "4 producers[0].pool[0]",
      "4 producers[0].pool[2]",
      "6 consumers[0].sink",
    ],
  ],
  [
    "entries that are no tables",
    '[streams]\nx = 3\ny = { stream_id = 5, stream = 3 }\n[profiles]\ncamera = "x"\n[[producers]]\nstream = "x"\n',
    ["2 streams.x", "3 streams.y.stream", "5 profiles.camera"],
  ],
  [
    "streams and profiles that are no tables",
    'streams = 3\nprofiles = []\n[[producers]]\nstream = "x"\nslots = 3\n[policies]\ndefault_profile = "p"\n',
    ["1 streams", "2 profiles", "5 producers[0].slots"],
  ],
  [
    "rules of a supervisor",
    '[supervisor]\nrules = [{ drop_ratio_above = 2, for = "5", mode = "x" }, { mod = "latest" }, 3]\n',
    [
      "2 supervisor.rules[0].drop_ratio_above",
      "2 supervisor.rules[0].for",
      "2 supervisor.rules[0].mode",
      "2 supervisor.rules[1]",
      "2 supervisor.rules[1]",
      "2 supervisor.rules[1].mod",
      "2 supervisor.rules[2]",
    ],
  ],
];

describe("a file with several mistakes", () => {
  for (const [what, text, expected] of FILES) {
    test(`${what}: all of them are found, and none that follows from another`, () => {
      expect(mistakesIn(text)).toEqual([...expected]);
    });
  }

  test("a variable that is a mistake hides no other one, and the stream that it sets is not missing", () => {
    const text = '[[producers]]\nstream = "x"\nslots = 3\n';
    const env = { TENSORPOOL_STREAMS_X_STREAM_ID: "abc", TENSORPOOL_DRIVER_THREADING: "none" };
    const found = mistakesIn(text, env);
    expect(found.map((each) => each.split(":")[0])).toEqual([
      "3 producers[0].slots",
      "TENSORPOOL_DRIVER_THREADING",
      "TENSORPOOL_STREAMS_X_STREAM_ID",
    ]);
  });

  test("behind what is no TOML nothing is read, and the message says so", () => {
    expect(mistakesIn("[driver\nx = 1\n")[0]).toContain("the rest of the file was not read");
  });
});
