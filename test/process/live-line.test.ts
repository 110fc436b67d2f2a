import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { Place, SELF } from "../support/place.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

setDefaultTimeout(PROCESS_TEST_MS);

const SOURCE = ["--source", "synthetic:dtype=uint8,dims=64x64", "--rate", "50"];

/** Runs a role on a terminal of its own, 160 columns wide, until it ends; what it wrote there, which is in `screen` meanwhile. */
async function onTerminal(place: Place, args: readonly string[], screen = "screen"): Promise<string> {
  const words = [...SELF, ...args, "--standalone", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
  const line = `stty cols 160; ${words.map((word) => `'${word}'`).join(" ")}`;
  writeFileSync(place.at(screen), "");
  const { stdout } = await place.shell('TERM=xterm script -qefc "$1" "$2"', [line, place.at(screen)]);
  return stdout;
}

describe("the live line of a role on a terminal", () => {
  test("shows what is waited for, and progress with --count; nothing else stands behind it", async () => {
    await using place = new Place();
    await place.mediaDriver();
    const reading = onTerminal(place, ["consumer", "--sink", "null", "--count", "120"]);
    const screen = (): string => readFileSync(place.at("screen"), "utf8");
    await until(
      () => /\rstream 10000: waiting for a producer, \d+ s/.test(screen()),
      () => `a line that waits, found ${JSON.stringify(screen())}`,
    );
    const producer = place.producer([...SOURCE, "--wait-consumers", "1"]);
    const text = await reading;
    expect(text).toMatch(/\rstream 10000: accepted \d+ of 120 \(\d+ %, \d+ s left\) {2}[\d.]+\/s {2}lost 0/);
    // Each picture is one line, and what follows it clears it first.
    for (const [, picture, next] of text.matchAll(/\r(stream 10000: (?:accepted|waiting)[^\r\n]*)(.)/gs)) {
      expect([picture, next]).toEqual([expect.stringMatching(/^[^\x1b]*\x1b\[K$/), "\r"]);
    }
    expect(text).toMatch(/(?:\n|\x1b\[K)accepted 120 frames, lost 0/);
    producer.signal("SIGTERM");
    expect(await producer.exit()).toBe(0);
    expect(producer.stderr).not.toContain("\r");
  });

  test("shows what a producer has published; none with -q, and none beside rows of --stats-interval", async () => {
    await using place = new Place();
    await place.mediaDriver();
    const consumer = place.consumer(["--sink", "null"]);
    const published = await onTerminal(place, ["producer", ...SOURCE, "--count", "120", "--wait-consumers", "1"]);
    expect(published).toMatch(/\rstream 10000: published \d+ of 120 \(.*\) {2}[\d.]+\/s {2}1 consumer {2}dropped 0/);
    for (const quiet of [["-q"], ["--stats-interval", "0.1"]]) {
      const text = await onTerminal(place, ["producer", ...SOURCE, "--count", "30", ...quiet]);
      expect(text).not.toContain("\rstream 10000");
    }
    consumer.signal("SIGTERM");
    expect(await consumer.exit()).toBe(0);
    expect(consumer.stderr).not.toContain("\r");
  });
});
