import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { framePattern, START_NS, TestFile } from "../support/mcap-file.ts";
import { parseNpyHeader } from "../support/npy-file.ts";
import { Place } from "../support/place.ts";

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(async () => {
  await place[Symbol.asyncDispose]();
});

const FRAMES = 40;

/** Two streams, recorded in turns. */
async function recording(path: string): Promise<void> {
  const file = await TestFile.create(path, { library: "tensorpool 0.1.0" });
  for (let seq = 0; seq < FRAMES; seq++) {
    const logTimeNs = START_NS + BigInt(seq) * 5_000_000n;
    const timestampNs = 1_000_000n + BigInt(seq);
    const common = { seq, logTimeNs, timestampNs };
    await file.frame({
      ...common,
      dtype: "uint16",
      dims: [3, 4],
      bytes: framePattern(24, seq),
      streamId: 7,
      name: "camera",
    });
    await file.frame({
      ...common,
      dtype: "float32",
      dims: [2, 3],
      majorOrder: "column",
      bytes: framePattern(24, seq + 1),
      streamId: 8,
      name: "lidar",
    });
  }
  await file.end();
}

const role = (command: string): string[] => [
  command,
  "--standalone",
  "--aeron-dir",
  place.aeronDir,
  "--shm-dir",
  place.shmDir,
];

/** The values of the files of a folder, in the order of their names, with the timestamps that these end in. */
function filesOf(
  folder: string,
): { readonly bytes: Uint8Array; readonly timestampNs: bigint; readonly header: string }[] {
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const file = readFileSync(`${folder}/${name}`);
      const { header, values } = parseNpyHeader(file);
      return { bytes: values, header, timestampNs: BigInt(/-(\d+)\.npy$/.exec(name)?.[1] ?? "-1") };
    });
}

describe("replay", () => {
  test("publishes every stream again, each frame as it was, also of a file that was cut", async () => {
    const path = place.at("run.mcap");
    await recording(path);
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, whole.length * 0.75));
    const consumers = ["7", "20008"].map((stream) =>
      place.run([...role("consumer"), "--stream", stream, "--sink", `npy:${place.at(stream)}/`, "--once"]),
    );
    const replay = place.run([
      ...role("replay"),
      path,
      "--stream",
      "camera",
      "--stream",
      "lidar=20008",
      "--wait-consumers",
      "2",
    ]);
    expect(await replay.exit()).toBe(0);
    for (const consumer of consumers) expect(await consumer.exit()).toBe(0);
    const [camera, lidar] = [filesOf(place.at("7")), filesOf(place.at("20008"))];
    expect(camera.length).toBeGreaterThan(FRAMES / 4);
    expect(Math.abs(camera.length - lidar.length)).toBeLessThanOrEqual(1);
    for (const [seq, { bytes, timestampNs, header }] of camera.entries()) {
      expect(header).toContain("'descr': '<u2', 'fortran_order': False, 'shape': (3, 4)");
      expect([bytes, timestampNs]).toEqual([framePattern(24, seq), 1_000_000n + BigInt(seq)]);
    }
    for (const [seq, { bytes, header }] of lidar.entries()) {
      expect(header).toContain("'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)");
      expect(bytes).toEqual(framePattern(24, seq + 1));
    }
  });

  test("names what is wrong with a file, with a stream, and with a position", async () => {
    const path = place.at("run.mcap");
    await recording(path);
    const refused = async (args: readonly string[]): Promise<[number, string]> => {
      const replay = place.run([...role("replay"), ...args]);
      return [await replay.exit(), replay.stderr.replaceAll(path, "FILE")];
    };
    expect(await refused([])).toEqual([2, expect.stringContaining("replay: no file is named")]);
    expect(await refused([`${path}.gone`])).toEqual([3, expect.stringContaining("there is no file FILE.gone")]);
    expect(await refused([path, "--stream", "radar"])).toEqual([
      3,
      expect.stringContaining('FILE has no stream radar: it has 7 "camera", 8 "lidar"'),
    ]);
    expect(await refused([path, "--stream", "7", "--stream", "8=7"])).toEqual([
      2,
      expect.stringContaining("two streams would have the id 7"),
    ]);
    expect(await refused([path, "--from", "soon"])).toEqual([2, expect.stringContaining('found "soon"')]);
    expect(await refused([path, "--speed", "0"])).toEqual([
      2,
      expect.stringContaining("--speed: expected max, or a number"),
    ]);
    writeFileSync(path, "no recording");
    expect(await refused([path])).toEqual([
      1,
      expect.stringContaining('FILE is no MCAP file: it begins with "no recor"'),
    ]);
  });
});

describe("record and export", () => {
  test("info, verify and repair a file that was cut", async () => {
    const path = place.at("run.mcap");
    await recording(path);
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, 3000));
    const run = async (...args: string[]): Promise<{ code: number; out: string }> => {
      const tool = place.run(args);
      return { code: await tool.exit(), out: tool.stdout };
    };
    const before = JSON.parse((await run("record", "info", path, "-o", "json")).out);
    expect(before.files[0].cut.because).toBe("the last record is not complete");
    expect((await run("record", "verify", path)).code).toBe(1);
    expect((await run("record", "repair", path)).code).toBe(0);
    expect((await run("record", "verify", path)).code).toBe(0);
    const after = JSON.parse((await run("record", "info", path, "-o", "json")).out);
    expect(after.files[0]).toMatchObject({ cut: null, hasIndex: true });
    expect(after.streams).toEqual(before.streams);
  });

  test("replaces nothing that is there, and leaves nothing half", async () => {
    const path = place.at("run.mcap");
    await recording(path);
    for (const to of ["raw:out.raw", "kerchunk:out.json", "hdf5:out.h5", "y4m:out.y4m"]) {
      const out = place.at(to.replace(/.*:/, ""));
      const args = ["export", path, "--streams", "camera", "--to", to.replace(/:.*/, `:${out}`)];
      expect(await place.run(args).exit()).toBe(0);
      const first = readFileSync(out);
      writeFileSync(out, "mine");
      expect(await place.run(args).exit()).toBe(2);
      expect(readFileSync(out, "utf8")).toBe("mine");
      expect(await place.run([...args, "--force"]).exit()).toBe(0);
      expect(readFileSync(out)).toEqual(first);
    }
    // Strides cannot be referred to, and y4m has no floats.
    const refused = place.run(["export", path, "--streams", "lidar", "--to", `y4m:${place.at("lidar.y4m")}`]);
    expect(await refused.exit()).toBe(1);
    expect(readdirSync(place.path).filter((name) => name.startsWith("lidar.y4m"))).toEqual([]);
  });
});
