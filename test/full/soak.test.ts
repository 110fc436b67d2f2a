import { expect, test } from "bun:test";
import { join } from "node:path";

const MINUTES = 3;
const LIMIT_MS = 8 * 60_000;
/** Of another make, too, where there is one. */
const MEDIA_DRIVERS = process.env["AERONMD"] === undefined ? ["own"] : ["own", "foreign"];

for (const mediaDriver of MEDIA_DRIVERS) {
  test(
    `three minutes of random faults: nothing torn, uncounted, silent, crashed or left (media driver: ${mediaDriver})`,
    async () => {
      const seed = process.env["TENSORPOOL_SEED"];
      const seeded = seed === undefined ? [] : ["--seed", seed];
      const words = ["--minutes", `${MINUTES}`, ...seeded, "--media-driver", mediaDriver];
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
