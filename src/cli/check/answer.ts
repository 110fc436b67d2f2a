import { Gauge, Registry } from "prom-client";
import { toJson } from "../../core/text.ts";
import { formatCount } from "../../core/units.ts";
import type { CHECK_FORMATS } from "../specs/supervision.ts";
import { type CheckFacts, type Finding, percent, worstOf } from "./findings.ts";
import { type PlugInCode, plugInLine, stateOf } from "./plug-in.ts";

export type CheckFormat = (typeof CHECK_FORMATS)[number];

export interface Answer {
  readonly code: PlugInCode;
  readonly text: string;
}

/** Formats the answer as the caller requested. */
export async function answerOf(facts: CheckFacts, findings: readonly Finding[], format: CheckFormat): Promise<Answer> {
  const code = worstOf(findings);
  switch (format) {
    case "nagios":
      return { code, text: plugInLine(code, sentenceOf(facts, findings), performanceOf(facts, findings)) };
    case "json":
      return { code, text: toJson(jsonOf(code, facts, findings)) };
    case "prometheus":
      return { code, text: (await metricsOf(code, facts, findings)).trimEnd() };
  }
}

function sentenceOf({ streams, consumers, free }: CheckFacts, findings: readonly Finding[]): string {
  // Worst findings first.
  const wrong = [...findings].sort((a, b) => rank(b) - rank(a)).flatMap(({ text }) => (text === "" ? [] : [text]));
  if (wrong.length > 0) return wrong.join("; ");
  const parts = [counted(streams.length, "stream"), counted(consumers.length, "consumer")];
  if (free !== null) parts.push(`${percent(free.share)} of the memory free`);
  return parts.join(", ");
}

function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;
}

/** Critical above unknown above warning. */
function rank({ code }: Finding): number {
  return [0, 1, 3, 2][code] ?? 0;
}

/** `name=value[unit];warning;critical`; shares are in percent. A limit on a value that must not fall ends with a colon. */
function performanceOf({ streams, consumers }: CheckFacts, findings: readonly Finding[]): string[] {
  const data = findings.flatMap(({ name, value, limits }) => {
    if (value === null) return [];
    const isShare = name === "drops" || name === "bridge" || name === "free";
    const shown = (number: number): string => String(Number((isShare ? number * 100 : number).toFixed(6)));
    const end = name === "free" ? ":" : "";
    return [
      `${name}=${shown(value)}${isShare ? "%" : "s"};${shown(limits.warning)}${end};${shown(limits.critical)}${end}`,
    ];
  });
  return [...data, `streams=${streams.length}`, `consumers=${consumers.length}`];
}

function jsonOf(code: PlugInCode, facts: CheckFacts, findings: readonly Finding[]): unknown {
  return {
    state: stateOf(code),
    code,
    text: sentenceOf(facts, findings),
    streams: facts.streams.length,
    consumers: facts.consumers.length,
    findings: findings.map(({ code: each, ...finding }) => ({ state: stateOf(each), ...finding })),
  };
}

/** The result as metrics, e.g. for node_exporter's text file collector. */
async function metricsOf(code: PlugInCode, facts: CheckFacts, findings: readonly Finding[]): Promise<string> {
  const registers = [new Registry()];
  const gauge = (name: string, help: string, value: number | null): void => {
    if (value !== null) new Gauge({ name, help, registers }).set(value);
  };
  const worst = (name: Finding["name"]): number | null => findings.find((one) => one.name === name)?.value ?? null;
  gauge("tensorpool_check_state", "0: OK, 1: warning, 2: critical, 3: unknown.", code);
  gauge("tensorpool_check_drop_ratio", "Largest share of lost frames of a consumer, 0 to 1.", worst("drops"));
  gauge("tensorpool_check_bridge_lost_ratio", "Largest share of lost frames of a bridge, 0 to 1.", worst("bridge"));
  gauge("tensorpool_check_silence_seconds", "Longest time without a sign of life of a producer.", worst("silence"));
  gauge("tensorpool_check_heartbeat_age_seconds", "Age of the media driver's last heartbeat.", worst("heartbeat"));
  gauge("tensorpool_check_free_ratio", "Share of free memory where the regions are, 0 to 1.", worst("free"));
  gauge("tensorpool_check_streams", "Streams that were heard.", facts.streams.length);
  gauge("tensorpool_check_consumers", "Consumers that were heard.", facts.consumers.length);
  return (registers[0] as Registry).metrics();
}
