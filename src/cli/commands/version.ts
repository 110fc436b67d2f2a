import type { CommandContext } from "../command.ts";
import type { VersionValues } from "../commands.ts";
import { runningCommit } from "../commit.ts";
import { ExitCode } from "../exit.ts";
import { Output } from "../output.ts";
import { VERSION } from "../version.ts";

/** `version`: of this package, of Bun, and of the libaeron in use. */
export async function run({ values }: CommandContext<VersionValues>): Promise<number> {
  const output = new Output({ format: values.output });
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
  await output.flush();
  return ExitCode.DONE;
}
