import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { freeTcpPort } from "../support/free-port.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";
import { CHROMIUM, pageAddress, seqOf, Viewing } from "../support/view-browser.ts";

const CAMERA = 20_000;

let viewing: Viewing;

beforeAll(async () => {
  if (CHROMIUM !== null) viewing = await Viewing.start();
}, PROCESS_TEST_MS);

afterAll(async () => {
  await viewing?.[Symbol.asyncDispose]();
}, PROCESS_TEST_MS);

/** Waits until the page shows another frame. Of a producer that was paused, its number can be lower: it begins a new epoch at 0. */
async function moves(page: Page): Promise<void> {
  const before = await seqOf(page);
  await until(
    async () => (await seqOf(page)) !== before,
    () => `another frame than #${before}`,
  );
}

describe.if(CHROMIUM !== null)("the page in a browser", () => {
  test(
    "says that the server has not answered when it was paused or killed, and shows frames again when it is back",
    async () => {
      await viewing.place.mediaDriver();
      const args = ["--source", "synthetic:", "--rate", "50", "--stream", String(CAMERA), "--name", "camera"];
      const producer = viewing.place.producer(args);
      // A port that the system gives to no other socket while the server is gone.
      const port = String(freeTcpPort());
      const view = viewing.view(viewing.dirs, port);
      const url = await pageAddress(view);
      const { page } = await viewing.open(`${url}#/stream/camera`);
      const notice = page.locator(".notice", { hasText: "has not answered since" });
      await page.locator(".stream-head .health.healthy").waitFor();
      await moves(page);

      view.signal("SIGSTOP");
      await notice.waitFor();
      view.signal("SIGCONT");
      await notice.waitFor({ state: "hidden" });
      await page.locator(".stream-head .health.healthy").waitFor();
      await moves(page);

      await view.destroy();
      await notice.waitFor();
      viewing.view(viewing.dirs, port);
      await notice.waitFor({ state: "hidden" });
      await moves(page);

      producer.signal("SIGSTOP");
      await page.locator(".stream-head .health.dead").waitFor();
      producer.signal("SIGCONT");
      await page.locator(".stream-head .health.healthy").waitFor();
      await moves(page);
      await page.close();
    },
    PROCESS_TEST_MS,
  );

  test(
    "of a supervisor says that a producer is dead",
    async () => {
      const name = "short-lived";
      const producer = viewing.place.producer([
        "--source",
        "synthetic:",
        "--stream",
        String(CAMERA + 1),
        "--name",
        name,
      ]);
      const supervisor = viewing.place.run(["supervisor", "--http", "0", "--liveness", "4s", ...viewing.dirs]);
      await until(
        () => /served on http:\S+/.test(supervisor.stderr),
        () => `the address of the page\n${supervisor.describe()}`,
      );
      const url = /served on (http:\S+)/.exec(supervisor.stderr)?.[1] ?? "";
      const { page } = await viewing.open(`${url}/view#/stream/${name}`);
      await page.locator(".stream-head .health.healthy").waitFor();
      producer.signal("SIGKILL");
      await page.locator(".stream-head .health.dead").waitFor();
      await page.locator(".hud .flag", { hasText: "the producer has gone" }).waitFor();
      expect(await page.locator(".stream-head").textContent()).toContain("the producer was last heard");
      await page.close();
    },
    PROCESS_TEST_MS,
  );
});
