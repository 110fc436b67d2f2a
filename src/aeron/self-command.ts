import { fileURLToPath } from "node:url";

/** The command line that runs this program again: the compiled executable itself, or Bun with our entry. */
export function selfCommand(): string[] {
  const isCompiled = Bun.main.startsWith("/$bunfs/");
  return isCompiled
    ? [process.execPath]
    : [process.execPath, fileURLToPath(new URL("../cli/main.ts", import.meta.url))];
}
