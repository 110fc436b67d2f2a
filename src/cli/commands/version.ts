import type { CommandContext } from "../command.ts";
import { ExitCode } from "../exit.ts";
import { Output, parseOutputFormat } from "../output.ts";
import { VERSION } from "../version.ts";

/** `version`: of this package, of Bun, and of the libaeron in use. */
export async function run({ options }: CommandContext): Promise<number> {
  const output = new Output({ format: parseOutputFormat(options.text("output") ?? "table") });
  const { aeronOrigin, aeronVersion } = await import("../../../ffi/load.ts");
  const versions = { tensorpool: VERSION, bun: Bun.version, aeron: aeronVersion, libaeron: aeronOrigin, wire: "1.1" };
  output.record(versions, Object.entries(versions));
  await output.flush();
  return ExitCode.DONE;
}
