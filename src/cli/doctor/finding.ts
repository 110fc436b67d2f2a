/** "bad": something does not work, or loses frames. "warn": it will fail in some situations. */
export type Level = "ok" | "warn" | "bad";

/** The result of one check. */
export interface Finding {
  readonly subject: string;
  readonly level: Level;
  readonly found: string;
  /** The remedy; null if no action is needed. */
  readonly remedy: string | null;
}

export function ok(subject: string, found: string, hint: string | null = null): Finding {
  return { subject, level: "ok", found, remedy: hint };
}

export function warn(subject: string, found: string, remedy: string): Finding {
  return { subject, level: "warn", found, remedy };
}

export function bad(subject: string, found: string, remedy: string): Finding {
  return { subject, level: "bad", found, remedy };
}
