import { expect, test } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BinaryPlace, BUILD_MS } from "../support/binary.ts";
import { run } from "../support/namespace.ts";
import { ROOT } from "../support/source-tree.ts";

const UNIT = join(ROOT, "packaging", "systemd", "tensorpool-driver.service");

test(
  "the unit of the driver starts a command that there is, with options that it has",
  async () => {
    await using place = await BinaryPlace.create();
    const [, program, command = "", ...options] =
      /^ExecStart=(\S+) (\S+) (.*)$/m.exec(readFileSync(UNIT, "utf8")) ?? [];
    expect(program).toBe("/usr/local/bin/tensorpool");
    const help = await place.outcome([command, "--help"]);
    for (const option of options.join(" ").match(/--[a-z-]+/g) ?? []) expect(help.stdout).toContain(option);
  },
  BUILD_MS,
);

test(
  "systemd finds nothing wrong with the unit, where it is installed",
  async () => {
    if (Bun.which("systemd-analyze") === null) {
      console.error("not checked here: there is no systemd-analyze");
      return;
    }
    await using place = await BinaryPlace.create();
    const program = join(place.folder, "tensorpool");
    copyFileSync(place.binary, program);
    const unit = join(place.folder, "tensorpool-driver.service");
    writeFileSync(unit, readFileSync(UNIT, "utf8").replace("/usr/local/bin/tensorpool", program));
    const { exitCode, stdout, stderr } = await run(["systemd-analyze", "verify", "--recursive-errors=no", unit]);
    expect({
      exitCode,
      output: (stdout + stderr).split("\n").filter((line) => line.includes(unit) || line.includes("tensorpool")),
    }).toEqual({
      exitCode: 0,
      output: [],
    });
  },
  BUILD_MS,
);
