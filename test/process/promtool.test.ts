import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Place, SELF } from "../support/place.ts";
import { ROOT } from "../support/source-tree.ts";
import { SupervisorProcess } from "../support/supervisor-process.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const PROMTOOL = Bun.which("promtool");
const ALERTS = join(ROOT, "docs", "monitoring", "alerts.yaml");

async function promtool(args: readonly string[], input = ""): Promise<{ said: string; code: number }> {
  const stdin = new TextEncoder().encode(input);
  const child = Bun.spawn([PROMTOOL ?? "", ...args], { stdin, stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { said: out + err, code };
}

describe("what Prometheus' own tool says", () => {
  test("promtool is there to check with (apt-get install prometheus); continuous integration must have it", () => {
    if (PROMTOOL === null) console.error("promtool is not installed: metrics are NOT checked with it in this run");
    expect(PROMTOOL !== null || process.env.CI !== "true").toBe(true);
  });

  test("every metric that the alerts name is one that the documentation lists", async () => {
    const names = new Set((await Bun.file(ALERTS).text()).match(/\btensorpool_[a-z_]+/g));
    const page = await Bun.file(join(ROOT, "docs", "MONITORING.md")).text();
    expect(names.size).toBeGreaterThan(8);
    expect([...names].filter((name) => !page.includes(`\`${name}`))).toEqual([]);
  });

  for (const what of PROMTOOL === null ? [] : ["alert rules"]) {
    test(`the ${what} are valid`, async () => {
      const { said, code } = await promtool(["check", "rules", ALERTS]);
      expect({ said, code }).toEqual({ said: expect.stringContaining("SUCCESS"), code: 0 });
    });
  }

  for (const what of PROMTOOL === null ? [] : ["a supervisor with a stream and a consumer", "check"]) {
    test(
      `nothing is wrong with the metrics of ${what}`,
      async () => {
        await using place = new Place();
        const supervisor = await SupervisorProcess.start(place);
        place.producer(["--source", "synthetic:pattern=counter,dtype=uint8,dims=64", "--rate", "100"]);
        place.consumer();
        await supervisor.until(
          async () => ((await supervisor.consumers())[0]?.accepted ? true : undefined),
          "the counters of a consumer",
        );
        const { aeronDir } = place;
        const text =
          what === "check"
            ? (
                await place.shell('"$@"', [
                  ...SELF,
                  "check",
                  "--aeron-dir",
                  aeronDir,
                  "--for",
                  "1s",
                  "--format",
                  "prometheus",
                ])
              ).stdout
            : await (await fetch(`${supervisor.url}/metrics`)).text();
        expect(text).toContain("# TYPE tensorpool_");
        expect(await promtool(["check", "metrics"], text)).toEqual({ said: "", code: 0 });
      },
      PROCESS_TEST_MS,
    );
  }

  test(
    "the documentation lists every metric that a supervisor has",
    async () => {
      await using place = new Place();
      const supervisor = await SupervisorProcess.start(place);
      const text = await (await fetch(`${supervisor.url}/metrics`)).text();
      const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name as string);
      const page = await Bun.file(join(ROOT, "docs", "MONITORING.md")).text();
      expect(names.length).toBeGreaterThan(30);
      expect(names.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
    },
    PROCESS_TEST_MS,
  );
});
