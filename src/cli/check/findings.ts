import { formatDuration } from "../../core/units.ts";
import type { ConsumerView, StreamView } from "../../supervision/model/index.ts";
import { bridgeText } from "../driver/bridge-lines.ts";
import type { CheckLimits, Limits } from "./limits.ts";
import { PlugInCode } from "./plug-in.ts";
import type { WatchedBridge } from "./watched-bridges.ts";

/** The observed facts; some may be unknown. */
export interface CheckFacts {
  readonly streams: readonly StreamView[];
  readonly consumers: readonly ConsumerView[];
  /** Sides of bridges; omitted: none. */
  readonly bridges?: readonly WatchedBridge[];
  /** Ids or names of streams that must exist. */
  readonly expected: readonly string[];
  /** How long the check listened; null if it could not receive anything. */
  readonly observedNs: number | null;
  readonly heartbeatNs: number | null;
  /** Why no media driver can be used; null if one is alive. */
  readonly absence: string | null;
  readonly free: { readonly share: number; readonly where: string } | null;
}

/** The result of one check. */
export interface Finding {
  readonly name: "drops" | "silence" | "heartbeat" | "free" | "bridge";
  readonly code: PlugInCode;
  /** The worst value: a share, or seconds; null without a value. */
  readonly value: number | null;
  readonly limits: Limits;
  /** The problem and whom it affects; "" without a problem. */
  readonly text: string;
}

/** Compares the facts with the limits; each finding reports the worst value. */
export function findingsOf(facts: CheckFacts, limits: CheckLimits): Finding[] {
  const { bridges = [] } = facts;
  return [
    dropsOf(facts, limits.drops),
    ...(bridges.length === 0 ? [] : [bridgeOf(bridges, limits.bridge)]),
    silenceOf(facts, limits.silenceNs),
    ...machineOf(facts, limits),
  ];
}

/** The worst code. CRITICAL takes precedence over UNKNOWN. */
export function worstOf(findings: readonly Finding[]): PlugInCode {
  const codes = findings.map(({ code }) => code);
  for (const code of [PlugInCode.CRITICAL, PlugInCode.UNKNOWN, PlugInCode.WARNING])
    if (codes.includes(code)) return code;
  return PlugInCode.OK;
}

function dropsOf({ consumers }: CheckFacts, limits: Limits): Finding {
  const worst = consumers.reduce<ConsumerView | null>(
    (found, one) => ((one.dropRatio ?? -1) > (found?.dropRatio ?? -1) ? one : found),
    null,
  );
  const value = worst?.dropRatio ?? null;
  const code = value === null ? PlugInCode.OK : risen(value, limits);
  const text =
    code === PlugInCode.OK || worst === null
      ? ""
      : `consumer ${worst.consumerId} of stream ${worst.streamId} loses ${percent(value ?? 0)} of its frames`;
  return { name: "drops", code, value, limits, text };
}

/** A disconnected bridge carries nothing, regardless of its losses. */
function bridgeOf(bridges: readonly WatchedBridge[], limits: Limits): Finding {
  const away = bridges.find(({ bridge }) => !bridge.isConnected);
  const worst = bridges.reduce((found, one) => ((one.lostShare ?? -1) > (found.lostShare ?? -1) ? one : found));
  const value = worst.lostShare;
  if (away !== undefined) {
    const text = `stream ${away.streamId}: the bridge ${bridgeText(away.bridge)}`;
    return { name: "bridge", code: PlugInCode.CRITICAL, value, limits, text };
  }
  const code = value === null ? PlugInCode.OK : risen(value, limits);
  const loses = `stream ${worst.streamId}: the bridge ${bridgeText(worst.bridge)} loses ${percent(value ?? 0)} of its frames`;
  return { name: "bridge", code, value, limits, text: code === PlugInCode.OK ? "" : loses };
}

function silenceOf({ streams, expected, observedNs }: CheckFacts, limitsNs: Limits): Finding {
  const limits = { warning: limitsNs.warning / 1e9, critical: limitsNs.critical / 1e9 };
  const missing = expected.filter((text) => !streams.some((stream) => isNamed(stream, text)));
  if (missing.length > 0) {
    const heard = observedNs === null ? "nothing could be heard" : `not heard within ${formatDuration(observedNs)}`;
    const text = `${missing.map((name) => `stream ${name}`).join(", ")}: ${heard}`;
    const code = observedNs === null ? PlugInCode.UNKNOWN : PlugInCode.CRITICAL;
    return { name: "silence", code, value: observedNs === null ? null : observedNs / 1e9, limits, text };
  }
  const silent = streams.map((stream) => ({ stream, seconds: silenceSeconds(stream) }));
  const worst = silent.sort((a, b) => b.seconds - a.seconds)[0];
  if (worst === undefined) {
    // If nothing could be received, the heartbeat finding reports the cause.
    if (observedNs === null) return { name: "silence", code: PlugInCode.OK, value: null, limits, text: "" };
    // A media driver that outlives all roles would otherwise make the result OK.
    const text = `no stream was heard within ${formatDuration(observedNs)}`;
    return { name: "silence", code: PlugInCode.UNKNOWN, value: null, limits, text };
  }
  const { stream, seconds } = worst;
  // A stream without a producer cannot be silent, unless it is expected to have one.
  const idle = streams.filter((one) => one.state === "idle" && expected.some((text) => isNamed(one, text)));
  const isSilent = risen(seconds, limits) !== PlugInCode.OK;
  const texts = [
    ...idle.map((one) => `stream ${nameOf(one)} has no producer`),
    ...(isSilent ? [`stream ${nameOf(stream)} gave no sign of life for ${formatDuration(seconds * 1e9)}`] : []),
  ];
  const code = idle.length > 0 ? PlugInCode.CRITICAL : risen(seconds, limits);
  return { name: "silence", code, value: seconds, limits, text: texts.join(", ") };
}

function machineOf({ heartbeatNs, absence, free }: CheckFacts, limits: CheckLimits): Finding[] {
  const heartbeat = { warning: limits.heartbeatNs.warning / 1e9, critical: limits.heartbeatNs.critical / 1e9 };
  const seconds = heartbeatNs === null ? null : heartbeatNs / 1e9;
  const beats = seconds === null ? PlugInCode.UNKNOWN : risen(seconds, heartbeat);
  const age =
    heartbeatNs === null
      ? `${absence ?? "the media driver has just ended"}, so that no stream can be observed`
      : `the media driver's last beat was ${formatDuration(heartbeatNs)} ago`;
  const room = free === null ? PlugInCode.UNKNOWN : fallen(free.share, limits.free);
  const left = free === null ? "its free memory cannot be told" : `${percent(free.share)} free in ${free.where}`;
  return [
    {
      name: "heartbeat",
      code: beats,
      value: seconds,
      limits: heartbeat,
      text: beats === PlugInCode.OK ? "" : age,
    },
    {
      name: "free",
      code: room,
      value: free?.share ?? null,
      limits: limits.free,
      text: room === PlugInCode.OK ? "" : `memory: ${left}`,
    },
  ];
}

/** A stream can only be silent if it had a producer, or may have one. */
function silenceSeconds({ state, lastSignSeconds }: StreamView): number {
  return state === "idle" ? 0 : (lastSignSeconds ?? 0);
}

function isNamed({ streamId, name }: StreamView, text: string): boolean {
  return String(streamId) === text || name === text;
}

function nameOf({ streamId, name }: StreamView): string {
  return name === null || name === "" ? String(streamId) : `${streamId} (${name})`;
}

function risen(value: number, { warning, critical }: Limits): PlugInCode {
  if (value > critical) return PlugInCode.CRITICAL;
  return value > warning ? PlugInCode.WARNING : PlugInCode.OK;
}

function fallen(value: number, { warning, critical }: Limits): PlugInCode {
  if (value < critical) return PlugInCode.CRITICAL;
  return value < warning ? PlugInCode.WARNING : PlugInCode.OK;
}

export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
