import { SetupError } from "../ffi/native/report.mjs";

/** A machine that an executable is built for. */
export interface Target {
  /** As in `process.arch`. */
  readonly arch: "x64" | "arm64";
  /** As Bun names it. */
  readonly bun: "bun-linux-x64" | "bun-linux-arm64";
  /** The npm package that has Bun for it. */
  readonly bunPackage: string;
}

const TARGETS: readonly Target[] = [
  { arch: "x64", bun: "bun-linux-x64", bunPackage: "@oven/bun-linux-x64" },
  { arch: "arm64", bun: "bun-linux-arm64", bunPackage: "@oven/bun-linux-aarch64" },
];

/** The targets that `--target` names; this machine's where it was not given. @throws SetupError */
export function chosenTargets(name: string = process.arch): readonly Target[] {
  const chosen = TARGETS.filter(({ arch }) => name === "all" || name === arch);
  if (chosen.length === 0) throw new SetupError(`--target: expected x64, arm64 or all, found "${name}"`);
  return chosen;
}
