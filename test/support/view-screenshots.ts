// Makes a picture of every view of the page, in three sizes, dark and light:
//   bun test/support/view-screenshots.ts --out DIR [--only NAME,NAME]
// or those of the documentation, to docs/images:
//   bun test/support/view-screenshots.ts --docs
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";
import { Place } from "./place.ts";
import type { RoleProcess } from "./role-process.ts";
import { until } from "./until.ts";

const SIZES = { narrow: [380, 800], usual: [1280, 860], wide: [2560, 1440] } as const;
const THEMES = ["dark", "light"] as const;
const TOKEN = "steer";
const DOCS = join(import.meta.dir, "../../docs/images");
/** Pictures for the documentation: view, and theme. */
const DOCUMENTED: Readonly<Record<string, string>> = { overview: "dark", stream: "dark", recording: "light" };

interface View {
  readonly name: string;
  /** Which server shows it. */
  readonly of: "live" | "empty" | "recording" | "gone";
  readonly path: string;
  /** What is done before the picture is made. */
  prepare?(page: Page): Promise<void>;
}

const shown = async (page: Page): Promise<void> => {
  await page.locator(".hud span").first().waitFor();
  await page.waitForTimeout(600);
};

const VIEWS: readonly View[] = [
  { name: "overview", of: "live", path: "/" },
  { name: "stream", of: "live", path: "/stream/detector", prepare: magma },
  { name: "line", of: "live", path: "/stream/spectrum", prepare: shown },
  { name: "colour", of: "live", path: "/stream/harbour-cam", prepare: shown },
  { name: "volume", of: "live", path: "/stream/tomogram", prepare: viridisSlice },
  { name: "region", of: "live", path: "/stream/detector", prepare: (page) => dragged(page, "region") },
  { name: "profile", of: "live", path: "/stream/detector", prepare: (page) => dragged(page, "profile") },
  { name: "beside", of: "live", path: "/stream/detector/harbour-cam", prepare: shown },
  { name: "steering", of: "live", path: `/stream/detector?token=${TOKEN}`, prepare: steering },
  { name: "recording", of: "recording", path: "/", prepare: recording },
  { name: "losses", of: "recording", path: "/", prepare: losses },
  { name: "empty", of: "empty", path: "/" },
  { name: "gone", of: "gone", path: "/" },
];

async function magma(page: Page): Promise<void> {
  await page.getByLabel("colour map").selectOption("magma");
  await page.getByLabel("scale of the values").selectOption("sqrt");
  await shown(page);
  await page.locator(".overlay").hover({ position: { x: 150, y: 140 } });
}

async function viridisSlice(page: Page): Promise<void> {
  await page.getByLabel("colour map").selectOption("viridis");
  await shown(page);
  await page.locator(".slider input").last().fill("12");
  await page.waitForTimeout(600);
}

async function dragged(page: Page, tool: string): Promise<void> {
  await page.getByLabel("what dragging does").selectOption(tool);
  await shown(page);
  const box = await page.locator(".overlay").boundingBox();
  if (box === null) return;
  await page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.4);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.62, box.y + box.height * 0.7, { steps: 4 });
  await page.mouse.up();
  await page.waitForTimeout(400);
}

async function steering(page: Page): Promise<void> {
  await shown(page);
  await page.locator(".consumers").scrollIntoViewIfNeeded();
  await page.waitForTimeout(1200);
}

async function recording(page: Page): Promise<void> {
  await page.locator(".hud span").first().waitFor();
  // Which stream is shown first depends on which was recorded first.
  const hidden = page.locator('.lane-label[aria-pressed="false"]');
  while ((await hidden.count()) > 0) await hidden.first().click();
  await page.getByRole("button", { name: /spectrum/ }).click();
  await page.getByLabel("go to a time").fill("2.4");
  await page.keyboard.press("Enter");
  await page.waitForTimeout(900);
}

async function losses(page: Page): Promise<void> {
  await recording(page);
  await page.locator(".losses summary").click();
  await page.locator(".losses").scrollIntoViewIfNeeded();
  await page.waitForTimeout(300);
}

async function addressOf(view: RoleProcess): Promise<string> {
  await until(
    () => /http:\S+/.test(view.stdout),
    () => `the address of the page\n${view.describe()}`,
  );
  return /http:[^#\s]+/.exec(view.stdout)?.[0] ?? "";
}

/** Address of a server, and what ends it: the view of a server that has gone is made when it has. */
interface Server {
  readonly url: string;
  end?(): Promise<void>;
}

async function photograph(
  browser: Browser,
  view: View,
  serve: () => Promise<Server>,
  out: string | null,
): Promise<void> {
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    for (const colorScheme of THEMES) {
      if (out === null && (size !== "usual" || DOCUMENTED[view.name] !== colorScheme)) continue;
      const page = await browser.newPage({ viewport: { width, height }, colorScheme });
      const server = await serve();
      await page.goto(`${server.url}#${view.path}`);
      await page.waitForTimeout(1200);
      await view.prepare?.(page);
      if (server.end !== undefined) {
        await server.end();
        await page.waitForTimeout(800);
      }
      // Small: the documentation is downloaded with the sources.
      const path = join(
        out ?? DOCS,
        out === null ? `viewer-${view.name}.jpg` : `${view.name}-${size}-${colorScheme}.png`,
      );
      const format = out === null ? ({ type: "jpeg", quality: 80 } as const) : ({ type: "png" } as const);
      await page.screenshot({ path, fullPage: size === "narrow", ...format });
      const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      if (Number(overflow) > 0) console.log(`${path}: ${overflow} pixels wider than the window`);
      await page.close();
    }
  }
}

/** Streams with consumers that lose frames, a dead producer, and a recording with gaps. */
async function live(place: Place): Promise<{ url: string; file: string; end: () => void }> {
  const scene = Bun.spawn([process.execPath, join(import.meta.dir, "view-scene.ts"), place.aeronDir, place.shmDir], {
    stdout: "pipe",
    stderr: "inherit",
  });
  process.once("exit", () => scene.kill());
  await scene.stdout.getReader().read();
  const dirs = ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
  const view = place.run(["view", "--http", "0", "--http-token", TOKEN, ...dirs]);
  place.consumer(["--stream", "10000"]);
  place.consumer(["--stream", "10000", "--mode", "latest"]);
  const slow = place.consumer(["--stream", "10001"]);
  const dying = place.producer(["--source", "synthetic:", "--rate", "30", "--stream", "10007", "--name", "old-camera"]);
  const url = await addressOf(view);
  const file = place.at("session.mcap");
  const streams = ["detector", "harbour-cam", "spectrum"];
  const recorder = place.run(["record", ...streams, "--to", file, "--standalone", "--count", "150", ...dirs]);
  await until(
    () => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 40e6,
    () => `the first half of a recording\n${recorder.describe()}`,
  );
  recorder.signal("SIGSTOP");
  await Bun.sleep(1500);
  recorder.signal("SIGCONT");
  await recorder.exit();
  dying.signal("SIGKILL");
  let isStopped = false;
  const stumble = setInterval(() => {
    isStopped = !isStopped;
    slow.signal(isStopped ? "SIGSTOP" : "SIGCONT");
  }, 700);
  const end = (): void => {
    clearInterval(stumble);
    slow.signal("SIGCONT");
    scene.kill();
  };
  return { url: url, file, end };
}

const { values } = parseArgs({
  options: { out: { type: "string" }, only: { type: "string" }, docs: { type: "boolean", default: false } },
});
const { only, docs } = values;
const out = docs ? null : values.out;
const executablePath = Bun.which("chromium") ?? Bun.which("chromium-browser") ?? Bun.which("google-chrome");
if (out === undefined || executablePath === null) {
  console.error(
    "usage: bun test/support/view-screenshots.ts --out DIR [--only NAME,NAME] | --docs; Chromium has to be installed",
  );
  process.exit(2);
}
mkdirSync(out ?? DOCS, { recursive: true });
{
  await using place = new Place();
  await using nothing = new Place();
  const { url, file, end } = await live(place);
  const recorded = await addressOf(place.run(["view", file, "--http", "0"]));
  await nothing.mediaDriver();
  const empty = await addressOf(nothing.run(["view", "--http", "0", "--aeron-dir", nothing.aeronDir]));
  const args = ["--no-sandbox", "--enable-unsafe-swiftshader", "--hide-scrollbars"];
  const browser = await chromium.launch({ executablePath, args });
  try {
    // The last minute of the charts.
    if (only === undefined) await Bun.sleep(20_000);
    for (const view of VIEWS) {
      if (only !== undefined && !only.split(",").includes(view.name)) continue;
      if (out === null && DOCUMENTED[view.name] === undefined) continue;
      const served = { live: url, recording: recorded, empty, gone: null }[view.of];
      const serve = async (): Promise<Server> => {
        if (served !== null) return { url: served };
        const role = place.run(["view", "--http", "0", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir]);
        return { url: await addressOf(role), end: () => role.destroy() };
      };
      await photograph(browser, view, serve, out);
      console.log(view.name);
    }
  } finally {
    await browser.close();
    end();
  }
}
