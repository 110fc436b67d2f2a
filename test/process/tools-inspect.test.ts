import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { RegionReport } from "../../src/observe/region-report.ts";
import { Place } from "../support/place.ts";
import { elapse, PROCESS_TEST_MS } from "../support/until.ts";

setDefaultTimeout(PROCESS_TEST_MS);

/** What `inspect -o json` prints, and its exit code. */
async function inspect(place: Place, args: readonly string[]): Promise<{ code: number; reports: RegionReport[] }> {
  const tool = place.run(["inspect", ...args, "--shm-dir", place.shmDir, "-o", "json"]);
  const code = await tool.exit();
  return { code, reports: JSON.parse(tool.stdout) };
}

describe("inspect of a stream that is alive", () => {
  test("at full rate in a small ring, nothing is taken for broken, and nothing is held up", async () => {
    await using place = new Place();
    const producer = place.producer(
      [
        "--source",
        "synthetic:pattern=counter,dtype=uint8,dims=64",
        "--rate",
        "1MHz",
        "--slots",
        "8",
        "--flow",
        "drop",
      ].concat(["--stats-interval", "0.1", "--media-driver", "embedded"]),
    );
    await producer.row((row) => (row.counters.claimed ?? 0) > 1000, "frames");
    for (let i = 0; i < 3; i++) {
      const claimed = producer.lastRow.counters.claimed ?? 0;
      const { code, reports } = await inspect(place, ["10000", "--slots", "all"]);
      expect(reports.flatMap(({ findings }) => findings)).toEqual([]);
      expect(code).toBe(0);
      const [ring] = reports;
      expect(ring).toMatchObject({
        kind: "header-ring",
        valid: true,
        owner: { pid: String(producer.pid), state: "alive" },
      });
      const { committed = 0, writing = 0, torn = 0, empty = -1 } = ring?.slots ?? {};
      expect([committed + writing + torn, empty]).toEqual([8, 0]);
      await producer.row((row) => (row.counters.claimed ?? 0) > claimed, "further frames");
    }
    producer.signal("SIGTERM");
    expect(await producer.exit()).toBe(0);
  });

  test("W-08: says that its owner was killed, and who has it mapped", async () => {
    await using place = new Place();
    await place.mediaDriver();
    const producer = place.producer(["--source", "synthetic:", "--rate", "50"]);
    const consumer = place.consumer(["--sink", "null"]);
    await consumer.errorLine(/mapped stream/);
    const alive = await inspect(place, ["10000", "--slots", "2"]);
    expect(alive.reports[0]?.owner).toMatchObject({ state: "alive", pid: String(producer.pid) });
    if (alive.reports[0]?.owner?.holdsLock === true) {
      expect(alive.reports[0].owner.mappers).toEqual([consumer.pid]);
    }
    await producer.destroy();
    // Four seconds of silence have to pass; looking is a process each time.
    let dead = await inspect(place, ["10000", "--slots", "2"]);
    for (let i = 0; i < 40 && dead.reports[0]?.owner?.state !== "dead"; i++) {
      await elapse(200);
      dead = await inspect(place, ["10000", "--slots", "2"]);
    }
    expect(dead.reports[0]?.owner).toMatchObject({ state: "dead", pid: String(producer.pid) });
    expect(dead.code).toBe(0);
    expect(dead.reports[0]?.findings.map(({ rule, severity }) => `${rule} ${severity}`)).toEqual(["W-08 note"]);
  });

  test("a stream that is not there: exit code 3, and those that are", async () => {
    await using place = new Place();
    const producer = place.producer(["--source", "synthetic:", "--media-driver", "embedded", "--stream", "4711"]);
    await producer.errorLine(/epoch/);
    const tool = place.run(["inspect", "4712", "--shm-dir", place.shmDir]);
    expect(await tool.exit()).toBe(3);
    expect(tool.stderr).toContain('there are 4711; did you mean "4711"?');
    expect(tool.stdout).toBe("");
  });
});
