import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Place } from "../support/place.ts";

describe("settings of processes", () => {
  test("a producer runs from a file only, and a consumer from the same file and a variable", async () => {
    await using place = new Place();
    const file = place.at("lab.toml");
    const text = `
      [driver]
      aeron_dir = "${place.aeronDir}"
      [shm]
      base_dir = "${place.shmDir}"
      namespace = "lab"
      [common]
      standalone = true
      output = "jsonl"
      [[producers]]
      name = "camera-1"
      stream = 7
      source = "synthetic:dtype=uint8,dims=64x64"
      rate = 200
      count = 40
      slots = 128
      pool = ["4KiB", "16KiB"]
      wait_consumers = 1
      prefault = false
      [[producers]]
      name = "camera-2"
      stream = 8
      [[consumers]]
      stream = 7
      count = 40
      [media_driver]
      linger = "1s"
    `;
    writeFileSync(file, text);
    const consumer = place.run(["consumer"], { env: { TENSORPOOL_CONFIG: file, TENSORPOOL_CONSUMER_SINK: "null" } });
    const producer = place.run(["producer", "--config", file, "--use", "camera-1"]);
    expect(await producer.errorLine(/128 slots/)).toContain("stream 7");
    expect([await producer.exit(), await consumer.exit()]).toEqual([0, 0]);
    expect(producer.stderr).toContain("published 40 of 40");
    expect(consumer.stderr).toContain("accepted 40 frames");
  });

  test("mistakes stop the start with exit code 2 and the place of the mistake", async () => {
    await using place = new Place();
    const file = place.at("bad.toml");
    writeFileSync(file, '[[producers]]\nsource = "synthetic:"\nwait_timeot = "5s"\n');
    const producer = place.run(["producer", "--config", file]);
    expect(await producer.exit()).toBe(2);
    expect(producer.stderr).toContain(
      'bad.toml:3: producers[0].wait_timeot: unknown key; did you mean "wait_timeout"?',
    );

    const env = { TENSORPOOL_PRODUCER_RATE: "fast", TENSORPOOL_PRODUCER_SOURCE: "synthetic:" };
    const bad = place.run(["producer", "--standalone"], { env });
    expect(await bad.exit()).toBe(2);
    expect(bad.stderr).toContain("TENSORPOOL_PRODUCER_RATE: expected a rate above 0");

    writeFileSync(file, '[[producers]]\nstandalone = true\nsource = "npyy:x"\n');
    const source = place.run(["producer", "--config", file]);
    expect(await source.exit()).toBe(2);
    expect(source.stderr).toContain("bad.toml:3: producers[0].source: expected one of");
    expect(await place.run(["producer", "--config", place.at("none.toml")]).exit()).toBe(3);
  });

  test("config init writes a file that is valid, and never over another", async () => {
    await using place = new Place();
    const file = place.at("new.toml");
    expect(await place.run(["config", "init", "--to", file]).exit()).toBe(0);
    const written = readFileSync(file, "utf8");
    const printed = place.run(["config", "init"]);
    expect(await printed.exit()).toBe(0);
    expect(`${printed.stdout}\n`.trimEnd()).toBe(written.trimEnd());

    const again = place.run(["config", "init", "--to", file]);
    expect(await again.exit()).toBe(2);
    expect(again.stderr).toContain("it stays as it is");
    expect(readFileSync(file, "utf8")).toBe(written);

    const validate = place.run(["config", "validate", file]);
    expect(await validate.exit()).toBe(0);
    expect(validate.stderr).toContain("is valid");
    writeFileSync(file, `${written}\n[driver_x]\n`);
    expect(await place.run(["config", "validate", "--config", file]).exit()).toBe(2);
    expect(existsSync(file)).toBe(true);
  });

  test("the file of config init runs as it is: in one process, and role by role", async () => {
    await using place = new Place();
    const file = place.at("new.toml");
    expect(await place.run(["config", "init", "--to", file]).exit()).toBe(0);
    const env = { TENSORPOOL_AERON_DIR: place.aeronDir, TENSORPOOL_SHM_DIR: place.shmDir };
    const all = place.run(["run", "--config", file], { env: { ...env, TENSORPOOL_CONSUMER_COUNT: "5" } });
    await all.errorLine(/accepted 5 frames/);
    all.signal("SIGTERM");
    expect(await all.exit()).toBe(0);
    const driver = place.run(["driver", "--config", file], { env });
    const consumer = place.run(["consumer", "--config", file, "--count", "5"], { env });
    const producer = place.run(["producer", "--config", file], { env });
    expect([await consumer.exit(), consumer.stderr]).toEqual([0, expect.stringContaining("accepted 5 frames")]);
    for (const role of [producer, driver]) {
      role.signal("SIGTERM");
      expect(await role.exit()).toBe(0);
    }
  });

  test("config validate names every mistake at once, and none that follows from another", async () => {
    await using place = new Place();
    const file = place.at("bad.toml");
    const text = [
      "[driver]",
      "control_stream_id = 0",
      "[shm]",
      "base_dirr = 1",
      "[profiles.a]",
      "payload_pools = 7",
      "[streams.x]",
      "stream_id = 4294967295",
      "[streams.y]",
      "profile = 'a'",
      "[[producers]]",
      "source = 'npyy:x'",
      "raet = 3",
      "[[consumers]]",
      "sink = 'null'",
      "mode = 'newest'",
      "[supervisor]",
      "http = 9464",
    ];
    writeFileSync(file, text.join("\n"));
    const validate = place.run(["config", "validate", file]);
    expect(await validate.exit()).toBe(2);
    const lines = validate.stderrLines.map((line) => /bad.toml:(\d+)/.exec(line)?.[1] ?? line);
    expect(lines).toEqual(["2", "4", "6", "8", "13", "16", "9", "12", `${file}: 8 mistakes`]);
  });

  test("config validate reports all mistakes of the environment, and streams that are not there", async () => {
    await using place = new Place();
    const file = place.at("names.toml");
    writeFileSync(file, '[[producers]]\nsource = "synthetic:"\nstream = "left"\n[[consumers]]\nstream = "left"\n');
    const env = { TENSORPOOL_PRODUCER_RATE: "fast", TENSORPOOL_PRODUCER_SLOTS: "3", TENSORPOOL_IDLE: "lazily" };
    const validate = place.run(["config", "validate", file], { env });
    expect(await validate.exit()).toBe(2);
    const mistakes = [
      /PRODUCER_RATE: expected a rate/,
      /PRODUCER_SLOTS: expected a power of two/,
      /_IDLE: expected one of/,
    ];
    for (const mistake of mistakes) expect(validate.stderr).toMatch(mistake);
    // A consumer asks for a name that the file does not have among the data sources.
    expect(validate.stderr).toContain(
      "names.toml:3: producers[0].stream: expected a stream id, or a name of [streams]",
    );
    expect(validate.stderrLines.at(-1)).toBe(`${file}: 4 mistakes`);
  });

  test("config validate tells a file that run cannot run from one that is invalid", async () => {
    await using place = new Place();
    const file = place.at("part.toml");
    const served =
      "[profiles.a]\npayload_pools = [{ pool_id = 1, stride_bytes = 65536 }]\n[streams.x]\nstream_id = 10000\n";
    for (const [roles, reason] of [
      ["[common]\nidle = 'sleep'\n", "no roles to run"],
      ["[[producers]]\nrate = 30\n", "--source is missing"],
      [
        `${served}[[producers]]\nsource = 'synthetic:'\nstandalone = true\n`,
        "part.toml:7: producers[0].standalone: the driver of this file serves stream 10000 ([streams.x])",
      ],
    ] as const) {
      writeFileSync(file, roles);
      const validate = place.run(["config", "validate", file]);
      expect([await validate.exit(), validate.stderr]).toEqual([
        0,
        expect.stringMatching(/is valid, but `tensorpool run` cannot run it: /),
      ]);
      expect(validate.stderr).toContain(reason);
      const run = place.run(["run", "--config", file]);
      expect([await run.exit(), run.stderr]).toEqual([2, expect.stringContaining(reason)]);
    }
  });

  test("config show prints every value with where it comes from", async () => {
    await using place = new Place();
    const file = place.at("lab.toml");
    writeFileSync(file, '[policies]\nshutdown_token = "hush"\n[[producers]]\nrate = 30\n');
    const env = { TENSORPOOL_PRODUCER_STREAM: "7", TENSORPOOL_PRODUCER_RAET: "1" };
    const show = place.run(["config", "show", "--config", file, "--aeron-dir", "/x", "-o", "json"], { env });
    expect(await show.exit()).toBe(0);
    const rows = JSON.parse(show.stdout) as { key: string; value: unknown; origin: string }[];
    const row = (key: string) => rows.find((each) => each.key === key);
    expect(row("producers[0].rate")).toMatchObject({ value: "30", origin: "lab.toml:4" });
    expect(row("producers[0].stream")).toMatchObject({ value: "7", origin: "TENSORPOOL_PRODUCER_STREAM" });
    expect(row("producers[0].aeron_dir")).toMatchObject({ value: "/x", origin: "--aeron-dir" });
    expect(row("driver.control_stream_id")).toMatchObject({ value: 1000, origin: "default" });
    expect(show.stdout).not.toContain("hush");
    expect(show.stderr).toContain("did you mean TENSORPOOL_PRODUCER_RATE?");
    expect(await place.run(["config", "shwo"]).exit()).toBe(2);
  });
});
