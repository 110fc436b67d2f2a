import { join } from "node:path";
import type { LineAdvice, LogAdvice } from "../../src/core/log-advice.ts";
import { ROOT } from "./source-tree.ts";

/** What each `log-advice.ts` of src/ says of the lines of its folder, by the path of the file with the line. */
export const LOG_ADVICE: Readonly<Record<string, Readonly<Record<string, LineAdvice>>>> = await gathered();

async function gathered(): Promise<Record<string, Readonly<Record<string, LineAdvice>>>> {
  const all: Record<string, Readonly<Record<string, LineAdvice>>> = {};
  for (const folder of new Bun.Glob("src/*/log-advice.ts").scanSync(ROOT)) {
    const room = folder.slice(0, -"/log-advice.ts".length);
    if (room === "src/core") continue;
    const { LOG_ADVICE: advice } = (await import(join(ROOT, folder))) as { readonly LOG_ADVICE: LogAdvice };
    for (const [file, lines] of Object.entries(advice)) all[`${room}/${file}`] = lines;
  }
  return all;
}
