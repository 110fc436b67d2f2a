import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { MediaDriver } from "../../src/aeron/media-driver.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { Place } from "../support/place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

/** What commands need beside the folder. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  "consumer-config": ["5", "6", "--mode", "latest"],
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
  shutdown: ["--token", "1"],
  snapshot: ["5", "--to", "frame.png"],
};

test(
  "every command refuses a file in place of the media driver's folder, and says what was expected and found",
  async () => {
    await using place = new Place();
    const file = place.at("file");
    writeFileSync(file, "");
    // What `config` is given for the settings of others is not used.
    const commands = COMMANDS.filter(
      (command) => command.name !== "config" && command.options.some(({ name }) => name === "aeron-dir"),
    );
    expect(commands.length).toBeGreaterThan(20);
    const said = `--aeron-dir: expected a folder, or a path where one can be made, found the file ${file}`;
    for (const dir of [file, `${file}/aeron`]) {
      const runs = commands.map(async ({ name }) => {
        const role = place.run([name, ...(NEEDED[name] ?? []), "--aeron-dir", dir]);
        return [name, await role.exit(), role.stderr + role.stdout];
      });
      const refused = ({ name, isPlugIn }: (typeof commands)[number]) =>
        isPlugIn === true ? [name, 3, expect.stringContaining(`UNKNOWN: ${said}`)] : [name, 2, `tensorpool: ${said}`];
      expect(await Promise.all(runs)).toEqual(commands.map(refused));
    }
    const byVariable = place.run(["doctor"], { env: { AERON_DIR: file } });
    expect(await byVariable.exit()).toBe(2);
    expect(byVariable.stderr).toContain("tensorpool: AERON_DIR: expected a folder");
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
