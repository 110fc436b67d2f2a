import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Put in by build.ts: the commit that an executable was built from, "" where that is not known. */
declare const TENSORPOOL_COMMIT: string;

const CHECKOUT = new URL("../../", import.meta.url);

/** The commit that runs, e.g. "1f0c3ab29d4e", with "-dirty" where files differ from it; null where that is not known. */
export function runningCommit(): string | null {
  const built = typeof TENSORPOOL_COMMIT === "undefined" ? checkoutCommit() : TENSORPOOL_COMMIT;
  return built === "" ? null : built;
}

/** The commit of this checkout; "" where it is none, or there is no git to ask. */
export function checkoutCommit(): string {
  return git("describe", "--always", "--dirty", "--abbrev=12", "--exclude=*");
}

/** When the commit of this checkout was made, in seconds since 1970; 0 where that is not known. */
export function commitTimeSeconds(): number {
  return Number(git("log", "-1", "--format=%ct"));
}

function git(...args: readonly string[]): string {
  // An installed package may lie inside of another project's checkout.
  if (!existsSync(new URL(".git", CHECKOUT))) return "";
  const program = Bun.which("git");
  if (program === null) return "";
  const { success, stdout } = Bun.spawnSync([program, "-C", fileURLToPath(CHECKOUT), ...args], { stderr: "ignore" });
  return success ? stdout.toString().trim() : "";
}
