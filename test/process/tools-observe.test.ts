import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { freeUdpPort } from "../support/free-port.ts";
import { Place } from "../support/place.ts";
import { readPng } from "../support/png-reader.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

setDefaultTimeout(PROCESS_TEST_MS);

type Row = Readonly<Record<string, unknown>>;

function placeOf({ aeronDir, shmDir }: Place): Record<string, string> {
  return { AERON_DIR: aeronDir, TENSORPOOL_SHM_BASE_DIR: shmDir };
}

/** Runs a tool of the place to its end. */
async function tool(place: Place, ...args: string[]) {
  const role = place.run(args, { env: placeOf(place) });
  const code = await role.exit();
  const rows = args.includes("jsonl") ? (role.rows as unknown as Row[]) : [];
  return { code, rows, stdout: role.stdout, stderr: role.stderr };
}

async function camera(place: Place, args: readonly string[] = []) {
  await place.mediaDriver();
  const producer = place.producer([
    ...[
      "--source",
      "synthetic:dtype=uint8,dims=48x64",
      "--rate",
      "200",
      "--stream",
      "7",
      "--name",
      "camera-1",
      ...args,
    ],
  ]);
  await producer.errorLine(/stream 7 epoch/);
  return producer;
}

describe("tools that measure and show streams", () => {
  test("hz and bw tell what comes, by stream id, by name and of all, and the producer has no consumer by it", async () => {
    await using place = new Place();
    const producer = await camera(place, ["--stats-interval", "0.2"]);
    const hz = await tool(place, "hz", "camera-1", "--count", "2", "-o", "jsonl");
    expect([hz.code, hz.rows.length]).toEqual([0, 2]);
    for (const { streamId, name, frames, seen, framesPerSecond, note } of hz.rows) {
      expect([streamId, name, note]).toEqual([7, "camera-1", null]);
      expect(frames as number).toBeGreaterThan(0);
      expect(seen as number).toBeLessThanOrEqual(frames as number);
      expect(framesPerSecond as number).toBeGreaterThan(0);
    }
    const bw = await tool(place, "bw", "--once", "-o", "jsonl");
    expect(bw.rows).toMatchObject([{ streamId: 7, frameBytes: { min: 3072, max: 3072, mean: 3072 } }]);
    const [row] = bw.rows;
    expect(row?.bytesPerSecond).toBeCloseTo(3072 * (row?.framesPerSecond as number), 3);
    producer.markRows();
    expect((await producer.row(() => true, "statistics")).consumers).toBe(0);
  });

  test("delay tells how old descriptors are, and says from what to what", async () => {
    await using place = new Place();
    await camera(place);
    const delay = await tool(place, "delay", "camera-1", "--count", "20", "-o", "jsonl");
    expect(delay.code).toBe(0);
    expect(delay.stderr).toContain("from the producer's claim of the slot (timestampNs, CLOCK_MONOTONIC)");
    const total = delay.rows.at(-1) as { kind: string; descriptors: number; delayNs: Record<string, number> };
    expect(total.kind).toBe("total");
    expect(total.descriptors).toBeGreaterThanOrEqual(20);
    const { min = -1, p50 = -1, p99 = -1, max = -1 } = total.delayNs;
    expect([min, p50, p99, max]).toEqual([min, p50, p99, max].sort((a, b) => a - b));
    expect(min).toBeGreaterThanOrEqual(0);
  });

  test("meta shows the data source and its attributes", async () => {
    await using place = new Place();
    await camera(place);
    const { code, stdout } = await tool(place, "meta", "7", "-o", "json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      streamId: 7,
      name: "camera-1",
      metaVersion: 1,
      attributes: [{ key: "tensorpool.flow", format: "text/plain", value: "drop" }],
    });
  });

  test("snapshot writes one frame, as a picture, as an array, or into a pipe", async () => {
    await using place = new Place();
    await camera(place);
    const path = place.at("frame.png");
    const { code, stdout } = await tool(place, "snapshot", "camera-1", "--to", path, "-o", "json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ path, streamId: 7, layout: "uint8 48x64", byteLength: 3072 });
    expect(readPng(readFileSync(path))).toMatchObject({ width: 64, height: 48 });
    const args = ["snapshot", "7", "--to", "-", "--format", "raw", "-q"];
    const piped = place.run(args, { binary: true, env: placeOf(place) });
    expect([await piped.exit(), piped.bytes.length, piped.stderr]).toEqual([0, 3072, ""]);
  });

  test("end with 3 for a stream that is not there, and name those that are", async () => {
    await using place = new Place();
    await camera(place);
    for (const args of [
      ["hz", "camra-1"],
      ["bw", "camra-1"],
      ["delay", "camra-1"],
      ["meta", "camra-1"],
    ]) {
      const { code, stderr } = await tool(place, ...args);
      expect([code, stderr]).toEqual([3, expect.stringContaining('7 "camera-1"; did you mean "camera-1"?')]);
    }
    const snapshot = await tool(place, "snapshot", "8", "--to", place.at("frame.npy"));
    expect([snapshot.code, snapshot.stderr]).toEqual([3, expect.stringContaining("no stream 8 within 1.3 s")]);
  });

  test("an interval of nothing is wrong usage, and said so before anything is asked", async () => {
    await using place = new Place();
    for (const command of [["hz"], ["bw"], ["delay", "1"]]) {
      const { code, stderr } = await tool(place, ...command, "--interval", "0s");
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(/--interval: expected a duration above 0 .*, found "0s"$/),
      ]);
    }
  });

  test("everybody is silent for more than nothing: a liveness of that is wrong usage", async () => {
    await using place = new Place();
    for (const name of ["supervisor", "top", "events"]) {
      const { code, stderr } = await tool(place, name, "--liveness", "0");
      const expected = "a duration above 0 with its unit, such as 250us, 10ms, 1.5s or 2m";
      expect([code, stderr]).toEqual([2, `tensorpool: --liveness: expected ${expected}, found "0"`]);
    }
  });

  test("a snapshot of a stream without frames ends with 3, and leaves a file that was there as it was", async () => {
    await using place = new Place();
    await place.mediaDriver();
    const producer = place.producer([
      "--source",
      "synthetic:",
      "--rate",
      "0.001",
      "--stream",
      "7",
      "--wait-consumers",
      "1",
    ]);
    await producer.errorLine(/stream 7 epoch/);
    const path = place.at("frame.npy");
    await Bun.write(path, "as it was");
    const { code, stderr } = await tool(place, "snapshot", "7", "--to", path, "--timeout", "500ms");
    expect([code, stderr]).toEqual([3, expect.stringContaining("stream 7: no frame could be read within 500 ms")]);
    expect(readFileSync(path, "utf8")).toBe("as it was");
  });
});

/** Findings of `doctor --bridge` by their subject, and the exit code. */
async function bridgeFindings(place: Place, endpoint: string) {
  const { code, rows } = await tool(place, "doctor", "--bridge", endpoint, "-o", "jsonl");
  const findings = new Map(rows.map((row) => [row.subject as string, row as Record<string, string | null>]));
  return { code, findings };
}

describe("doctor --bridge", () => {
  test("finds the MTU of the path, and what to type for buffers", async () => {
    await using place = new Place();
    const { findings } = await bridgeFindings(place, `127.0.0.1:${await freeUdpPort()}`);
    expect(findings.get("bridge address")?.found).toBe("127.0.0.1, of this host");
    expect(findings.get("bridge port")?.level).toBe("ok");
    expect(findings.get("bridge MTU")?.found).toMatch(/^the path takes 655\d\d bytes.* datagrams of 65504$/);
    expect(findings.get("bridge settings")?.found).toContain("mtu 65504");
    const buffers = findings.get("receive buffers");
    const limit = Number(readFileSync("/proc/sys/net/core/rmem_max", "utf8"));
    expect(buffers?.found).toStartWith(`net.core.rmem_max is ${limit}`);
    if (limit < 8 * 1024 ** 2) expect(buffers?.remedy).toContain("sysctl -w net.core.rmem_max=8388608");
  });

  test("a port in use is a warning, datagrams longer than the path takes and a name that does not resolve are bad", async () => {
    await using place = new Place();
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const busy = await bridgeFindings(place, `aeron:udp?endpoint=127.0.0.1:${socket.address().port}|mtu=1408`);
    socket.close();
    expect(busy.findings.get("bridge port")).toMatchObject({
      level: "warn",
      found: expect.stringContaining("is in use"),
    });
    expect(busy.findings.get("bridge MTU")).toMatchObject({
      level: "ok",
      remedy: expect.stringContaining("|mtu=65504"),
    });
    const nameless = await bridgeFindings(place, "no-such-host.invalid:4400");
    expect(nameless.code).toBe(1);
    expect(nameless.findings.get("bridge address")).toMatchObject({
      level: "bad",
      found: expect.stringContaining("does not resolve"),
    });
    const long = await bridgeFindings(place, "aeron:udp?endpoint=[::1]:4400|mtu=65504");
    expect(long.code).toBe(1);
    const hasIpv6 = networkInterfaces().lo?.some(({ family }) => family === "IPv6") === true;
    expect(long.findings.get(hasIpv6 ? "bridge MTU" : "bridge path")).toMatchObject({
      level: "bad",
      remedy: expect.stringContaining(hasIpv6 ? "|mtu=65472" : "ip route get ::1"),
    });
  });
});

test("doctor examines this machine, and ends with 1 only where something is bad", async () => {
  await using place = new Place();
  const { code, rows } = await tool(place, "doctor", "-o", "jsonl");
  const levels = new Set(rows.map(({ level }) => level as string));
  expect([...levels].filter((level) => !["ok", "warn", "bad"].includes(level))).toEqual([]);
  expect(code).toBe(levels.has("bad") ? 1 : 0);
  const subjects = rows.map(({ subject }) => subject);
  for (const subject of ["kernel", "shared memory", "memory cgroup", "RemoveIPC", "media driver", "regions"]) {
    expect(subjects).toContain(subject);
  }
});
