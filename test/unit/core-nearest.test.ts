import { expect, test } from "bun:test";
import { nearest, suggestion } from "../../src/core/nearest.ts";

test("the nearest word is the one with the fewest edits; a swap of neighbours is one", () => {
  expect(nearest("camra", ["other", "camera", "cameras"])).toBe("camera");
  expect(nearest("acmera", ["amrca", "camera"])).toBe("camera");
  expect(nearest("Frames", ["frame", "frames"])).toBe("frames");
  expect(nearest("co", ["consumer", "ls"])).toBe("consumer");
  expect(nearest("", ["a", "consumer"])).toBe("a");
  expect(nearest("zzzzzz", ["consumer", "producer"])).toBeNull();
  expect(suggestion("producr", ["producer"])).toBe('; did you mean "producer"?');
});

test("names that other processes chose do not make a suggestion expensive", () => {
  const long = "n".repeat(900_000);
  expect(nearest("n".repeat(100), [long, `${"n".repeat(63)}x`])).toBe(`${"n".repeat(63)}x`);
  // 900 KB each: with a look at all of it this would take hours.
  expect(nearest("camra", [...Array.from({ length: 5000 }, () => long), "camera"])).toBeNull();
});
