import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { MediaDriver } from "../../src/aeron/media-driver.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { Place } from "../support/place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

/** What commands need beside the folder. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  completion: ["streams"],
  "consumer-config": ["5", "6", "--mode", "latest"],
  bridge: ["send", "--standalone", "--to", "127.0.0.1:4400"],
  decimate: ["--to", "6", "--every", "2"],
  delay: ["5"],
  detach: ["5", "1", "6", "--role", "consumer"],
  driver: ["--stream", "5"],
  hello: ["--stream", "5"],
  info: ["5"],
  attach: ["5"],
  inspect: ["camera-1", "--shm-dir", "/dev/shm/nowhere"],
  keepalive: ["5", "1", "6", "--role", "consumer"],
  lease: ["ls"],
  meta: ["5"],
  producer: ["--source", "synthetic:"],
  record: ["5", "--to", "session.mcap"],
  replay: ["run.mcap"],
  shutdown: ["--token", "1"],
  snapshot: ["5", "--to", "frame.png"],
};

// What `config` is given for the settings of others is not used.
const TAKES_FOLDER = COMMANDS.filter(
  (command) => command.name !== "config" && command.options.some(({ name }) => name === "aeron-dir"),
);

// One after the other: dozens of processes at once would take longer to start than a test waits for one.
for (const { name, isPlugIn } of TAKES_FOLDER) {
  test(
    `${name} refuses a file in place of the media driver's folder, and says what was expected and found`,
    async () => {
      await using place = new Place();
      const file = place.at("file");
      writeFileSync(file, "");
      const said = `--aeron-dir: ${file} is a file, where the media driver's folder has to be: remove it, or name another folder`;
      const refused = isPlugIn === true ? [3, expect.stringContaining(`UNKNOWN: ${said}`)] : [2, `tensorpool: ${said}`];
      for (const dir of [file, `${file}/aeron`]) {
        const role = place.run([name, ...(NEEDED[name] ?? []), "--aeron-dir", dir]);
        expect([await role.exit(), role.stderr + role.stdout]).toEqual(refused);
      }
    },
    PROCESS_TEST_MS,
  );
}

test(
  "a file in place of the media driver's folder that a variable names is refused as well",
  async () => {
    await using place = new Place();
    const file = place.at("file");
    writeFileSync(file, "");
    expect(TAKES_FOLDER.length).toBeGreaterThan(20);
    const byVariable = place.run(["doctor"], { env: { AERON_DIR: file } });
    expect(await byVariable.exit()).toBe(2);
    expect(byVariable.stderr).toContain(`tensorpool: AERON_DIR: ${file} is a file`);
  },
  PROCESS_TEST_MS,
);

test("a media driver in this process refuses it as well", async () => {
  await using place = new Place();
  const file = place.at("file");
  writeFileSync(file, "as it was");
  for (const aeronDir of [file, `${file}/aeron`]) {
    expect(() => MediaDriver.start({ aeronDir, threading: "invoker" })).toThrow(
      `${aeronDir}: expected an Aeron folder, an empty one or none, found the file ${file}`,
    );
  }
  expect(await Bun.file(file).text()).toBe("as it was");
});
