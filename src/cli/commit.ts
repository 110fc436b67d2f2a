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
  // An installed package may lie inside of somebody else's checkout.
  if (!existsSync(new URL(".git", CHECKOUT))) return "";
  const git = Bun.which("git");
  if (git === null) return "";
  const args = ["-C", fileURLToPath(CHECKOUT), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
  const { success, stdout } = Bun.spawnSync([git, ...args], { stderr: "ignore" });
  return success ? stdout.toString().trim() : "";
}
