import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { freeUdpPort } from "../support/free-port.ts";
import { libraryExamples } from "../support/library-examples.ts";
import { Place } from "../support/place.ts";
import { RoleProcess } from "../support/role-process.ts";
import { ROOT } from "../support/source-tree.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

test(
  "every example of docs/LIBRARY.md prints what the page shows",
  async () => {
    await using place = new Place();
    await place.mediaDriver();
    const env = { AERON_DIR: place.aeronDir, TENSORPOOL_SHM_BASE_DIR: place.shmDir };
    const cwd = place.at("work");
    mkdirSync(cwd);
    for (const { path, output } of libraryExamples()) {
      const program = new RoleProcess(
        [
          process.execPath,
          join(ROOT, path),
          ...(path.endsWith("/bridging.ts") ? [`127.0.0.1:${await freeUdpPort()}`] : []),
        ],
        { env, cwd },
      );
      try {
        expect([path, await program.exit(), program.stderr]).toEqual([path, 0, expect.any(String)]);
      } finally {
        await program.destroy();
      }
      expect([path, `${program.stdout}\n`]).toEqual([path, output]);
    }
  },
  PROCESS_TEST_MS,
);
