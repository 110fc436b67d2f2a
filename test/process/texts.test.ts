import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Place } from "../support/place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const ONCE = ["--once", "--wait-consumers", "1"];

describe("text that people choose", () => {
  test(
    "a source below a folder with any name is published, and its summary can be read (W-34)",
    async () => {
      await using place = new Place();
      const folder = place.at("mit Größe ü");
      mkdirSync(folder);
      const file = `${folder}/a.raw`;
      writeFileSync(file, new Uint8Array(64));
      const producer = place.producer(["--source", `raw:${file}`, "--dtype", "uint8", "--dims", "64", "--rate", "50"]);
      const consumer = place.consumer(["--count", "3"]);
      expect(await consumer.exit()).toBe(0);
      const meta = place.run(["meta", "10000", "--aeron-dir", place.aeronDir, "-o", "json"]);
      expect(await meta.exit()).toBe(0);
      expect(JSON.parse(meta.stdout).summary).toContain("mit Gr\\u00f6\\u00dfe \\u00fc");
      producer.signal("SIGTERM");
      expect(await producer.exit()).toBe(0);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a name that the wire cannot carry is refused where it is given: on the command line and in a file",
    async () => {
      await using place = new Place();
      const onLine = place.producer(["--source", "synthetic:", "--name", "Kamera-ä"]);
      expect(await onLine.exit()).toBe(2);
      expect(onLine.stderr).toContain('--name: expected 1 to 256 characters of printable US-ASCII, found "Kamera-ä"');
      const settings = place.at("settings.toml");
      writeFileSync(settings, '[[producers]]\nstream = 10000\nsource = "synthetic:"\nname = "Kamera-ä"\n');
      const inFile = place.run(["config", "validate", settings]);
      expect(await inFile.exit()).not.toBe(0);
      expect(inFile.stderr + inFile.stdout).toContain("1 to 256 characters of printable US-ASCII");
    },
    PROCESS_TEST_MS,
  );
});

test(
  "what a newcomer mistypes is named, with the next step",
  async () => {
    await using place = new Place();
    const long = "b".repeat(250);
    for (const [command, code, said] of [
      [["help", "prodcuer"], 2, 'unknown command "prodcuer"; did you mean "producer"?'],
      [["consumer", "camera"], 2, 'unexpected argument "camera"; `tensorpool consumer --help` says what it takes'],
      [["consumer", "-xyz"], 2, "unknown option -xyz; `tensorpool consumer --help` says what it takes"],
      [["config", "init", "--to", place.at("none/a.toml")], 2, "its folder does not exist (ENOENT)"],
      [["ls", "--aeron-dir", place.at(long)], 2, "--aeron-dir: the path of the media driver's folder is too long"],
      [["record", "info", "none.mcap"], 3, "there is no file none.mcap: check the path"],
    ] as const) {
      const run = place.run(command);
      expect([command, await run.exit(), run.stderr]).toEqual([command, code, expect.stringContaining(said)]);
    }
  },
  PROCESS_TEST_MS,
);

describe("names that are not UTF-8", () => {
  // The shell makes them: arguments of a process that is started here are text.
  const BAD = `$(printf 'f\\377')`;
  for (const [what, script, said] of [
    [
      "a file among the arguments",
      `"$@" record info ${BAD}.mcap`,
      'record info: the argument "f\\xff.mcap" is not valid',
    ],
    [
      "the value of an option",
      `"$@" ls --shm-dir=/tmp/${BAD}`,
      'ls: the argument "--shm-dir=/tmp/f\\xff" is not valid',
    ],
    ["AERON_DIR", `AERON_DIR=/tmp/${BAD} "$@" ls`, 'AERON_DIR: the value "/tmp/f\\xff" is not valid UTF-8'],
    ["a variable", `TENSORPOOL_CONFIG=/tmp/${BAD} "$@" ls`, 'TENSORPOOL_CONFIG: the value "/tmp/f\\xff" is not valid'],
    [
      "the working folder",
      `mkdir ${BAD} && cd ${BAD} && "$@" ls --aeron-dir a; code=$?; cd .. && rmdir ${BAD}; exit $code`,
      'f\\xff", whose name is not valid UTF-8: run the command in another folder',
    ],
  ] as const) {
    test(
      `${what} is refused, with its bytes and the next step, where the runtime would take another name for it`,
      async () => {
        await using place = new Place();
        const through = (command: readonly string[]): readonly string[] => ["sh", "-c", script, "sh", ...command];
        const refused = place.run([], { through, cwd: place.path });
        expect([await refused.exit(), refused.stderr]).toEqual([2, expect.stringContaining(said)]);
        expect(refused.stderr).not.toContain("\ufffd");
      },
      PROCESS_TEST_MS,
    );
  }
});

describe("metadata that is larger than the smallest message", () => {
  test(
    "a y4m header of 4 KB, and an attribute of 9 KB beside it, reach a sink (W-45)",
    async () => {
      await using place = new Place();
      const header = `YUV4MPEG2 W16 H16 F25:1 C420jpeg X${"COMMENT".repeat(570)}\n`;
      const frame = Buffer.concat([Buffer.from("FRAME\n"), new Uint8Array(384).fill(7)]);
      const source = place.at("in.y4m");
      writeFileSync(source, Buffer.concat([Buffer.from(header), frame, frame]));
      const target = place.at("out.y4m");
      const settings = place.at("settings.toml");
      writeFileSync(settings, `[[producers]]\nattribute = { big = "${"x".repeat(9000)}" }\n`);
      const producer = place.producer(["--config", settings, "--source", `y4m:${source}`, ...ONCE]);
      const consumer = place.consumer(["--sink", `y4m:${target}`, "--count", "2"]);
      expect([await consumer.exit(), await producer.exit()]).toEqual([0, 0]);
      expect(readFileSync(target)).toEqual(readFileSync(source));
    },
    PROCESS_TEST_MS,
  );

  test(
    "attributes that no message holds are refused at the start, with the limit",
    async () => {
      await using place = new Place();
      const settings = place.at("settings.toml");
      const big = `big = "${"x".repeat(1_100_000)}"`;
      writeFileSync(settings, `[[producers]]\nsource = "synthetic:"\nattribute = { ${big} }\n`);
      const producer = place.producer(["--config", settings]);
      expect(await producer.exit()).toBe(2);
      expect(producer.stderr).toContain("expected attributes of at most 1048576 bytes together, found 11000");
    },
    PROCESS_TEST_MS,
  );
});
