import { expect, setDefaultTimeout, test } from "bun:test";
import { Place } from "../support/place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

setDefaultTimeout(PROCESS_TEST_MS);

test("a role that can open too few files says so, and shows no stack trace", async () => {
  await using place = new Place();
  for (const limit of [12, 14, 15, 17]) {
    const through = (command: readonly string[]) => ["bash", "-c", `ulimit -n ${limit}; exec "$@"`, "bash", ...command];
    const where = ["--standalone", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
    const role = place.run(["producer", ...where, "--source", "synthetic:", "--seconds", "0.2"], { through });
    const code = await role.exit();
    expect(role.stderr).not.toMatch(/TypeError|\n\s+at /);
    // Below a dozen, Bun may not even read the program.
    if (code !== 0) expect(role.stderr).toMatch(/raise (?:the limit|`ulimit -n`)|^error: EMFILE reading/);
  }
  expect(place.regionFiles()).toEqual([]);
});
