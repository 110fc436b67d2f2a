/** "bad": something does not work, or loses frames. "warn": it will not in some situation. */
export type Level = "ok" | "warn" | "bad";

/** One thing that was looked at. */
export interface Finding {
  readonly subject: string;
  readonly level: Level;
  readonly found: string;
  /** What helps; null where nothing has to be done. */
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
