import { type Browser, chromium, type Page } from "playwright-core";
import type { RoleProcess } from "./role-process.ts";
import { until } from "./until.ts";

/** Null where no Chromium is installed. */
export const CHROMIUM = Bun.which("chromium") ?? Bun.which("chromium-browser") ?? Bun.which("google-chrome");
export const PATIENCE = { timeout: 90_000 };

export async function launchBrowser(): Promise<Browser | null> {
  if (CHROMIUM === null) return null;
  // Where WebGL is computed by the CPU it has to be allowed.
  const args = ["--no-sandbox", "--enable-unsafe-swiftshader"];
  return await chromium.launch({ executablePath: CHROMIUM, args, timeout: PATIENCE.timeout });
}

/** The address that `view` prints, without what stands behind `#`. */
export async function pageAddress(view: RoleProcess): Promise<string> {
  await until(
    () => /http:\S+/.test(view.stdout),
    () => `the address of the page\n${view.describe()}`,
  );
  return /http:[^#\s]+/.exec(view.stdout)?.[0] ?? "";
}

/** Everything that the console of a page says and its policy refuses. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    // What the test itself reads back makes the software renderer wait, and it says so.
    if (!message.text().includes("GPU stall due to ReadPixels")) complaints.push(message.text());
  });
  page.on("pageerror", ({ message }) => complaints.push(message));
  return complaints;
}
