import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./source-tree.ts";

/** A public declaration as the compiler writes it for users of the package. */
export interface Declaration {
  readonly name: string;
  readonly kind: "class" | "interface" | "type" | "const" | "function";
  /** The text of its doc comment, without the marks; empty where there is none. */
  readonly doc: string;
  /** With the doc comments of its members, without what is private. */
  readonly code: string;
}

const HEAD = /^(?:export )?(?:declare )?(?:abstract )?(?<kind>class|interface|type|const|function) (?<name>\w+)/;

/** Names that src/index.ts exports, in its order, each with the file that it names. */
export function publicNames(): { name: string; from: string }[] {
  const text = readFileSync(join(ROOT, "src", "index.ts"), "utf8");
  return [...text.matchAll(/^export (?:type )?\{([^}]*)\} from "\.\/([^"]+)\.ts";/gm)].flatMap(
    ([, names = "", from = ""]) =>
      names
        .split(",")
        .map((name) => name.trim().replace(/^type /, ""))
        .filter((name) => name !== "")
        .map((name) => ({ name, from })),
  );
}

/**
 * The declarations of all public names, and of `others`: types that public ones are made of.
 * @throws when the compiler fails, or one cannot be found
 */
export function publicDeclarations(others: readonly string[] = []): Map<string, Declaration> {
  const folder = mkdtempSync(join(tmpdir(), "tensorpool-types-"));
  try {
    const compiler = join(ROOT, "node_modules", ".bin", "tsc");
    const run = Bun.spawnSync([compiler, "-p", "packaging/tsconfig.types.json", "--outDir", folder], { cwd: ROOT });
    if (run.exitCode !== 0) throw new Error(`the compiler failed:\n${run.stdout}${run.stderr}`);
    const files = (readdirSync(join(folder, "src"), { recursive: true }) as string[]).filter((file) =>
      file.endsWith(".d.ts"),
    );
    const declared = new Map(
      files.map((file) => [file, declarationsIn(readFileSync(join(folder, "src", file), "utf8"))]),
    );
    const names = [...publicNames(), ...others.map((name) => ({ name, from: "" }))];
    return new Map(names.map(({ name, from }) => [name, find(declared, name, from)]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** In the file itself, else, where that only passes it on, in the same folder. */
function find(declared: ReadonlyMap<string, readonly Declaration[]>, name: string, from: string): Declaration {
  const folder = from.replace(/\/index$/, "");
  for (const isNear of [
    (file: string) => file === `${from}.d.ts`,
    (file: string) => file.startsWith(folder),
    () => true,
  ]) {
    for (const [file, declarations] of declared) {
      const found = isNear(file) ? declarations.find((one) => one.name === name) : undefined;
      if (found !== undefined) return found;
    }
  }
  throw new Error(`src/index.ts exports ${name} of ${from}: expected a declaration, found none`);
}

/** The compiler writes each declaration from the first column on, with its comment before it. */
function declarationsIn(text: string): Declaration[] {
  const declarations: Declaration[] = [];
  const lines = text.split("\n");
  let comment: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line.startsWith("/**")) {
      const end = lines.findIndex((candidate, at) => at >= i && candidate.trimEnd().endsWith("*/"));
      comment = lines.slice(i, end + 1);
      i = end;
      continue;
    }
    const { kind, name } = HEAD.exec(line)?.groups ?? {};
    if (kind !== undefined && name !== undefined) {
      const body = [line];
      while (!isWhole(body)) body.push(lines[++i] as string);
      declarations.push({ name, kind: kind as Declaration["kind"], doc: docOf(comment), code: codeOf(body) });
    }
    comment = [];
  }
  return declarations;
}

/** A declaration ends with ";" or "}" outside of its own braces. */
function isWhole(body: readonly string[]): boolean {
  const code = body.filter((line) => !/^\s*(?:\/\*\*|\*)/.test(line)).join("\n");
  return code.split("{").length === code.split("}").length && /[;}]$/.test(code);
}

function docOf(comment: readonly string[]): string {
  return comment
    .map((line) => line.replace(/^\/\*\* ?| ?\*\/$|^ \* ?/g, ""))
    .join("\n")
    .trim();
}

function codeOf(lines: readonly string[]): string {
  return lines
    .filter((line) => !/^ {4}(?:#private;|private )/.test(line))
    .map((line) => line.replace(/^ +/, (indent) => indent.slice(indent.length / 2)).replace(/^ (?= \*)/, " "))
    .join("\n")
    .replace(/import\("[^"]+"\)\./g, "")
    .replace(/^export (?:declare )?/, "");
}
