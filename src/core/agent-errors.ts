import type { Agent } from "./agent.ts";
import { messageOf } from "./errors.ts";
import { getLogger } from "./logger.ts";
import { RateLimit } from "./rate-limit.ts";

/** The agent's method that threw. */
export type AgentPhase = "start" | "work" | "late-cycle" | "close";

export interface AgentErrorReport {
  readonly error: unknown;
  readonly agent: Agent;
  readonly phase: AgentPhase;
  /** True when this error ends the scheduler: the agent was vital. */
  readonly fatal: boolean;
  /** Errors of this agent since the previous report that were counted but not reported. */
  readonly unreported: number;
}

/** Receives the errors of agents. If it throws, the scheduler ends with that exception. */
export type AgentErrorHandler = (report: AgentErrorReport) => void;

const REPORT_PERIOD_NS = 1_000_000_000;
const REPORT_BURST = 5;

/** Counts an agent's failures. An agent that throws in every cycle is reported five times, then once a second. */
export class AgentErrorCount {
  readonly #limit = new RateLimit(REPORT_PERIOD_NS, REPORT_BURST);
  total = 0;

  /** The report to make, or null if this error is only counted. A fatal error is always reported. */
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

/** Logs the report: the scheduler's default without a handler. */
export function logAgentError(report: AgentErrorReport): void {
  getLogger("scheduler").error(describe(report), { error: report.error });
}

/**
 * For a scheduler whose caller awaits `run`: the error that ends it is thrown there and not also logged. Later errors of other vital agents
 * cannot be thrown to a caller and are logged.
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
