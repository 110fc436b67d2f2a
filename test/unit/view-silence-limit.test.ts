import { describe, expect, test } from "bun:test";
import { SilenceLimit } from "../../src/view/page/silence-limit.ts";

describe("the silence after which the page says that the server has not answered", () => {
  test("is 3 s where the server is heard every second", () => {
    const limit = new SilenceLimit();
    for (let i = 0; i < 100; i++) limit.onHeard(i % 2 === 0 ? 1200 : 20, i % 3 === 0);
    expect(limit.allowedMs).toBe(3000);
  });

  test("stays 3 s when a server that was paused sends a state", () => {
    const limit = new SilenceLimit();
    limit.onHeard(20_000, false);
    expect(limit.allowedMs).toBe(3000);
  });

  test("is longer while large pictures take long, also with states between them, and at most a minute", () => {
    const limit = new SilenceLimit();
    limit.onHeard(8000, true);
    for (let picture = 0; picture < 5; picture++) {
      // States that waited behind the picture come together.
      for (let state = 0; state < 8; state++) limit.onHeard(1, false);
      expect(limit.allowedMs).toBeGreaterThan(8000);
      limit.onHeard(8000, true);
    }
    limit.onHeard(40_000, true);
    expect(limit.allowedMs).toBe(60_000);
  });

  test("is 3 s again when pictures come quickly, and on a new connection", () => {
    const limit = new SilenceLimit();
    limit.onHeard(10_000, true);
    for (let i = 0; i < 60; i++) limit.onHeard(1000, true);
    expect(limit.allowedMs).toBe(3000);
    limit.onHeard(10_000, true);
    limit.reset();
    expect(limit.allowedMs).toBe(3000);
  });
});
