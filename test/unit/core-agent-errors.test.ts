import { afterEach, beforeEach, expect, test } from "bun:test";
import { type AgentErrorReport, logAgentErrorsButTheEnd } from "../../src/core/agent-errors.ts";
import { configureLogging } from "../../src/core/logger.ts";
import { StreamWriter } from "../../src/core/stream-writer.ts";

let lines: string[] = [];

beforeEach(() => {
  lines = [];
  configureLogging({ level: "info", filter: "", sink: { write: (text: string) => lines.push(text) } });
});
afterEach(() => configureLogging({ level: "info", filter: "", sink: new StreamWriter(2) }));

function report(roleName: string, overrides: Partial<AgentErrorReport> = {}): AgentErrorReport {
  const agent = { roleName, doWork: () => 0 };
  return { error: new Error("boom"), agent, phase: "work", fatal: true, unreported: 0, ...overrides };
}

/** Level and message of each line. */
function said(): string[] {
  return lines.map((line) => line.trimEnd().replace(/^\S+ /, ""));
}

test("the error that ends a scheduler is reported by the caller that awaits its end; all others are logged", () => {
  const log = logAgentErrorsButTheEnd();
  log(report("reporter", { fatal: false, unreported: 2 }));
  log(report("sink"));
  log(report("consumer", { phase: "close" }));
  expect(said()).toEqual([
    "ERROR scheduler: reporter failed: boom (and 2 times since the last report)",
    "ERROR scheduler: consumer did not close properly: boom",
  ]);
});

test("with --log-level debug it is logged as well, with its agent and its stack", () => {
  configureLogging({ level: "debug" });
  logAgentErrorsButTheEnd()(report("sink"));
  expect(lines.join("")).toMatch(/DEBUG scheduler: sink failed: boom[\s\S]*core-agent-errors.test.ts/);
});
