import { SetupError } from "../ffi/native/report.mjs";

/** A platform for which an executable is built. */
export interface Target {
  /** As in `process.arch`. */
  readonly arch: "x64" | "arm64";
  /** Bun's name of the target. */
  readonly bun: "bun-linux-x64" | "bun-linux-arm64";
  /** The npm package with Bun for this target. */
  readonly bunPackage: string;
}

const TARGETS: readonly Target[] = [
  { arch: "x64", bun: "bun-linux-x64", bunPackage: "@oven/bun-linux-x64" },
  { arch: "arm64", bun: "bun-linux-arm64", bunPackage: "@oven/bun-linux-aarch64" },
];

/** The targets of `--target`; this machine's if it was not given. @throws SetupError */
export function chosenTargets(name: string = process.arch): readonly Target[] {
  const chosen = TARGETS.filter(({ arch }) => name === "all" || name === arch);
  if (chosen.length === 0) throw new SetupError(`--target: expected x64, arm64 or all, found "${name}"`);
  return chosen;
}
