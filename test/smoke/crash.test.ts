import { beforeAll, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BinaryPlace, BUILD_MS, testedBinary } from "../support/binary.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

beforeAll(testedBinary, BUILD_MS);

test(
  "a crash prints a link for a report, and starts no program that would send one",
  async () => {
    await using place = await BinaryPlace.create();
    const programs = join(place.temporary, "bin");
    const witness = join(place.temporary, "started");
    mkdirSync(programs);
    for (const name of ["curl", "wget"]) {
      writeFileSync(join(programs, name), `#!/bin/sh\necho "$@" >> ${witness}\n`);
      chmodSync(join(programs, name), 0o755);
    }
    const child = Bun.spawn([place.binary, "media-driver", "--aeron-dir", place.aeronDir, "--linger", "0"], {
      cwd: place.folder,
      env: { TMPDIR: place.temporary, PATH: `${programs}:/usr/bin:/bin` },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    let stderr = "";
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
      // A signal stands for a fault of Bun's: its handler is the same.
      if (!stderr.includes("serves") && `${stderr}${chunk}`.includes("serves")) child.kill("SIGSEGV");
      stderr += chunk;
    }
    await child.exited;
    expect(stderr).toMatch(/panic.*Segmentation fault/);
    expect(stderr).toContain("https://bun.report/");
    expect({ signal: child.signalCode, started: existsSync(witness) }).toEqual({ signal: "SIGSEGV", started: false });
  },
  PROCESS_TEST_MS,
);
