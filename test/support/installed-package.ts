import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { Outcome } from "./binary.ts";
import { ROOT } from "./source-tree.ts";

const NODE = dirname(Bun.which("node") ?? "/usr/bin/node");
const TSC = join(ROOT, "node_modules", ".bin", "tsc");

/** A new project into which the package was installed from what `npm pack` makes. */
export class InstalledPackage implements Disposable {
  readonly path: string;
  /** Names of what the package has. */
  readonly files: readonly string[];

  static async create(): Promise<InstalledPackage> {
    const work = mkdtempSync(join(tmpdir(), "tensorpool-package-"));
    const project = join(work, "project");
    mkdirSync(project);
    const packed = await outcomeOf(["npm", "pack", "--json", "--pack-destination", work], ROOT);
    if (packed.exitCode !== 0) throw new Error(`npm pack failed:\n${packed.stderr}`);
    const [{ filename, files }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf("["))) as [
      { filename: string; files: { path: string }[] },
    ];
    // As `bun init` makes it: with the types of Bun.
    const manifest = {
      name: "project",
      version: "1.0.0",
      type: "module",
      dependencies: { tensorpool: `file:../${filename}` },
      devDependencies: { "bun-types": Bun.version },
    };
    writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
    const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
    const installed = await outcomeOf(["npm", "install", ...flags], project);
    if (installed.exitCode !== 0) throw new Error(`npm install failed:\n${installed.stderr}${installed.stdout}`);
    return new InstalledPackage(
      project,
      files.map(({ path }) => path),
    );
  }

  private constructor(path: string, files: readonly string[]) {
    this.path = path;
    this.files = files;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text);
  }

  /** Runs a command in the project, with our Bun on the PATH before `env.PATH`, or without any. */
  async run(
    command: readonly string[],
    { env = {}, bun = true }: { env?: Record<string, string>; bun?: boolean } = {},
  ): Promise<Outcome> {
    const folders = [...(bun ? [join(ROOT, "node_modules", ".bin")] : []), NODE, "/usr/bin", "/bin"];
    const path = env.PATH === undefined ? folders : [...folders, env.PATH];
    // npm asks for a home where the user has no account; in a new one it would look for a newer npm.
    const npm = { HOME: this.path, NPM_CONFIG_UPDATE_NOTIFIER: "false" };
    return outcomeOf(command, this.path, { ...npm, ...env, PATH: path.join(delimiter) });
  }

  /** Checks the types of the project's files. */
  async check(compilerOptions: Record<string, unknown>): Promise<Outcome> {
    const strictest = {
      strict: true,
      skipLibCheck: false,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
    };
    const common = {
      target: "ESNext",
      lib: ["ESNext"],
      types: ["bun-types"],
      noEmit: true,
      verbatimModuleSyntax: true,
    };
    this.write("tsconfig.json", JSON.stringify({ compilerOptions: { ...common, ...strictest, ...compilerOptions } }));
    return outcomeOf([TSC, "-p", "."], this.path);
  }

  [Symbol.dispose](): void {
    rmSync(dirname(this.path), { recursive: true, force: true });
  }
}

async function outcomeOf(command: readonly string[], cwd: string, env?: Record<string, string>): Promise<Outcome> {
  const child = Bun.spawn([...command], {
    cwd,
    env: env ?? { ...process.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { exitCode: await child.exited, stdout, stderr };
}
