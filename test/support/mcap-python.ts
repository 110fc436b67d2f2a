import { existsSync } from "node:fs";
import { join } from "node:path";

/** The official MCAP package, and what decodes protobuf with it. */
const PACKAGES = ["mcap==1.6.0", "mcap-protobuf-support==0.6.0", "protobuf==7.36.2"];
const SCRIPT = join(import.meta.dir, "../fixtures/read_mcap.py");

/** Python with the official MCAP reader, in an environment of its own. */
export class McapPython {
  readonly #python: string;

  private constructor(python: string) {
    this.#python = python;
  }

  /** Makes the environment in a folder that the caller removes. Fetches packages from PyPI. */
  static async install(folder: string): Promise<McapPython> {
    return new McapPython(await installPython(folder, PACKAGES));
  }

  /** What it reads of a file, a row for each message; by its index, or from its beginning until where it ends. */
  async read(path: string, how: "index" | "stream"): Promise<readonly Record<string, unknown>[]> {
    const text = await runCommand([this.#python, SCRIPT, path, ...(how === "stream" ? ["--stream"] : [])]);
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

/** Python with packages of PyPI in a folder that the caller removes; returns the interpreter. */
export async function installPython(folder: string, packages: readonly string[]): Promise<string> {
  const python = join(folder, "bin/python3");
  if (existsSync(python)) return python;
  await runCommand(["python3", "-m", "venv", folder]);
  await runCommand([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]);
  return python;
}

/** What a command prints. @throws when it does not end with 0 */
export async function runCommand(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { stdout: "pipe", stderr: "pipe" });
  const [out, errors, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`${command.join(" ")}: exit code ${code}\n${errors}`);
  return out;
}
