import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mountAt } from "../support/shm.ts";
import { sweepTestFolders, TestFolder } from "../support/test-folder.ts";
import { until } from "../support/until.ts";

const parent = mkdtempSync(join(tmpdir(), "tensorpool-sweep-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

describe("folders of tests", () => {
  test("stay while their test runs, and go with those whose test was killed, with what it had started", async () => {
    const held = new TestFolder(parent);
    const left = join(parent, "tensorpool-test-left");
    mkdirSync(left);
    writeFileSync(join(left, "file"), "");
    const child = Bun.spawn(["tail", "-f", join(left, "file")], { stdout: "ignore" });
    await until(
      () => readFileSync(`/proc/${child.pid}/cmdline`, "latin1").includes(left),
      () => "tail to be started",
    );
    expect(sweepTestFolders(parent)).toEqual([]);
    expect(sweepTestFolders(parent, 0)).toEqual([left]);
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
    expect([existsSync(left), existsSync(held.path)]).toEqual([false, true]);
    held.remove();
    held.remove();
    expect(existsSync(held.path)).toBe(false);
  });

  test("are removed with what is mounted in them, whatever the mount point is called", () => {
    const left = join(parent, "tensorpool-test-mounted");
    // Where this user may not mount, the folder is an ordinary one.
    mountAt(join(left, "a \\b\tc"), "tmpfs", "size=64k");
    expect(sweepTestFolders(parent, 0)).toEqual([left]);
    expect(existsSync(left)).toBe(false);
  });
});
