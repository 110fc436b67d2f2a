import type { Outcome } from "./binary.ts";

/** A user who is no other process on this machine. */
const OTHER_UID = 12345;
export const isRoot = process.getuid?.() === 0;

/**
 * Runs a script of bash in mount and process namespaces of its own, as root there: what it mounts is seen by no other process, and
 * whatever it started ends with it. Null where this user may not do that; root always may, or the test fails.
 */
export async function inNamespace(script: string, words: readonly string[]): Promise<Outcome | null> {
  const unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const asRoot = isRoot ? [] : ["--map-root-user"];
  if (!isRoot && (await run([...unshare, ...asRoot, "true"])).exitCode !== 0) {
    console.error("not checked here: it takes root, or user namespaces");
    return null;
  }
  return run([...unshare, ...asRoot, "bash", "-euo", "pipefail", "-c", script, "bash", ...words]);
}

/** What a command line is preceded by, to be run as an ordinary user who is not the owner of the test's files. */
export function asOtherUser(): string[] {
  const id = String(OTHER_UID);
  return isRoot ? ["setpriv", "--reuid", id, "--regid", id, "--clear-groups"] : [];
}

/** Runs a command with nothing in its environment but a PATH. */
export async function run(command: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const child = Bun.spawn([...command], {
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NO_COLOR: "1", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { exitCode: await child.exited, stdout, stderr };
}
