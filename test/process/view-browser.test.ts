import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { DTYPE_NAMES, type Dtype } from "../../src/protocol/dtype.ts";
import { PROCESS_TEST_MS, TIMEOUT_MS } from "../support/until.ts";
import { CHROMIUM, type OpenPage, pageAddress, seqOf, Viewing } from "../support/view-browser.ts";
import { FIRST_STREAM, HEIGHT, HOSTILE_NAME, valueAt, WIDTH } from "../support/view-pictures.ts";

/** CSS pixels for a pixel of so small a picture: as large as it is made to fit. */
const ZOOM = 64;

let viewing: Viewing;
let url = "";

beforeAll(async () => {
  if (CHROMIUM === null) return;
  viewing = await Viewing.start();
  viewing.publish();
  url = await pageAddress(viewing.view(viewing.dirs));
}, PROCESS_TEST_MS);

afterAll(async () => {
  await viewing?.[Symbol.asyncDispose]();
}, PROCESS_TEST_MS);

const opened = (path: string): Promise<OpenPage> => viewing.open(`${url}#${path}`);

/** Where a pixel of the picture is in the pane, in CSS pixels. */
async function placeOf(page: Page, x: number, y: number): Promise<{ x: number; y: number; left: number; top: number }> {
  const box = await page.locator(".pane .overlay").boundingBox();
  if (box === null) throw new Error("expected the pane to be shown");
  const [inX, inY] = [box.width / 2 + (x + 0.5 - WIDTH / 2) * ZOOM, box.height / 2 + (y + 0.5 - HEIGHT / 2) * ZOOM];
  return { x: inX, y: inY, left: box.x, top: box.y };
}

async function pixelAt(page: Page, x: number, y: number): Promise<number[]> {
  const at = await placeOf(page, x, y);
  const script = `(() => {
    const gl = document.querySelector("canvas.picture").getContext("webgl2");
    const pixel = new Uint8Array(4);
    const y = gl.drawingBufferHeight - 1 - ${Math.floor(at.y)};
    gl.readPixels(${Math.floor(at.x)}, y, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    return [...pixel];
  })()`;
  return (await page.evaluate(script)) as number[];
}

/** Looks again and again until what is found equals what is expected. */
async function becomes(find: () => Promise<unknown>, expected: unknown): Promise<void> {
  const endMs = performance.now() + TIMEOUT_MS;
  for (let found = await find(); !Bun.deepEquals(found, expected); found = await find()) {
    if (performance.now() > endMs) expect(found).toEqual(expected);
    await Bun.sleep(20);
  }
}

/** What the page should draw: the whole range of values from black to white. */
function grayOf(dtype: Dtype, x: number, y: number): number {
  const all = Array.from({ length: WIDTH * HEIGHT }, (_, i) => valueAt(dtype, i % WIDTH, Math.floor(i / WIDTH)));
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return Math.floor(((valueAt(dtype, x, y) - low) / (high - low)) * 255 + 0.5);
}

test("Chromium is there to look at the page with (apt-get install chromium); continuous integration must have it", () => {
  if (CHROMIUM === null) console.error("Chromium is not installed: the page is NOT looked at in a browser in this run");
  expect(CHROMIUM !== null || process.env.CI !== "true").toBe(true);
});

describe.if(CHROMIUM !== null)("the page in a browser", () => {
  test.each(DTYPE_NAMES)(
    "of %s the pixels are what was published, and the value under the pointer is that value",
    async (dtype) => {
      const { page, complaints } = await opened(`/stream/${FIRST_STREAM + DTYPE_NAMES.indexOf(dtype)}`);
      await page.locator(".hud span").first().waitFor();
      await page.getByLabel("how the range of values is chosen").selectOption("all");
      for (const [x, y] of [
        [WIDTH - 1, 0],
        [3, 2],
      ] as const) {
        const gray = grayOf(dtype, x, y);
        await becomes(() => pixelAt(page, x, y), [gray, gray, gray, 255]);
        const at = await placeOf(page, x, y);
        await page.mouse.move(at.left + at.x, at.top + at.y);
        const value = valueAt(dtype, x, y);
        const shown = dtype === "float32" ? String(Number(value.toPrecision(7))) : String(value);
        await page.locator(".readout", { hasText: `[${y}, ${x}] = ${shown}  ${dtype}` }).waitFor();
      }
      expect(complaints).toEqual([]);
      await page.close();
    },
    PROCESS_TEST_MS,
  );

  test(
    "a hostile name stays text, on every view; neither console nor policy complains",
    async () => {
      const { page, complaints } = await opened("/");
      await page.locator("a.name", { hasText: HOSTILE_NAME }).waitFor();
      await page.goto(`${url}#/stream/${FIRST_STREAM}`);
      await page.locator("h2", { hasText: HOSTILE_NAME }).waitFor();
      await page.goto(`${url}#/stream/${encodeURIComponent(HOSTILE_NAME)}`);
      await page.locator(".hud span").first().waitFor();
      expect(await page.locator("img").count()).toBe(0);
      expect(await page.title()).toBe("tensorpool");
      expect(complaints).toEqual([]);
      await page.close();
    },
    PROCESS_TEST_MS,
  );

  test(
    "a frozen picture stays, a step shows another one, and the newest returns",
    async () => {
      const { page } = await opened(`/stream/${FIRST_STREAM + 2}`);
      await page.locator(".hud span").first().waitFor();
      await page.getByRole("button", { name: "Freeze" }).click();
      const frozen = await seqOf(page);
      await page.locator(".hud .flag", { hasText: "frozen" }).waitFor();
      await page.getByRole("button", { name: "Step" }).click();
      await becomes(async () => (await seqOf(page)) > frozen, true);
      const stepped = await seqOf(page);
      await page.getByRole("button", { name: "Freeze" }).click();
      await becomes(async () => (await seqOf(page)) > stepped + 1, true);
      await page.close();
    },
    PROCESS_TEST_MS,
  );

  test(
    "a page of another origin gets no WebSocket",
    async () => {
      const { page } = await viewing.open("data:text/html,another site");
      const script = `new Promise((resolve) => {
        const socket = new WebSocket("${url.replace("http", "ws")}/socket");
        socket.onopen = () => resolve("open");
        socket.onerror = () => resolve("refused");
      })`;
      expect(await page.evaluate(script)).toBe("refused");
      await page.close();
    },
    PROCESS_TEST_MS,
  );

  test(
    "a producer that was killed is shown as dead, by a word",
    async () => {
      const { page } = await opened(`/stream/${FIRST_STREAM}`);
      await page.locator(".hud span").first().waitFor();
      await page.locator(".stream-head .health.healthy").waitFor();
      viewing.killPublisher();
      await page.locator(".stream-head .health.dead", { hasText: "dead" }).waitFor();
      await page.locator(".hud .flag", { hasText: "the producer has gone" }).waitFor();
      await page.close();
    },
    PROCESS_TEST_MS,
  );
});
