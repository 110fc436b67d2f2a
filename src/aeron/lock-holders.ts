import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * The process that holds a lock on this byte of a file, as far as this user and this container can see it; null otherwise. Locks of open
 * file descriptions carry no process id, so every descriptor open on the file is checked. For messages only.
 */
export function holderOfByte(path: string, at: number): number | null {
  for (const pid of namesIn("/proc").filter((name) => /^\d+$/.test(name))) {
    for (const fd of namesIn(`/proc/${pid}/fd`)) {
      if (targetOf(`/proc/${pid}/fd/${fd}`) === path && holdsByte(`/proc/${pid}/fdinfo/${fd}`, at)) return Number(pid);
    }
  }
  return null;
}

/** `lock: 1: OFDLCK ADVISORY  WRITE -1 00:1c:42 10000 10000` */
function holdsByte(fdinfo: string, at: number): boolean {
  for (const [, from, to] of textOf(fdinfo).matchAll(/^lock:.* WRITE .* (\d+) (\d+|EOF)$/gm)) {
    if (Number(from) <= at && (to === "EOF" || at <= Number(to))) return true;
  }
  return false;
}

function namesIn(folder: string): string[] {
  return orElse([], () => readdirSync(folder));
}

function targetOf(link: string): string {
  return orElse("", () => readlinkSync(link));
}

function textOf(file: string): string {
  return orElse("", () => readFileSync(file, "utf8"));
}

/** Processes that exit meanwhile, and those of other users, are not visible. */
function orElse<T>(otherwise: T, look: () => T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
