import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");
const NODE = Bun.which("node") ?? "node";

export interface SetupRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A checkout in a folder of its own that holds what set-up needs, with a PATH on which only the given stand-ins are found:
 * set-up can be tried without a network, a compiler or cargo.
 */
export class Checkout implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "tensorpool-setup-"));
  readonly build = join(this.root, "ffi", "native", "build");
  readonly library = join(this.build, "libaeron.so");
  readonly #tools = join(this.root, "tools");

  constructor() {
    mkdirSync(this.#tools);
    writeFileSync(join(this.#tools, "package.json"), '{ "type": "commonjs" }');
    for (const folder of ["setup", join("ffi", "native")]) {
      mkdirSync(join(this.root, folder), { recursive: true });
      for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
        if (entry.isFile()) cpSync(join(ROOT, folder, entry.name), join(this.root, folder, entry.name));
      }
    }
    for (const name of ["package.json", "package-lock.json"]) cpSync(join(ROOT, name), join(this.root, name));
    symlinkSync(join(ROOT, "node_modules"), join(this.root, "node_modules"));
  }

  /** Puts a program on the PATH whose text is JavaScript, run by Node. */
  addTool(name: string, source: string): void {
    const path = join(this.#tools, name);
    writeFileSync(path, `#!${NODE}\n${source}`);
    chmodSync(path, 0o755);
  }

  /** A cargo that "fetches" one C file; `text` is what arrives, `checksumOf` what the package claims. */
  addCargo(text = "int one;", checksumOf = text): void {
    const lock = readFileSync(join(this.root, "ffi", "native", "Cargo.lock"), "utf8");
    const pinned = /name = "libaeron-sys"\nversion = "(.*)"\nsource = ".*"\nchecksum = "(.*)"/.exec(lock);
    const file = "aeron/aeron-client/src/main/c/one.c";
    const manifest = {
      package: pinned?.[2],
      files: { [file]: new Bun.CryptoHasher("sha256").update(checksumOf).digest("hex") },
    };
    this.addTool(
      "cargo",
      `const fs = require("node:fs");
       const folder = "vendor/libaeron-sys-${pinned?.[1]}/";
       fs.mkdirSync(folder + "aeron/aeron-client/src/main/c", { recursive: true });
       fs.writeFileSync(folder + ${JSON.stringify(file)}, ${JSON.stringify(text)});
       fs.writeFileSync(folder + ".cargo-checksum.json", ${JSON.stringify(JSON.stringify(manifest))});`,
    );
  }

  /** A compiler that writes what it was called with where its output belongs; `compile` runs before that. */
  addCompiler(compile = ""): void {
    this.addTool(
      "cc",
      `const fs = require("node:fs");
       const args = process.argv.slice(2);
       if (args[0] === "--version") {
         console.log("stand-in 1.0");
       } else {
         fs.appendFileSync(${JSON.stringify(join(this.root, "calls"))}, args.includes("-c") ? "compile\\n" : "link\\n");
         ${compile}
         fs.writeFileSync(args[args.indexOf("-o") + 1], args.join(" "));
       }`,
    );
  }

  /** What the compiler was called for, in order. */
  get compilerCalls(): string[] {
    return readFileSync(join(this.root, "calls"), "utf8").trim().split("\n");
  }

  /** Names in the build folder. */
  get built(): string[] {
    return readdirSync(this.build).sort();
  }

  spawn(task: string, env: Record<string, string> = {}): Bun.Subprocess<"ignore", "pipe", "pipe"> {
    return Bun.spawn([NODE, join(this.root, "setup", "prepare.mjs"), task], {
      cwd: this.root,
      env: { PATH: this.#tools, ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
  }

  async run(task: string, env: Record<string, string> = {}): Promise<SetupRun> {
    return await Checkout.outcomeOf(this.spawn(task, env));
  }

  static async outcomeOf(child: Bun.Subprocess<"ignore", "pipe", "pipe">): Promise<SetupRun> {
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    return { exitCode: await child.exited, stdout, stderr };
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
