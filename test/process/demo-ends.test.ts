import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { leavesNothing, pidsOf, runningDemo, summaryOf } from "../support/demo.ts";
import { Place } from "../support/place.ts";
import { elapse, PROCESS_TEST_MS, until } from "../support/until.ts";

describe("demo, ended in mid-run", () => {
  for (const [signal, code, ending] of [
    ["SIGINT", 130, "interrupted"],
    ["SIGTERM", 0, "terminated"],
  ] as const) {
    test(
      `${signal}: exit code ${code}, still a summary, nothing left`,
      async () => {
        await using place = new Place();
        const process = await runningDemo(place);
        process.signal(signal);
        expect(await process.exit()).toBe(code);
        expect(summaryOf(process).ending).toBe(ending);
        await leavesNothing(place);
      },
      PROCESS_TEST_MS,
    );
  }

  test(
    "a second Ctrl-C: at once, nothing left",
    async () => {
      await using place = new Place();
      const process = await runningDemo(place);
      for (const pid of pidsOf(place, "consumer")) globalThis.process.kill(pid, "SIGSTOP");
      process.signal("SIGINT");
      // One that follows at once is taken for the first, passed on by another process.
      await elapse(500);
      const sentMs = performance.now();
      process.signal("SIGINT");
      expect(await process.exit()).toBe(130);
      // An orderly end takes at least eight seconds: five in which the consumers, which are paused, may drain, and three of grace.
      expect(performance.now() - sentMs).toBeLessThan(7_500);
      await leavesNothing(place);
    },
    PROCESS_TEST_MS,
  );

  test(
    "killed by SIGKILL: its processes end with it and remove their files",
    async () => {
      await using place = new Place();
      const process = await runningDemo(place);
      await process.destroy();
      await until(
        () => pidsOf(place).length === 0,
        () => `no process of the demo, found ${pidsOf(place)}`,
      );
      const files = readdirSync(place.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      expect(files.map(({ name }) => name)).toEqual([]);
    },
    PROCESS_TEST_MS,
  );

  for (const [name, words] of [
    ["media driver", ["media-driver"]],
    ["producer", ["producer"]],
    ["slow consumer", ["consumer", "--delay-per-frame"]],
  ] as const) {
    test(
      `its ${name} killed from outside: it says so, exit code 1, nothing left`,
      async () => {
        await using place = new Place();
        const process = await runningDemo(place);
        // The media driver has "media-driver" as its command, the others "--media-driver" among their options.
        const [pid] = pidsOf(place, ...words);
        globalThis.process.kill(pid as number, "SIGKILL");
        expect(await process.exit()).toBe(1);
        expect(process.stderr).toBe(
          `tensorpool: the ${name} (pid ${pid}) was killed from outside (SIGKILL), and the demo has ended with it`,
        );
        await leavesNothing(place);
      },
      PROCESS_TEST_MS,
    );
  }

  test(
    "a reader that goes away ends it quietly",
    async () => {
      await using place = new Place();
      const command = `"$@" | head -1; echo "\${PIPESTATUS[0]}"`;
      const args = ["demo", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir, "--rate", "100"];
      const main = `${import.meta.dir}/../../src/cli/main.ts`;
      const shell = Bun.spawnSync(["bash", "-c", command, "bash", globalThis.process.execPath, main, ...args]);
      expect(shell.stderr.toString()).toBe("");
      expect(shell.stdout.toString().split("\n").slice(1)).toEqual(["0", ""]);
      await leavesNothing(place);
    },
    PROCESS_TEST_MS,
  );
});
