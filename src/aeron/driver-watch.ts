import { readFileSync } from "node:fs";
import { AeronError } from "../../ffi/errors.ts";
import { type CncFile, heartbeatAgeMs, readCncFile } from "./aeron-dir.ts";
import { DriverLock } from "./driver-lock.ts";

/** Drivers beat at least once a second: a heartbeat as young as this is proof of life where no lock says otherwise. */
const YOUNG_HEARTBEAT_MS = 3_000;
/** Aeron's own limit: an older heartbeat is a dead driver, whatever its pid says. */
const DEAD_HEARTBEAT_MS = 10_000;

/** A living media driver, and which CnC file is its. */
export interface LivingDriver {
  /** Device and inode of its CnC file. */
  readonly identity: string;
  /** "lock": one of ours, its life decided by its lock. "heartbeat": a foreign one. */
  readonly evidence: "lock" | "heartbeat";
  /** In the driver's pid namespace. */
  readonly pid: number;
}

/** The media driver that serves `aeronDir` now, or null. */
export function findLivingDriver(aeronDir: string): LivingDriver | null {
  const cnc = readCncFile(aeronDir);
  if (cnc === null) return null;
  const { state, phase, identity } = DriverLock.look(aeronDir);
  if (identity === cnc.identity) {
    // Its holder has died, or another one begins over what it left.
    if (state !== "held" || phase !== "serves") return null;
    return { identity, evidence: "lock", pid: cnc.pid };
  }
  // One of ours that is about to say which file is its own.
  if (state === "held" && phase === "starting") return null;
  return foreignDriver(aeronDir, cnc);
}

/**
 * A living driver that is not ours, asked for by one that holds the lock itself.
 * @param predecessor the CnC file of the lock's holder before
 */
export function findForeignDriver(aeronDir: string, predecessor = ""): LivingDriver | null {
  const cnc = readCncFile(aeronDir);
  return cnc === null || cnc.identity === predecessor ? null : foreignDriver(aeronDir, cnc);
}

/** True while the driver that was found before is still the one that serves `aeronDir`, and alive. */
export function isStillAlive(aeronDir: string, driver: LivingDriver): boolean {
  const now = findLivingDriver(aeronDir);
  return now !== null && now.identity === driver.identity && now.evidence === driver.evidence;
}

/** A foreign driver lives while its heartbeat is young, or its process is there and the heartbeat within Aeron's own limit. */
function foreignDriver(aeronDir: string, cnc: CncFile): LivingDriver | null {
  const isVisible = isProcessVisible(cnc.pid);
  let ageMs: number;
  try {
    ageMs = heartbeatAgeMs(aeronDir);
  } catch (error) {
    // The file went away, or is not a CnC file of this Aeron: no driver that could be used.
    if (error instanceof AeronError) return null;
    throw error;
  }
  if (ageMs > (isVisible ? DEAD_HEARTBEAT_MS : YOUNG_HEARTBEAT_MS)) return null;
  return { identity: cnc.identity, evidence: "heartbeat", pid: cnc.pid };
}

function isProcessVisible(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return !isZombie(pid);
}

/** True for a process that has ended, while its parent has not looked yet: signals still reach it. */
function isZombie(pid: number): boolean {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    // It ended just now, or /proc does not show it to us: the heartbeat decides.
    return false;
  }
  // The name of the command, in parentheses, may contain anything.
  return /^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}
