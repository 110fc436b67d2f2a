import { expect, test } from "bun:test";
import { join } from "node:path";

const MINUTES = 3;
const LIMIT_MS = 8 * 60_000;
/** A media driver of another make, where there is one. */
const FOREIGN = process.env["AERONMD"] === undefined ? [] : [["--foreign"]];

for (const args of [[], ...FOREIGN]) {
  test(
    `three minutes of random faults: nothing torn, uncounted, silent, crashed or left ${args.join()}`,
    async () => {
      const seed = process.env["TENSORPOOL_SEED"];
      const seeded = seed === undefined ? [] : ["--seed", seed];
      const words = ["--minutes", `${MINUTES}`, ...seeded, ...args];
      // Its output, with the seed and the findings, goes where that of the tests goes.
      const child = Bun.spawn([process.execPath, join(import.meta.dir, "soak.ts"), ...words], {
        stdio: ["ignore", "inherit", "inherit"],
      });
      try {
        expect(await child.exited).toBe(0);
      } finally {
        child.kill("SIGKILL");
      }
    },
    LIMIT_MS,
  );
}
