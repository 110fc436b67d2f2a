import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findAeronLeftovers } from "../../src/aeron/leftovers.ts";
import { findLeftovers } from "../../src/shm/leftovers.ts";
import { createSmallStream, TemporaryDirectory } from "../support/shm.ts";

afterEach(() => mock.restore());

const LOOK = { isDryRun: true, nowNs: 10n ** 18n } as const;
const SWEEP = { ...LOOK, isDryRun: false } as const;

/** A stream's folder whose owner has gone: what a killed process leaves. */
function deadStream(directory: TemporaryDirectory): string {
  const living = createSmallStream(directory);
  const copy = directory.at("dead");
  cpSync(directory.at("base"), copy, { recursive: true });
  living.close();
  return copy;
}

describe("what dead owners left", () => {
  test("D-19: a living owner's stream stays, and says whose it is", () => {
    using directory = new TemporaryDirectory();
    const living = createSmallStream(directory);
    const before = readdirSync(directory.path, { recursive: true });
    const rows = findLeftovers(directory.at("base"), SWEEP);
    expect(rows).toMatchObject([{ kind: "instance", state: "kept", pid: process.pid, streamId: living.streamId }]);
    expect(rows[0]?.why).toContain("its owner lives");
    expect(readdirSync(directory.path, { recursive: true })).toEqual(before);
    living.close();
  });

  test("D-19: a dead one's goes, with the folders that held it; a dry run says the same and touches nothing", () => {
    using directory = new TemporaryDirectory();
    const copy = deadStream(directory);
    const before = readdirSync(copy, { recursive: true });
    const [look] = findLeftovers(copy, LOOK);
    expect(look).toMatchObject({ kind: "epoch", state: "removable", pid: process.pid });
    expect(readdirSync(copy, { recursive: true })).toEqual(before);
    const [swept] = findLeftovers(copy, SWEEP);
    expect(swept).toMatchObject({ state: "removed", path: look?.path, bytes: look?.bytes });
    expect(readdirSync(copy)).toEqual([]);
    expect(findLeftovers(copy, SWEEP)).toEqual([]);
  });

  test("another user's stays, whoever asks", () => {
    using directory = new TemporaryDirectory();
    const copy = deadStream(directory);
    spyOn(process, "geteuid").mockReturnValue((process.geteuid?.() ?? 0) + 1);
    expect(findLeftovers(copy, SWEEP)).toMatchObject([{ kind: "instance", state: "kept" }]);
    expect(readdirSync(copy, { recursive: true }).length).toBeGreaterThan(3);
  });

  test("files that are no regions stay, and so do the folders that hold them", () => {
    using directory = new TemporaryDirectory();
    const copy = deadStream(directory);
    const [look] = findLeftovers(copy, LOOK);
    const notes = join(look?.path ?? "", "notes.txt");
    writeFileSync(notes, "mine");
    findLeftovers(copy, SWEEP);
    expect(existsSync(notes)).toBe(true);
    expect(readdirSync(look?.path ?? "")).toEqual(["notes.txt"]);
  });

  test("a folder that is not there, and one of something else, hold nothing", () => {
    using directory = new TemporaryDirectory();
    expect(findLeftovers(directory.at("nowhere"), SWEEP)).toEqual([]);
    mkdirSync(directory.at("other/a/b/c"), { recursive: true });
    expect(findLeftovers(directory.at("other"), SWEEP)).toEqual([]);
    expect(existsSync(directory.at("other/a/b/c"))).toBe(true);
  });
});

describe("what dead media drivers left", () => {
  test("a folder without a lock of ours is not proven to be dead, however old it is", () => {
    using directory = new TemporaryDirectory();
    const folder = directory.at("aeron-foreign");
    mkdirSync(folder);
    writeFileSync(join(folder, "cnc.dat"), new Uint8Array(4096));
    const [row] = findAeronLeftovers(directory.at("aeron"), { isAlone: false, isDryRun: false });
    expect(row).toMatchObject({ path: folder, state: "kept" });
    expect(existsSync(folder)).toBe(true);
  });

  test("with a lock that is free it goes, unless it holds what no media driver makes", () => {
    using directory = new TemporaryDirectory();
    for (const name of ["aeron", "aeron-2"]) {
      mkdirSync(directory.at(name));
      writeFileSync(directory.at(`${name}/cnc.dat`), new Uint8Array(4096));
      writeFileSync(directory.at(`${name}.lock`), "");
    }
    writeFileSync(directory.at("aeron-2/thesis.tex"), "mine");
    writeFileSync(directory.at("unrelated.lock"), "");
    const rows = findAeronLeftovers(directory.at("aeron"), { isAlone: false, isDryRun: false });
    expect(rows.map(({ state }) => state)).toEqual(["removed", "kept"]);
    expect(readdirSync(directory.path).sort()).toEqual(["aeron-2", "aeron-2.lock", "unrelated.lock"]);
  });

  test("a search for one folder leaves the folders beside it, and their locks, alone", () => {
    using directory = new TemporaryDirectory();
    for (const name of ["aeron", "aeron-2"]) {
      mkdirSync(directory.at(name));
      writeFileSync(directory.at(`${name}/cnc.dat`), new Uint8Array(4096));
      writeFileSync(directory.at(`${name}.lock`), "");
      writeFileSync(directory.at(`${name}.tensorpool.lock`), "");
    }
    const rows = findAeronLeftovers(directory.at("aeron"), { isAlone: true, isDryRun: false });
    expect(rows.map(({ path, state }) => [path, state])).toEqual([
      [directory.at("aeron"), "removed"],
      [directory.at("aeron.tensorpool.lock"), "removed"],
    ]);
    expect(readdirSync(directory.path).sort()).toEqual(["aeron-2", "aeron-2.lock", "aeron-2.tensorpool.lock"]);
  });
});
