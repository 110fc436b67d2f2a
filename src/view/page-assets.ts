/** The page, ready to be served. */
export interface PageAssets {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

let embedded: (() => string) | null = null;
let assets: Promise<PageAssets> | null = null;

/** Registered by the entry of a compiled binary: the page as JSON, bundled when the binary was built. */
export function provideEmbeddedPage(json: () => string): void {
  embedded = json;
}

/** The page: the binary's, or bundled from its sources at the first call. @throws AggregateError if bundling fails */
export function pageAssets(): Promise<PageAssets> {
  assets ??= load();
  return assets;
}

async function load(): Promise<PageAssets> {
  if (embedded !== null) return JSON.parse(embedded()) as PageAssets;
  const { bundlePage } = await import("./bundle-page.ts");
  return await bundlePage();
}
