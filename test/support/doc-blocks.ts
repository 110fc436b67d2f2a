import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, textFiles } from "./source-tree.ts";

/**
 * Commands in the documentation. A comment before each block of `sh` or `console` says how a test runs it:
 *
 *     <!-- run -->                                   as a script, which has to end with 0
 *     <!-- run until: PATTERN -->                    as a script, until it has printed that; then Ctrl-C
 *     <!-- each until: PATTERN -->                   each command by itself, to its end or until it has printed that
 *     <!-- terminals until: PATTERN -->              each command in a terminal of its own, all at once
 *     <!-- run beside a driver on 7 with ffmpeg -->  when that is there; and where that is installed (gst-ELEMENT, python3-MODULE)
 *     <!-- not run: REASON -->                       one of REASONS
 */
export interface DocBlock {
  readonly page: string;
  readonly line: number;
  readonly commands: readonly string[];
  /** The block as it stands, without prompts and output. */
  readonly script: string;
  readonly mark: string | null;
  readonly plan: Plan | null;
}

/** What runs beside a block: a driver; that and the producer of a stream; a producer without a driver, of pictures or of video. */
export type Service = "driver" | "camera" | "standalone camera" | "standalone video";

export type Plan =
  | { readonly how: "not run"; readonly reason: string }
  | {
      readonly how: "run" | "each" | "terminals";
      readonly beside: Service | null;
      readonly streamId: number;
      readonly needs: readonly string[];
      readonly until: RegExp | null;
    };

/** Why a block may be left out. */
export const REASONS: readonly string[] = [
  "it needs a camera",
  "it needs a container engine",
  "it needs the rights of the administrator",
  "it builds, which its own tests do",
  "it is run by a test of its own",
  "it measures, which takes a quiet machine",
  "it is an example of syntax",
];

const DEFAULT_STREAM_ID = 10_000;
const FENCE = /(?:<!-- (?<mark>[^\n]*?) -->\n+)?```(?<language>sh|console)\n(?<text>.*?)\n```/gs;
const MARK =
  /^(?<how>run|each|terminals)(?: beside a (?<service>driver|camera|standalone camera|standalone video)(?: on (?<stream>\d+))?)?(?: with (?<needs>[\w.-]+(?:, [\w.-]+)*))?(?: until: (?<until>.+))?$/;

/** The pages that people read. */
export function pages(): string[] {
  return textFiles()
    .map(({ path }) => path)
    .filter((path) => /^(?:[A-Z]+\.md|docs\/[^/]+\.md|packaging\/.*\.md)$/.test(path));
}

export function docBlocks(page: string): DocBlock[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(FENCE)].map((match) => {
    const { mark, language, text: body = "" } = match.groups ?? {};
    const lines = language === "console" ? prompts(body) : body.split("\n");
    return {
      page,
      line: text.slice(0, match.index + match[0].indexOf("```")).split("\n").length,
      commands: joined(lines),
      script: lines.join("\n"),
      mark: mark ?? null,
      plan: mark === undefined ? null : planOf(mark),
    };
  });
}

function planOf(mark: string): Plan | null {
  const left = /^not run: (.+)$/.exec(mark)?.[1];
  if (left !== undefined) return { how: "not run", reason: left };
  const groups = MARK.exec(mark)?.groups;
  if (groups === undefined) return null;
  return {
    how: groups.how as "run" | "each" | "terminals",
    beside: (groups.service as Service | undefined) ?? null,
    streamId: groups.stream === undefined ? DEFAULT_STREAM_ID : Number(groups.stream),
    needs: groups.needs?.split(", ") ?? [],
    until: groups.until === undefined ? null : new RegExp(groups.until),
  };
}

/** What is typed in a session that is shown with its output. */
function prompts(body: string): string[] {
  return body.split("\n").flatMap((line) => (line.startsWith("$ ") ? [line.slice(2)] : []));
}

/** One command each: lines that end with a backslash, or are indented, continue. */
function joined(lines: readonly string[]): string[] {
  const commands: string[] = [];
  for (const line of lines) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const previous = commands.at(-1);
    if (previous !== undefined && (previous.endsWith("\\") || line.startsWith("  "))) {
      commands[commands.length - 1] = `${previous}\n${line}`;
    } else commands.push(line);
  }
  return commands;
}
