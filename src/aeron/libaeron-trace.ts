/** A cause in a libaeron trace, and the details its functions added, from the innermost to the call that failed. */
interface Cause {
  readonly text: string;
  readonly details: readonly string[];
}

/** A parsed libaeron message. */
interface Trace {
  /** The call that failed, without its code. */
  readonly call: string;
  /** The last one has the most information. */
  readonly causes: readonly Cause[];
}

/**
 * Parses a libaeron message: `call failed (code): ` and lines "(errno) cause", each followed by lines "[function, file:line] detail". Null
 * for any other message. Without `ffi/`: the command line starts without it.
 */
function traceOf(message: string): Trace | null {
  const [, call = "", explanation = ""] = /^(.*?) failed \(-?\d+\): ([\s\S]*)$/.exec(message) ?? [];
  const causes: { text: string; details: string[] }[] = [];
  for (const line of explanation.split("\n")) {
    const text = /^\(-?\d+\) (.+)/.exec(line)?.[1];
    const detail = /^\[[^\]]*\] (.+)/.exec(line)?.[1] ?? line;
    if (text !== undefined) causes.push({ text, details: [] });
    else if (causes.length === 0) causes.push({ text: detail.trim(), details: [] });
    else if (detail.trim() !== "") causes.at(-1)?.details.push(detail.trim());
  }
  return call === "" ? null : { call, causes };
}

/** Causes that come from a user's channel, with the next step. */
const NEXT_STEPS: readonly (readonly [cause: RegExp, step: string])[] = [
  [/unknown host/i, "no address is known for this host; check its name"],
  [/cannot assign requested address/i, "this machine has no such address; name one of its own, or 0.0.0.0 for all"],
  [/address already in use/i, "another program uses this port; choose another one"],
];

/** The readable form of a libaeron error: the call, its last cause with that cause's first detail, and the next step. */
export function withoutTrace(message: string): string {
  const trace = traceOf(message);
  if (trace === null || trace.causes.length < 2) return message;
  const { text, details } = trace.causes.at(-1) as Cause;
  const detail = details[0]?.replace(/^\(-?\d+\) /, "") ?? text;
  const step = NEXT_STEPS.find(([cause]) => cause.test(`${text} ${detail}`))?.[1];
  return `${trace.call} failed: ${text}${detail === text ? "" : ` (${detail})`}${step === undefined ? "" : `: ${step}`}`;
}

/** The first match of the pattern in the causes and details of a libaeron message; null if there is none. */
export function findInTrace(message: string, pattern: RegExp): string | null {
  const texts = traceOf(message)?.causes.flatMap(({ text, details }) => [text, ...details]) ?? [message];
  for (const text of texts) {
    const found = pattern.exec(text)?.[0].trim();
    if (found !== undefined) return found;
  }
  return null;
}
