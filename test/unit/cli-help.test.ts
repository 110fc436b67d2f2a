import { describe, expect, test } from "bun:test";
import { COMMANDS } from "../../src/cli/commands.ts";
import { withVerbs } from "../../src/cli/config/schema.ts";
import { helpText } from "../../src/cli/help.ts";

/** As wide as help becomes; a change of a text is looked at, and then kept with `bun test -u test/unit/cli-help.test.ts`. */
const COLUMNS = 110;

describe("--help", () => {
  test("of the executable is as it was", async () => {
    expect(await helpText(COMMANDS, null, COLUMNS)).toMatchSnapshot();
  });

  for (const command of withVerbs(COMMANDS)) {
    test(`of ${command.name} is as it was`, async () => {
      expect(await helpText(COMMANDS, command, COLUMNS)).toMatchSnapshot();
    });
  }
});
