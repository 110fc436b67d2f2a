import { describe, expect, test } from "bun:test";
import { COUNTER_PART, counterTables } from "../support/counter-tables.ts";
import { LOG_ADVICE } from "../support/log-advice.ts";
import { logMessages } from "../support/log-messages.ts";
import { LOG_PART, logTable } from "../support/log-table.ts";

describe("the tables of the playbook (npm run generate:docs writes them)", () => {
  test("counters are those of the code", () => {
    expect(COUNTER_PART.read()).toBe(counterTables());
  });

  test("log lines are those of the code", () => {
    expect(LOG_PART.read()).toBe(logTable());
  });

  test("every warning and error has its line in the log-advice.ts of its folder, which goes to the playbook, and no other has", () => {
    const logged = logMessages().map(({ path, text }) => `${path}: ${text}`);
    const explained = Object.entries(LOG_ADVICE).flatMap(([path, texts]) =>
      Object.keys(texts).map((text) => `${path}: ${text}`),
    );
    expect([...new Set(logged)].sort()).toEqual(explained.sort());
  });
});
