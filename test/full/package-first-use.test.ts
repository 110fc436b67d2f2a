// The first use of the installed package builds libaeron, from the sources that Cargo.lock pins.
import { expect, test } from "bun:test";
import { InstalledPackage } from "../support/installed-package.ts";

const BUILD_MS = 5 * 60_000;

test(
  "the command line of an installed package builds libaeron once, and the library finds it then",
  async () => {
    using project = await InstalledPackage.create();
    // Cargo and the compiler are where this user has them.
    const env = { ...(process.env as Record<string, string>), AERON_LIBRARY: "" };
    const first = await project.run(["npx", "tensorpool", "version", "-o", "json"], { env });
    expect({ exitCode: first.exitCode, stderr: first.stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringContaining("building libaeron"),
    });
    expect(JSON.parse(first.stdout)).toMatchObject({
      libaeron: "built",
      libaeronFile: expect.stringContaining(project.path),
    });
    const second = await project.run(["npx", "tensorpool", "version"], { env });
    expect({ exitCode: second.exitCode, stderr: second.stderr }).toEqual({ exitCode: 0, stderr: "" });
    project.write("use.ts", 'import { TensorPool } from "tensorpool"; console.log(typeof TensorPool.connect);');
    expect(await project.run(["bun", "use.ts"], { env })).toEqual({ exitCode: 0, stdout: "function\n", stderr: "" });
  },
  BUILD_MS,
);
