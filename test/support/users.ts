import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

/** A user and the groups beside its own, by numbers that no account needs to have. */
export interface User {
  readonly uid: number;
  readonly groups: readonly number[];
}

/** True where processes may be started as other users. */
export const canActAsOthers = process.geteuid?.() === 0;

/** A command as another user runs it. */
export function asUser({ uid, groups }: User, command: readonly string[]): string[] {
  const others = groups.length === 0 ? ["--clear-groups"] : ["--groups", groups.join(",")];
  return ["setpriv", "--reuid", `${uid}`, "--regid", `${uid}`, ...others, ...command];
}

/** The command line of this checkout, where every user can read it: a copy, if the checkout itself is closed to others. */
export class OpenCheckout implements Disposable {
  readonly command: readonly string[];
  readonly #copy: string | null;

  constructor(reader: User) {
    const main = join(ROOT, "src/cli/main.ts");
    const isOpen = [main, process.execPath].every(
      (path) => Bun.spawnSync(asUser(reader, ["test", "-r", path])).exitCode === 0,
    );
    if (isOpen) {
      this.#copy = null;
      this.command = [process.execPath, main];
      return;
    }
    this.#copy = mkdtempSync(join(tmpdir(), "tensorpool-checkout-"));
    const copied = (name: string): string => join(this.#copy as string, name);
    for (const name of ["src", "ffi", "schemas", "package.json", "tsconfig.json", "node_modules"]) {
      cpSync(join(ROOT, name), copied(name), { recursive: true, verbatimSymlinks: true });
    }
    cpSync(process.execPath, copied("bun"));
    Bun.spawnSync(["chmod", "-R", "a+rX", this.#copy]);
    this.command = [copied("bun"), copied("src/cli/main.ts")];
  }

  [Symbol.dispose](): void {
    if (this.#copy !== null) rmSync(this.#copy, { recursive: true, force: true });
  }
}
