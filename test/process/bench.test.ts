import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { selfCommand } from "../../src/aeron/self-command.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const FRAMES = 20_000;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly pid: number;
}

async function bench(...args: string[]): Promise<Ended> {
  const child = Bun.spawn([...selfCommand(), "bench", ...args], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr, pid: child.pid };
}

function leftOf(pid: number): string[] {
  return readdirSync("/dev/shm").filter((name) => name.startsWith(`tensorpool-bench-${pid}-`));
}

describe("bench", () => {
  for (const mediaDriver of ["embedded", "auto"]) {
    test(
      `throughput says what became of every frame, and loses none under --flow wait (--media-driver ${mediaDriver})`,
      async () => {
        const { code, stdout, stderr, pid } = await bench(
          ...["throughput", "--frames", String(FRAMES), "--media-driver", mediaDriver, "-o", "json"],
        );
        expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
        const json = JSON.parse(stdout) as Record<string, number>;
        const { claimed, published, accepted, late, gap } = json;
        expect({ claimed, published, accepted, late, gap }).toEqual({
          claimed: FRAMES,
          published: FRAMES,
          accepted: FRAMES,
          late: 0,
          gap: 0,
        });
        expect(json.publishedPerSecond).toBeGreaterThan(0);
        expect(json.acceptedPerSecond).toBeGreaterThan(0);
        expect(json.nsPerFrame).toBeCloseTo(1e9 / (json.publishedPerSecond as number), 6);
        expect(json.bytesPerSecond).toBeCloseTo((json.acceptedPerSecond as number) * 64, 3);
        expect(json.producerAllocatedBytesPerFrame).toBeGreaterThanOrEqual(0);
        expect(json.consumerAllocatedBytesPerFrame).toBeGreaterThanOrEqual(0);
        expect(leftOf(pid)).toEqual([]);
      },
      PROCESS_TEST_MS,
    );
  }

  test(
    "throughput --driver does the same work with a driver's leases, and compares it with --standalone in the same run",
    async () => {
      const { code, stdout, stderr, pid } = await bench(
        ...["throughput", "--driver", "--frames", String(FRAMES), "--rounds", "1", "-o", "json"],
      );
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      const json = JSON.parse(stdout) as Record<string, number>;
      const { deployment, claimed, published, accepted } = json;
      expect({ deployment: String(deployment), claimed, published, accepted }).toEqual({
        deployment: "driver",
        claimed: FRAMES,
        published: FRAMES,
        accepted: FRAMES,
      });
      const standalone = (json.standaloneRounds as unknown as readonly number[])[0] as number;
      expect(json.ratioToStandalone).toBeCloseTo((json.acceptedPerSecond as number) / standalone, 6);
      expect(leftOf(pid)).toEqual([]);
    },
    PROCESS_TEST_MS,
  );

  test("--driver and --standalone at once are refused", async () => {
    const { code, stderr } = await bench("throughput", "--driver", "--standalone");
    expect(code).toBe(2);
    expect(stderr).toContain("expected --standalone or --driver, found both");
  });

  test(
    "throughput under --flow drop counts every frame that was claimed once: accepted, late, or never come",
    async () => {
      const { code, stdout } = await bench(
        ...["throughput", "--frames", String(FRAMES), "--flow", "drop", "--fill", "in-place", "-o", "jsonl"],
      );
      expect(code).toBe(0);
      const { section, claimed, published, accepted, late, gap } = JSON.parse(stdout) as Record<string, number>;
      expect(String(section)).toBe("throughput");
      expect(claimed).toBe(FRAMES);
      expect(published).toBeLessThanOrEqual(FRAMES);
      // A descriptor that was dropped before the first that came is no gap to a reader.
      expect((accepted as number) + (late as number) + (gap as number)).toBeLessThanOrEqual(FRAMES);
      expect((accepted as number) + (late as number) + (gap as number)).toBeGreaterThanOrEqual(published as number);
    },
    PROCESS_TEST_MS,
  );

  test(
    "bridge loses no frame under --mode lossless, and compares it with plain Aeron and sendmmsg in the same run",
    async () => {
      const { code, stdout, stderr, pid } = await bench(
        ...["bridge", "--payload", "64KiB", "--seconds", "0.5", "--rounds", "1", "-o", "json"],
      );
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      const { sizes, channels } = JSON.parse(stdout) as {
        readonly sizes: readonly Record<string, number>[];
        readonly channels: Record<string, string>;
      };
      const [size = {}] = sizes;
      expect({ payloadBytes: size.payloadBytes, lost: size.lost }).toEqual({ payloadBytes: 64 * 1024, lost: 0 });
      const { bytesPerSecond = 0, plainAeronBytesPerSecond = 0, sendmmsgBytesPerSecond = 0 } = size;
      expect(size.ratioToPlainAeron).toBeCloseTo(bytesPerSecond / plainAeronBytesPerSecond, 6);
      expect(size.ratioToSendmmsg).toBeCloseTo(bytesPerSecond / sendmmsgBytesPerSecond, 6);
      expect(channels.sender).toContain("mtu=65504");
      expect(leftOf(pid)).toEqual([]);
    },
    PROCESS_TEST_MS,
  );

  test(
    "record --minutes says how much memory a recorder has at full rate, in the beginning and at the end",
    async () => {
      const { code, stdout, stderr, pid } = await bench(
        ...["record", "--minutes", "0.02", "--payload", "1MiB", "-o", "json"],
      );
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      const { recorded, lost, ownBytes, maps } = JSON.parse(stdout) as Record<string, unknown>;
      expect(recorded).toBeGreaterThan(0);
      expect({ lost, ownBytes, maps }).toEqual({
        lost: 0,
        ownBytes: [expect.any(Number), expect.any(Number)],
        maps: [expect.any(Number), expect.any(Number)],
      });
      expect(leftOf(pid)).toEqual([]);
    },
    PROCESS_TEST_MS,
  );

  test(
    "view says what pages cost the producer and the server, with clients and, where it is installed, with Chromium",
    async () => {
      const { code, stdout, stderr, pid } = await bench(
        ...["view", "--payload", "128KiB", "--rate", "50", "--consumers", "1", "--seconds", "1", "-o", "json"],
      );
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      interface Run {
        readonly tabs: string;
        readonly framesPerSecondWith: number;
        readonly picturesPerSecond: number;
        readonly firstPictureMs: number;
        readonly serverBytes: readonly number[];
      }
      const { side, pageBytes, runs } = JSON.parse(stdout) as { side: number; pageBytes: number; runs: Run[] };
      expect(side).toBe(256);
      expect(pageBytes).toBeGreaterThan(10_000);
      expect(runs[0]?.tabs).toBe("1 WebSocket clients");
      expect(runs.length).toBe(stderr.includes("no Chromium is installed") ? 1 : 2);
      for (const run of runs) {
        expect(run.framesPerSecondWith).toBeGreaterThan(0);
        expect(run.picturesPerSecond).toBeGreaterThan(0);
        expect(run.firstPictureMs).toBeGreaterThan(0);
        expect(run.serverBytes.length).toBeGreaterThan(0);
      }
      expect(leftOf(pid)).toEqual([]);
    },
    PROCESS_TEST_MS,
  );

  test("a section that is not there is refused with those that are", async () => {
    const { code, stdout, stderr } = await bench("thruput");
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain('found "thruput"');
    expect(stderr).toContain("latency");
  });
});
