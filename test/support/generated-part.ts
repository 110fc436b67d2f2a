import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./source-tree.ts";

/** A part of a page that is generated, between two comments. */
export class GeneratedPart {
  readonly #page: string;
  readonly #begin: string;
  readonly #end: string;

  /** @param from the file that generates it, relative to the checkout */
  constructor(page: string, title: string, from: string) {
    this.#page = join(ROOT, page);
    this.#begin = `<!-- Generated: ${title}, by ${from} -->\n\n`;
    this.#end = `\n<!-- End of the generated ${title}. -->`;
  }

  /** The part as it stands. @throws when the page lacks the comments */
  read(): string {
    return this.#split()[1];
  }

  write(text: string): void {
    const [before, , after] = this.#split();
    writeFileSync(this.#page, `${before}${this.#begin}${text}${this.#end}${after}`);
  }

  #split(): [before: string, text: string, after: string] {
    const page = readFileSync(this.#page, "utf8");
    const [before, rest] = page.split(this.#begin);
    const [text, after] = (rest ?? "").split(this.#end);
    if (before === undefined || text === undefined || after === undefined) {
      throw new Error(`${this.#page}: expected ${JSON.stringify(this.#begin)} to ${JSON.stringify(this.#end)}`);
    }
    return [before, text, after];
  }
}

/** A table of Markdown. */
export function markdownTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return line(headers) + line(headers.map(() => "---")) + rows.map((row) => line(row.map(escaped))).join("");
}

function escaped(cell: string): string {
  return cell.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
