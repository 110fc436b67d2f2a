import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { writeFrames } from "../support/mcap-file.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";
import { CHROMIUM, pageAddress, seqOf, Viewing } from "../support/view-browser.ts";
import { FIRST_STREAM, HEIGHT, WIDTH } from "../support/view-pictures.ts";

const TOKEN = "steer";
/** A stream of a process of its own. */
const CAMERA = 20_000;
/** uint16, and float32. */
const PICTURE = FIRST_STREAM + 2;
const FLOATS = FIRST_STREAM + 8;

let viewing: Viewing;
let url = "";
let recordingUrl = "";

beforeAll(async () => {
  if (CHROMIUM === null) return;
  viewing = await Viewing.start();
  viewing.publish();
  const view = viewing.view([...viewing.dirs, "--http-token", TOKEN]);
  const file = viewing.place.at("session.mcap");
  await writeFrames(file, 100, { dims: [24, 32] });
  const recorded = viewing.view([file]);
  url = await pageAddress(view);
  recordingUrl = await pageAddress(recorded);
}, PROCESS_TEST_MS);

afterAll(async () => {
  await viewing?.[Symbol.asyncDispose]();
}, PROCESS_TEST_MS);

/** The colours in the middle of each pixel of the picture, as they are on the canvas. */
async function coloursOf(page: Page): Promise<string> {
  const script = `(() => {
    const canvas = document.querySelector("canvas.picture");
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const colours = [];
    for (let y = 0; y < ${HEIGHT}; y++) {
      for (let x = 0; x < ${WIDTH}; x++) {
        const at = [canvas.width / 2 + (x + 0.5 - ${WIDTH / 2}) * 64, canvas.height / 2 + (y + 0.5 - ${HEIGHT / 2}) * 64];
        colours.push([...copy.getImageData(Math.floor(at[0]), Math.floor(at[1]), 1, 1).data].join("."));
      }
    }
    return colours.join(" ");
  })()`;
  return (await page.evaluate(script)) as string;
}

/** Waits until all pixels are drawn and stay as they are. */
async function settledColours(page: Page): Promise<string> {
  await page.getByLabel("how the range of values is chosen").selectOption("all");
  await page.getByLabel("colour map").selectOption("viridis");
  let before = "";
  await until(
    async () => {
      const now = await coloursOf(page);
      const isSettled = now === before && new Set(now.split(" ")).size > 1;
      before = now;
      return isSettled;
    },
    () => `colours that stay, found ${before}`,
  );
  return before;
}

describe.if(CHROMIUM !== null)("the page in a browser", () => {
  test(
    "without WebGL the same pixels are drawn, and with it again after a lost context",
    async () => {
      for (const stream of [PICTURE, FLOATS]) {
        const { page, complaints } = await viewing.open(`${url}#/stream/${stream}`);
        await page.locator(".hud span").first().waitFor();
        const withWebGl = await settledColours(page);
        const lose = `(() => {
          const gl = document.querySelector("canvas.picture").getContext("webgl2");
          const extension = gl.getExtension("WEBGL_lose_context");
          extension.loseContext();
          return new Promise((resolve) => setTimeout(() => { extension.restoreContext(); resolve(gl.isContextLost()); }, 50));
        })()`;
        await page.evaluate(lose);
        expect(await settledColours(page)).toBe(withWebGl);
        expect(complaints.filter((text) => !/context lost|CONTEXT_LOST/i.test(text))).toEqual([]);
        await page.close();
        const none = `{
          const before = HTMLCanvasElement.prototype.getContext;
          HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
            return kind === "webgl2" ? null : before.call(this, kind, ...rest);
          };
        }`;
        const soft = await viewing.open(`${url}#/stream/${stream}`, none);
        await soft.page.locator(".hud .flag", { hasText: "without WebGL" }).waitFor();
        expect(await settledColours(soft.page)).toBe(withWebGl);
        expect(soft.complaints).toEqual([]);
        await soft.page.close();
      }
    },
    PROCESS_TEST_MS,
  );

  test(
    "a producer that is started again is shown again, and a paused consumer's losses stand with their cause",
    async () => {
      const args = ["--source", "synthetic:", "--stream", String(CAMERA), "--name", "camera", "--slots", "8"];
      const first = viewing.place.producer([...args, "--rate", "100"]);
      const consumer = viewing.place.consumer(["--stream", String(CAMERA)]);
      const { page, complaints } = await viewing.open(`${url}#/stream/camera`);
      await page.locator(".consumers .health.healthy").waitFor();
      await until(
        async () => (await seqOf(page)) > 50,
        () => "frames of the producer",
      );
      await consumer.stop();
      const paused = await seqOf(page);
      await until(
        async () => (await seqOf(page)) > paused + 40,
        () => "frames while the consumer is paused",
      );
      consumer.signal("SIGCONT");
      await page.locator(".consumers td", { hasText: /(gap|late|resync|overrun)\w* [\d,]+/ }).waitFor();
      first.signal("SIGKILL");
      await page.locator(".stream-head .health.dead").waitFor();
      const epoch = await page.locator(".facts").textContent();
      // Slow enough that the page has the time to show one of its first frames.
      viewing.place.producer([...args, "--rate", "2"]);
      await page.locator(".stream-head .health:not(.dead)").waitFor();
      await until(
        async () => (await page.locator(".facts").textContent()) !== epoch && (await seqOf(page)) < paused,
        () => "frames of the second producer, from the first on",
      );
      expect(complaints).toEqual([]);
      await page.close();
    },
    PROCESS_TEST_MS,
  );

  test(
    "a consumer is steered with the token, and not without it",
    async () => {
      viewing.place.consumer(["--stream", String(PICTURE)]);
      const stranger = await viewing.open(`${url}#/stream/${PICTURE}`);
      await stranger.page.locator(".consumers td", { hasText: "needs the token" }).waitFor();
      await stranger.page.close();
      const { page, complaints } = await viewing.open(`${url}#/stream/${PICTURE}?token=${TOKEN}`);
      // A control that is in use is not replaced by a newer state.
      await page.getByLabel(/mode of consumer/).focus();
      await page.getByLabel(/mode of consumer/).selectOption("decimated");
      await page.getByLabel("every how many frames").fill("3");
      await page.getByRole("button", { name: "Set" }).click();
      await page.locator(".consumers [role=status]", { hasText: "was told to read in mode decimated" }).waitFor();
      // The row is shown again once no control of it is in use.
      await page.locator(".overlay").focus();
      await page.locator(".consumers td", { hasText: "1 frame in 3" }).waitFor();
      expect(page.url()).not.toContain(TOKEN);
      expect(complaints).toEqual([]);
      await page.close();
    },
    PROCESS_TEST_MS,
  );

  test(
    "a recording is played, stepped and searched through by keys, with the values that were recorded",
    async () => {
      const { page, complaints } = await viewing.open(recordingUrl);
      await page.locator(".hud span").first().waitFor();
      const becomes = (seq: number, why: string): Promise<void> =>
        until(
          async () => (await seqOf(page)) === seq,
          () => `frame #${seq} ${why}`,
        );
      await becomes(0, "at the beginning");
      await page.locator(".overlay").focus();
      await page.keyboard.press("End");
      await becomes(99, "at the end");
      await page.keyboard.press(",");
      await becomes(98, "a step back");
      await page.getByLabel("go to a frame").fill("#41");
      await page.keyboard.press("Enter");
      await becomes(41, "by its number");
      await page.getByLabel("go to a time").fill("0.020");
      await page.keyboard.press("Enter");
      await becomes(20, "by its time");
      await page.locator(".overlay").focus();
      for (let i = 0; i < 40; i++) await page.keyboard.press("ArrowLeft");
      for (let i = 0; i < 40; i++) await page.keyboard.press("ArrowUp");
      // Bytes 4 and 5 of `framePattern`, of frame 20.
      const value = ((0 * 7 + 20 * 13) % 256) + 256 * ((1 * 7 + 20 * 13) % 256);
      await page.locator(".readout", { hasText: `[0, 0] = ${value}  uint16` }).waitFor();
      await page.getByLabel("speed").selectOption("0.1");
      await page.locator(".overlay").focus();
      await page.keyboard.press("Home");
      await page.keyboard.press(" ");
      await becomes(99, "at the end of playing");
      await page.getByRole("button", { name: "Play" }).waitFor();
      expect(await page.getByRole("slider", { name: "time" }).getAttribute("aria-valuetext")).toContain(" of 0:00.099");
      expect(complaints).toEqual([]);
      await page.close();
    },
    PROCESS_TEST_MS,
  );

  test(
    "the values in the picture are those of the chosen index, also of a frame that stays",
    async () => {
      const file = viewing.place.at("stack.mcap");
      await writeFrames(file, 1, { dims: [5, 6, 7] });
      const { page } = await viewing.open(await pageAddress(viewing.view([file])));
      const overlay = (): Promise<unknown> => page.evaluate(`document.querySelector("canvas.overlay").toDataURL()`);
      const index = page.locator(".plane-controls input[type=range]");
      await page.locator(".hud span").first().waitFor();
      await index.waitFor();
      let first: unknown;
      await until(
        async () => {
          const before = first;
          first = await overlay();
          return first === before;
        },
        () => "values that stay in the picture",
      );
      await index.fill("1");
      await until(
        async () => (await overlay()) !== first,
        () => "other values at index 1",
      );
      await index.fill("0");
      await until(
        async () => (await overlay()) === first,
        () => "the first values at index 0 again",
      );
      await page.close();
    },
    PROCESS_TEST_MS,
  );

  test(
    "the page is used by keys alone: a stream is chosen, its picture frozen, its values read, its range set",
    async () => {
      const { page } = await viewing.open(`${url}#/`);
      const link = page.getByRole("link", { name: "uint16", exact: true });
      await link.waitFor();
      let focused = "";
      await page.getByLabel("filter").focus();
      await page.keyboard.type("uint16");
      await until(
        async () => {
          await page.keyboard.press("Tab");
          focused = String(await page.evaluate("document.activeElement.textContent"));
          return focused === "uint16";
        },
        () => `the link of the stream, by Tab, found ${focused.slice(0, 80)}`,
      );
      await page.keyboard.press("Enter");
      await page.locator(".hud span").first().waitFor();
      await page.locator(".overlay").focus();
      await page.keyboard.press(" ");
      await page.locator(".hud .flag", { hasText: "frozen" }).waitFor();
      await page.keyboard.press("ArrowRight");
      await page.locator(".readout", { hasText: / uint16/ }).waitFor();
      await page.locator(".histogram").focus();
      await page.keyboard.press("ArrowLeft");
      expect(await page.getByLabel("how the range of values is chosen").inputValue()).toBe("locked");
      await page.close();
    },
    PROCESS_TEST_MS,
  );

  test(
    "axe finds nothing serious on any view, dark and light",
    async () => {
      const views = [
        [`${url}#/`, "a.name"],
        [`${url}#/stream/${PICTURE}?token=${TOKEN}`, ".hud span"],
        [`${url}#/stream/${PICTURE}/${FLOATS}`, ".two .hud span"],
        [recordingUrl, ".hud span"],
      ] as const;
      for (const scheme of ["dark", "light"] as const) expect(await viewing.seriousFindings(views, scheme)).toEqual([]);
    },
    PROCESS_TEST_MS,
  );
});
