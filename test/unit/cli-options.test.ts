import { expect, test } from "bun:test";
import { COMMANDS } from "../../src/cli/commands.ts";

test("every command that takes --aeron-dir takes --shm-dir, so that both can be given to all", () => {
  const lacking = COMMANDS.filter(({ options }) => {
    const names = options.map(({ name }) => name);
    return names.includes("aeron-dir") && !names.includes("shm-dir");
  });
  expect(lacking.map(({ name }) => name)).toEqual([]);
});
