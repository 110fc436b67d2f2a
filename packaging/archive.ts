import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { SetupError } from "../ffi/native/report.mjs";
import { runTool } from "../ffi/native/tools.mjs";
import { COMMANDS } from "../src/cli/commands.ts";
import { completionScript } from "../src/cli/completion/index.ts";
import type { Library } from "./libraries.ts";
import { notices } from "./notices.ts";

const ROOT = join(import.meta.dir, "..");

export interface ArchiveContent {
  /** Path of the executable. */
  readonly binary: string;
  readonly library: Library;
  /** Modification time of all files in the archive, in seconds since 1970. */
  readonly timeSeconds: number;
}

/**
 * Packs an executable and its accompanying files into `<name>.tar.gz` next to it, in a folder of that name. The same content
 * gives the same bytes. @returns the path @throws SetupError
 */
export async function archive(name: string, { binary, library, timeSeconds }: ArchiveContent): Promise<string> {
  const work = mkdtempSync(join(dirname(binary), ".archive-"));
  try {
    const folder = join(work, name);
    for (const part of ["completion", "systemd"]) mkdirSync(join(folder, part), { recursive: true });
    copyFileSync(binary, join(folder, "tensorpool"));
    for (const file of ["README.md", "LICENSE", "SECURITY.md", "CHANGELOG.md"]) {
      copyFileSync(join(ROOT, file), join(folder, file));
    }
    cpSync(join(ROOT, "docs"), join(folder, "docs"), { recursive: true });
    writeFileSync(join(folder, "THIRD-PARTY-NOTICES.txt"), notices(library));
    writeFileSync(join(folder, "completion", "tensorpool.bash"), completionScript("bash", COMMANDS));
    writeFileSync(join(folder, "completion", "_tensorpool"), completionScript("zsh", COMMANDS));
    for (const file of ["tensorpool-driver.service", "sysusers.conf"]) {
      copyFileSync(join(import.meta.dir, "systemd", file), join(folder, "systemd", file));
    }
    chmodSync(join(folder, "tensorpool"), 0o755);
    const tar = join(work, `${name}.tar`);
    const owner = ["--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"];
    const order = ["--sort=name", "--format=ustar", `--mtime=@${timeSeconds}`];
    const packed = await runTool("tar", [...order, ...owner, "-C", work, "-cf", tar, name]);
    if (packed.code !== 0) throw new SetupError(`tar could not pack ${name} (GNU tar is expected):\n${packed.output}`);
    const path = join(dirname(binary), `${name}.tar.gz`);
    writeFileSync(path, gzipSync(readFileSync(tar), { level: 9 }));
    return path;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Writes `SHA256SUMS` next to the files, in the format of `sha256sum --check`. @returns its path */
export function writeChecksums(files: readonly string[]): string {
  const lines = files.map((file) => {
    const digest = new Bun.CryptoHasher("sha256").update(readFileSync(file)).digest("hex");
    return `${digest}  ${basename(file)}\n`;
  });
  const path = join(dirname(files[0] ?? ROOT), "SHA256SUMS");
  writeFileSync(path, lines.join(""));
  return path;
}
