import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Defined by build.ts: the commit that an executable was built from, or "" if it is unknown. */
declare const TENSORPOOL_COMMIT: string;

const CHECKOUT = new URL("../../", import.meta.url);

/** The running commit, e.g. "1f0c3ab29d4e", with "-dirty" if files differ from it; null if it is unknown. */
export function runningCommit(): string | null {
  const built = typeof TENSORPOOL_COMMIT === "undefined" ? checkoutCommit() : TENSORPOOL_COMMIT;
  return built === "" ? null : built;
}

/** The commit of this checkout; "" if this is not a checkout or git is not installed. */
export function checkoutCommit(): string {
  return git("describe", "--always", "--dirty", "--abbrev=12", "--exclude=*");
}

/** Time of this checkout's commit, in seconds since 1970; 0 if it is unknown. */
export function commitTimeSeconds(): number {
  return Number(git("log", "-1", "--format=%ct"));
}

function git(...args: readonly string[]): string {
  // An installed package may be inside another project's checkout.
  if (!existsSync(new URL(".git", CHECKOUT))) return "";
  const program = Bun.which("git");
  if (program === null) return "";
  const { success, stdout } = Bun.spawnSync([program, "-C", fileURLToPath(CHECKOUT), ...args], { stderr: "ignore" });
  return success ? stdout.toString().trim() : "";
}
