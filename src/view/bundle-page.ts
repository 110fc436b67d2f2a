import { join } from "node:path";
import type { PageAssets } from "./page-assets.ts";

const FOLDER = join(import.meta.dir, "page");

/** Bundles the page from its sources: one script and one style sheet. @throws AggregateError */
export async function bundlePage(): Promise<PageAssets> {
  const { outputs } = await Bun.build({
    entrypoints: [join(FOLDER, "main.ts")],
    target: "browser",
    format: "esm",
    minify: true,
  });
  const textOf = async (extension: string): Promise<string> =>
    (await outputs.find(({ path }) => path.endsWith(extension))?.text()) ?? "";
  const html = await Bun.file(join(FOLDER, "index.html")).text();
  return { html, script: await textOf(".js"), style: await textOf(".css") };
}
