import type { Agent } from "./agent.ts";
import { messageOf } from "./errors.ts";
import { getLogger } from "./logger.ts";
import { RateLimit } from "./rate-limit.ts";

/** Which of an agent's methods threw. */
export type AgentPhase = "start" | "work" | "late-cycle" | "close";

export interface AgentErrorReport {
  readonly error: unknown;
  readonly agent: Agent;
  readonly phase: AgentPhase;
  /** True when this error ends the scheduler: the agent was vital. */
  readonly fatal: boolean;
  /** Errors of this agent since the previous report that were counted, but not reported. */
  readonly unreported: number;
}

/** Told about the errors of agents. An exception of its own ends the scheduler with that exception. */
export type AgentErrorHandler = (report: AgentErrorReport) => void;

const REPORT_PERIOD_NS = 1_000_000_000;
const REPORT_BURST = 5;

/** How often one agent failed. An agent that throws in every cycle is reported five times, then once a second. */
export class AgentErrorCount {
  readonly #limit = new RateLimit(REPORT_PERIOD_NS, REPORT_BURST);
  total = 0;

  /** The report to make, or null when this error is to be counted only. A fatal error is always reported. */
  record(
    error: unknown,
    agent: Agent,
    phase: AgentPhase,
    options: { fatal: boolean; nowNs: number },
  ): AgentErrorReport | null {
    this.total += 1;
    const { fatal, nowNs } = options;
    if (!fatal && !this.#limit.tryPass(nowNs)) return null;
    return { error, agent, phase, fatal, unreported: this.#limit.takeHeldBack() };
  }
}

const PHASE_WORDS: Readonly<Record<AgentPhase, string>> = {
  start: "could not start",
  work: "failed",
  "late-cycle": "failed after a pause",
  close: "did not close properly",
};

/** Writes the report to the log: what the scheduler does unless it is given a handler. */
export function logAgentError(report: AgentErrorReport): void {
  getLogger("scheduler").error(describe(report), { error: report.error });
}

/**
 * For a scheduler whose end is reported by the caller that awaits `run`: the error that ends it is not reported twice. Those of other vital
 * agents that follow it have no caller to be thrown to, and are logged.
 */
export function logAgentErrorsButTheEnd(): AgentErrorHandler {
  let hasEnded = false;
  return (report) => {
    if (!report.fatal || hasEnded) return logAgentError(report);
    hasEnded = true;
    getLogger("scheduler").debug(describe(report), { error: report.error });
  };
}

function describe({ agent, phase, error, unreported }: AgentErrorReport): string {
  const more = unreported === 0 ? "" : ` (and ${unreported} times since the last report)`;
  return `${agent.roleName} ${PHASE_WORDS[phase]}: ${messageOf(error)}${more}`;
}
