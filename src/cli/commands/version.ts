import type { VersionValues } from "../commands.ts";
import { runningCommit } from "../commit.ts";
import { tool } from "../tool/tool.ts";
import { VERSION } from "../version.ts";

/** `version`: prints the versions of this package, of Bun and of the loaded libaeron. */
export const run = tool<VersionValues>(async ({ output }) => {
  const { aeronFile, aeronOrigin, aeronVersion } = await import("../../../ffi/load.ts");
  const versions = {
    tensorpool: VERSION,
    commit: runningCommit(),
    bun: Bun.version,
    aeron: aeronVersion,
    libaeron: aeronOrigin,
    libaeronFile: aeronFile,
    wire: "1.1",
  };
  output.record(
    versions,
    Object.entries(versions).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])),
  );
});
