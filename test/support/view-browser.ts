import { join } from "node:path";
import axe, { type AxeResults } from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { Place } from "./place.ts";
import type { RoleProcess } from "./role-process.ts";
import { until } from "./until.ts";

/** Null where no Chromium is installed. */
export const CHROMIUM = Bun.which("chromium") ?? Bun.which("chromium-browser") ?? Bun.which("google-chrome");
const PATIENCE = { timeout: 90_000 };
const SUBJECT = join(import.meta.dir, "../process/view-subject.ts");

export interface OpenPage {
  readonly page: Page;
  /** Everything that the console of the page says and its policy refuses. */
  readonly complaints: string[];
}

/** A browser, and a place with a stream of every dtype, for tests of the page. */
export class Viewing implements AsyncDisposable {
  readonly place = new Place();
  readonly #browser: Browser;
  #subject: Bun.Subprocess | null = null;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(): Promise<Viewing> {
    if (CHROMIUM === null) throw new Error("expected a browser");
    // Where WebGL is computed by the CPU it has to be allowed.
    const args = ["--no-sandbox", "--enable-unsafe-swiftshader"];
    return new Viewing(await chromium.launch({ executablePath: CHROMIUM, args, timeout: PATIENCE.timeout }));
  }

  /** Publishes a small picture of every dtype, each on a stream of its own. */
  publish(): void {
    this.#subject = Bun.spawn([process.execPath, SUBJECT, this.place.aeronDir, this.place.shmDir], {
      stdout: "ignore",
      stderr: "ignore",
    });
  }

  killPublisher(): void {
    this.#subject?.kill("SIGKILL");
  }

  get dirs(): string[] {
    return ["--aeron-dir", this.place.aeronDir, "--shm-dir", this.place.shmDir];
  }

  /** Starts `view`; `address`: where it is to serve. */
  view(args: readonly string[], address = "0"): RoleProcess {
    return this.place.run(["view", ...args, "--http", address]);
  }

  async open(address: string, script?: string): Promise<OpenPage> {
    const page = await this.#browser.newPage({ viewport: { width: 1300, height: 1000 } });
    page.setDefaultTimeout(PATIENCE.timeout);
    const complaints = complaintsOf(page);
    if (script !== undefined) await page.addInitScript(script);
    await page.goto(address);
    return { page, complaints };
  }

  /** What axe finds that is serious at each address, once `shown` is there. */
  async seriousFindings(
    views: readonly (readonly [address: string, shown: string])[],
    colorScheme: "dark" | "light",
  ): Promise<string[]> {
    // The policy of the page would not let the checker in.
    const context = await this.#browser.newContext({ bypassCSP: true, colorScheme });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE.timeout);
    const found: string[] = [];
    for (const [address, shown] of views) {
      await page.goto(address);
      await page.locator(shown).first().waitFor();
      await page.evaluate(axe.source);
      const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      found.push(...serious.map(({ id, nodes }) => `${address} ${colorScheme} ${id}: ${nodes[0]?.html}`));
    }
    await context.close();
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    this.#subject?.kill("SIGKILL");
    await this.#subject?.exited;
    await this.place[Symbol.asyncDispose]();
  }
}

/** The address that `view` prints, without what stands behind `#`. */
export async function pageAddress(view: RoleProcess): Promise<string> {
  await until(
    () => /http:\S+/.test(view.stdout),
    () => `the address of the page\n${view.describe()}`,
  );
  return /http:[^#\s]+/.exec(view.stdout)?.[0] ?? "";
}

/** The number of the frame that a page shows. */
export async function seqOf(page: Page): Promise<number> {
  return Number((await page.locator(".hud span").first().textContent())?.slice(1));
}

function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    // What the test itself reads back makes the software renderer wait, and it says so.
    if (!message.text().includes("GPU stall due to ReadPixels")) complaints.push(message.text());
  });
  page.on("pageerror", ({ message }) => complaints.push(message));
  return complaints;
}
