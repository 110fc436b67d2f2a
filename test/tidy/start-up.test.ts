import { expect, test } from "bun:test";
import { codeOf, importsOf, textFiles } from "../support/source-tree.ts";

const START = "src/cli/main.ts";

/** The chain of files by which `start` comes to load a file that `isWanted`; null when it never does. */
function chainTo(start: string, isWanted: (path: string) => boolean): string[] | null {
  const files = new Map(codeOf(textFiles()).map((file) => [file.path, file]));
  const reachedFrom = new Map<string, string | null>([[start, null]]);
  // Files are added while it continues.
  for (const path of reachedFrom.keys()) {
    if (isWanted(path)) {
      const chain: string[] = [];
      for (let at: string | null = path; at !== null; at = reachedFrom.get(at) ?? null) chain.unshift(at);
      return chain;
    }
    const file = files.get(path);
    for (const { target, isTypeOnly, isDynamic } of file === undefined ? [] : importsOf(file)) {
      if (target !== null && !isTypeOnly && !isDynamic && !reachedFrom.has(target)) reachedFrom.set(target, path);
    }
  }
  return null;
}

test("the command line starts without native code: a command's own code is loaded when it is run", () => {
  expect(chainTo(START, (path) => path.startsWith("ffi/"))).toBeNull();
});

test("the search for what is loaded finds it", () => {
  const chain = chainTo("src/cli/commands/version.ts", (path) => path === "src/core/errors.ts");
  expect(chain?.[0]).toBe("src/cli/commands/version.ts");
  expect(chain?.at(-1)).toBe("src/core/errors.ts");
});
