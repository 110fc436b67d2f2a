import { describe, expect, test } from "bun:test";
import { COMMANDS } from "../../src/cli/commands.ts";
import { configTemplate, GeneralSettings } from "../../src/config/index.ts";
import { configFile, SCHEMA } from "../support/config-schema.ts";
import { configTables, documentedTables } from "../support/config-tables.ts";

describe("what is written about settings", () => {
  test("the tables of docs/CONFIGURATION.md are those of the commands (bun test/support/config-tables.ts writes them)", () => {
    expect(documentedTables()).toBe(configTables());
  });

  test("a new file is valid as it is, and with every setting in it set", () => {
    const text = configTemplate(SCHEMA);
    const set = text.replace(/^#(\w+ = |\[)/gm, "$1");
    expect(set).not.toBe(text);
    for (const each of [text, set]) {
      const general = new GeneralSettings(configFile(each), {});
      expect([...general.streams.values()]).toMatchObject([{ name: "camera-1", streamId: 10_000, profile: "camera" }]);
    }
    const file = configFile(set);
    for (const role of SCHEMA.roles) expect(file.tables.get(role.name)).toHaveLength(1);
    // As it is, it has the roles that run as they are.
    const plain = configFile(text);
    for (const { name, flags } of SCHEMA.roles) {
      const lacking = flags.filter(
        (flag) => flag.isRequired === true && plain.tables.get(name)?.[0]?.values.has(flag.name) !== true,
      );
      expect(plain.tables.get(name) ?? []).toHaveLength(lacking.length === 0 ? 1 : 0);
    }
  });

  test("the defaults in it are the defaults", () => {
    const text = configTemplate(SCHEMA);
    const none = new GeneralSettings(null, {});
    const set = new GeneralSettings(configFile(text.replace(/^#(\w+ = |\[)/gm, "$1")), {});
    for (const key of ["driver.instance_id", "policies.epoch_gc_keep", "shm.permissions_mode"] as const) {
      expect(set.get(key)).toEqual(none.get(key) as never);
      expect(set.origin(key).kind).toBe("file");
    }
  });

  test("every default is what its own type takes, also as TOML", () => {
    for (const { name, options } of COMMANDS) {
      for (const { name: option, type, default: text, isRequired } of options) {
        if (text === undefined) continue;
        expect(`${name} --${option} ${type.format(type.parse(text))}`).toBeString();
        expect(isRequired).toBeUndefined();
      }
    }
  });
});
