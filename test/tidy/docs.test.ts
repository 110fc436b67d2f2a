import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { COMMANDS } from "../../src/cli/commands.ts";
import { GENERAL } from "../../src/cli/specs/common-options.ts";
import { docBlocks, pages, REASONS } from "../support/doc-blocks.ts";
import { ROOT, textFiles } from "../support/source-tree.ts";

const PAGES = pages();
const blocks = PAGES.flatMap((page) => docBlocks(page));

function textOf(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

/** Anchors as GitHub makes them of headings. */
function anchorsOf(page: string): Set<string> {
  const headings = textOf(page)
    .replace(/```.*?```/gs, "")
    .matchAll(/^#{1,6} (.+)$/gm);
  const seen = new Map<string, number>();
  return new Set(
    [...headings].map(([, heading = ""]) => {
      const plain = heading.replaceAll("`", "").toLowerCase();
      const anchor = plain.replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
      const count = seen.get(anchor) ?? 0;
      seen.set(anchor, count + 1);
      return count === 0 ? anchor : `${anchor}-${count}`;
    }),
  );
}

describe("the documentation", () => {
  test("links lead to files and headings that are there", () => {
    const broken = PAGES.flatMap((page) => {
      const text = textOf(page).replace(/```.*?```/gs, "");
      return [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].flatMap(
        ([link, path, anchor]) => {
          const target = path === "" ? page : join(dirname(page), path ?? "");
          if (!existsSync(join(ROOT, target))) return [`${page}: ${link}`];
          if (anchor === undefined || !target.endsWith(".md")) return [];
          return anchorsOf(target).has(anchor) ? [] : [`${page}: ${link}`];
        },
      );
    });
    expect(broken).toEqual([]);
  });

  test("source files that are named are there", () => {
    const files = textFiles().map(({ path }) => path);
    const missing = PAGES.filter((page) => page !== "CHANGELOG.md").flatMap((page) =>
      [...textOf(page).matchAll(/`([\w-]+(?:\/[\w-]+)*(?:\.test)?\.ts)`/g)]
        .map(([, name = ""]) => name)
        .filter((name) => !files.some((path) => path === name || path.endsWith(`/${name}`)))
        .map((name) => `${page}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  test("documents that the code cites are there", () => {
    const cited = textFiles()
      .filter(({ path }) => /^(src|ffi|schemas|build\.ts)/.test(path))
      .flatMap(({ path, text }) => [...text.matchAll(/[\w./-]*\w\.md\b/g)].map(([name]) => ({ path, name })));
    const missing = cited.filter(({ name }) => !existsSync(join(ROOT, name)) && !existsSync(join(ROOT, "docs", name)));
    expect(cited.length).toBeGreaterThan(10);
    expect(missing.map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
  });

  test("every page of docs/ is reached from the README", () => {
    const readme = textOf("README.md");
    const missing = PAGES.filter((page) => page.startsWith("docs/") && !readme.includes(`](${page})`));
    expect(missing).toEqual([]);
  });

  test("every block of commands says how it is run, or why it is not", () => {
    const unclear = blocks.filter(
      ({ plan }) => plan === null || (plan.how === "not run" && !REASONS.includes(plan.reason)),
    );
    expect(unclear.map(({ page, line, mark }) => `${page}:${line}: ${mark ?? "no mark"}`)).toEqual([]);
    const endless = blocks.filter(({ plan }) => plan?.how === "terminals" && plan.until === null);
    expect(endless.map(({ page, line }) => `${page}:${line}: terminals until when?`)).toEqual([]);
  });

  test("commands and flags that are named in running text are there", () => {
    const names = new Map(COMMANDS.map((command) => [command.name, command]));
    const wrong = PAGES.flatMap((page) =>
      [...textOf(page).matchAll(/`tensorpool ([a-z][a-z-]*)([^`\n]*)`/g)].flatMap(([code, name = "", rest = ""]) => {
        const command = names.get(name);
        // Labels of counters begin with the program's name, too.
        if (rest.includes("<")) return [];
        if (command === undefined) return [`${page}: ${code}: no such command`];
        if (command.readsOwnArguments === true) return [];
        const flags = [...rest.matchAll(/(?<=\s)--([a-z][a-z-]*)/g)].map(([, flag = ""]) => flag);
        const known = new Set([...[...command.options, ...Object.values(GENERAL)].map((option) => option.name)]);
        return flags
          .filter((flag) => !known.has(flag) && !known.has(flag.replace(/^no-/, "")))
          .map((flag) => `${page}: ${code}: no --${flag}`);
      }),
    );
    expect(wrong).toEqual([]);
  });
});
