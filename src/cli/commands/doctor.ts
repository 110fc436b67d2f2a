import { availableParallelism } from "node:os";
import { memoryCgroupHeadrooms } from "../../shm/cgroup.ts";
import { aeronDirOf, shmDirOf } from "../config/aeron-dir.ts";
import { aeronFindings } from "../doctor/aeron.ts";
import { type Finding, type Level, ok } from "../doctor/finding.ts";
import { ThisHost } from "../doctor/host.ts";
import { loginFinding, machineFindings } from "../doctor/machine.ts";
import { hugepageFindings, memoryFindings, shmFindings } from "../doctor/memory.ts";
import { limitFindings } from "../doctor/process-limits.ts";
import { regionFindings } from "../doctor/regions.ts";
import { ExitCode } from "../exit.ts";
import type { Output } from "../output/output.ts";
import type { DoctorValues } from "../specs/observe.ts";
import { wrapWords } from "../tap/exchange-rows.ts";
import { tool } from "../tool/tool.ts";
import { VERSION } from "../version.ts";

const SUBJECT_WIDTH = 18;
const MAX_WIDTH = 110;

/** `doctor`: reports problems of this machine and its settings that affect streams. */
export const run = tool<DoctorValues>(async ({ values, output }) => {
  const aeronDir = aeronDirOf(values);
  const shmDir = shmDirOf(values);
  const { aeronOrigin, aeronVersion } = await import("../../../ffi/load.ts");
  const host = new ThisHost();
  const findings: readonly Finding[] = [
    ok("versions", `tensorpool ${VERSION}, Bun ${Bun.version}, Aeron ${aeronVersion} (${aeronOrigin})`),
    ...machineFindings(host, availableParallelism()),
    ...shmFindings(host, shmDir),
    ...memoryFindings(host, memoryCgroupHeadrooms()),
    ...hugepageFindings(host),
    ...limitFindings(host),
    loginFinding(host, shmDir),
    ...aeronFindings(host, aeronDir),
    ...regionFindings(host, shmDir),
    ...(values.bridge === undefined
      ? []
      : await (await import("../doctor/bridge.ts")).bridgeFindings(host, values.bridge)),
  ];
  if (output.format === "table") print(output, findings);
  else output.rows([], findings);
  return findings.some(({ level }) => level === "bad") ? ExitCode.FAILED : ExitCode.DONE;
});

function print(output: Output, findings: readonly Finding[]): void {
  const { palette } = output;
  const width = Math.min(output.width ?? MAX_WIDTH, MAX_WIDTH);
  const paint = { ok: palette.green, warn: palette.yellow, bad: palette.red };
  for (const { subject, level, found, remedy } of findings) {
    const indent = " ".repeat(6 + SUBJECT_WIDTH);
    const isWide = subject.length >= SUBJECT_WIDTH;
    const lines = wrapWords(found, width - indent.length);
    const head = `${paint[level](level.padEnd(4))}  ${subject.padEnd(SUBJECT_WIDTH)}`;
    output.line(isWide ? head.trimEnd() : `${head}${lines[0] ?? ""}`);
    for (const line of isWide ? lines : lines.slice(1)) output.line(indent + line);
    if (remedy === null) continue;
    for (const line of wrapWords(`→ ${remedy}`, width - indent.length)) output.line(palette.dim(indent + line));
  }
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  output.line("");
  output.line(`${count("ok")} ok, ${count("warn")} to be warned of, ${count("bad")} bad`);
}
