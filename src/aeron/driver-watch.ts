import { readFileSync, statSync } from "node:fs";
import { processExists } from "../core/process-exists.ts";
import { describeUser } from "../core/users.ts";
import { exclusiveLockHolder } from "../shm/lock-holder.ts";
import { accessFault, type CncFile, lookAtCnc } from "./aeron-dir.ts";
import { DriverLock, lockPath } from "./driver-lock.ts";

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

/**
 * What is known of the media driver in a folder. "none": none lives there. "closed": this user may not use its files.
 * "incompatible": its files are another Aeron's, whose heartbeat cannot be read. "unknown": they cannot be looked at for now. In
 * the last three a driver may live: nothing of the folder is to be replaced or removed.
 */
export type DriverLook =
  | { readonly state: "alive"; readonly driver: LivingDriver }
  | { readonly state: "none" }
  | { readonly state: "closed" | "incompatible" | "unknown"; readonly why: string };

/** Looks for the media driver that serves `aeronDir` now. All commands, roles and tools decide by this look. */
export function lookForDriver(aeronDir: string): DriverLook {
  const cnc = usableCnc(aeronDir);
  if ("state" in cnc) return cnc;
  const { state, phase, identity } = DriverLock.look(aeronDir);
  if (state !== "unknown" && identity === cnc.identity) {
    // Otherwise its holder has died, or another one begins over what it left.
    return state === "held" && phase === "serves" ? aliveByLock(cnc) : { state: "none" };
  }
  // One of ours that is about to say which file is its own.
  if (state === "held" && phase === "starting") return { state: "none" };
  return foreignDriver(cnc);
}

/**
 * As `lookForDriver`, for one that holds the folder's lock itself.
 * @param predecessor the CnC file of the lock's holder before
 */
export function lookForForeignDriver(aeronDir: string, predecessor = ""): DriverLook {
  const cnc = usableCnc(aeronDir);
  if ("state" in cnc) return cnc;
  return cnc.identity === predecessor ? { state: "none" } : foreignDriver(cnc);
}

/** The media driver that serves `aeronDir` now and that this process can read; null where there is none. */
export function findLivingDriver(aeronDir: string): LivingDriver | null {
  const look = lookForDriver(aeronDir);
  return look.state === "alive" ? look.driver : null;
}

/** True until it is known that the driver that was found before serves `aeronDir` no longer. */
export function isStillAlive(aeronDir: string, driver: LivingDriver): boolean {
  const look = lookForDriver(aeronDir);
  // A lack of descriptors is no death.
  if (look.state !== "alive") return look.state === "unknown";
  return look.driver.identity === driver.identity;
}

/** Why no media driver can be used in `aeronDir`, as a clause; null where one lives. */
export function driverAbsence(aeronDir: string): string | null {
  const look = lookForDriver(aeronDir);
  if (look.state === "alive") return null;
  return look.state === "none" ? `no media driver lives in ${aeronDir}` : look.why;
}

function aliveByLock({ identity, pid }: CncFile): DriverLook {
  return { state: "alive", driver: { identity, evidence: "lock", pid } };
}

/** The CnC file, or what keeps it from being used. */
function usableCnc(aeronDir: string): CncFile | DriverLook {
  const look = lookAtCnc(aeronDir);
  if (look.state === "absent") return { state: "none" };
  if (look.state === "unknown") {
    return { state: "unknown", why: `the media driver's files in ${aeronDir} cannot be read now: ${look.errno}` };
  }
  if (look.state === "closed") return { state: "closed", why: closedFiles(aeronDir) };
  if (look.cnc.isCompatible) return look.cnc;
  const { version, pid } = look.cnc;
  const isLocked = DriverLock.look(aeronDir);
  // The lock of ours proves a death whatever the file is like.
  if (isLocked.state === "free" && isLocked.identity === look.cnc.identity) return { state: "none" };
  return {
    state: "incompatible",
    why:
      `${aeronDir} holds the files of a media driver of another Aeron version (CnC ${version}, process ${pid}), and nothing ` +
      "proves that it is dead: use a media driver of Aeron 1.54, or name another folder",
  };
}

/** Whose the files are, and whether their driver lives, as far as another user can see that. */
function closedFiles(aeronDir: string): string {
  const fault = accessFault(aeronDir) ?? `this user may not use the media driver's files in ${aeronDir}`;
  const lock = statSync(lockPath(aeronDir), { bigint: true, throwIfNoEntry: false });
  const holder = lock === undefined ? null : exclusiveLockHolder(lock);
  if (lock === undefined || holder === null) return fault;
  return `${fault}; its media driver lives: process ${holder.pid} of ${describeUser(Number(lock.uid))}`;
}

/** A foreign driver lives while its heartbeat is young, or its process is there and the heartbeat within Aeron's own limit. */
function foreignDriver({ identity, pid, heartbeatMs }: CncFile): DriverLook {
  const limitMs = isProcessVisible(pid) ? DEAD_HEARTBEAT_MS : YOUNG_HEARTBEAT_MS;
  if (heartbeatMs === null || Date.now() - heartbeatMs > limitMs) return { state: "none" };
  return { state: "alive", driver: { identity, evidence: "heartbeat", pid } };
}

function isProcessVisible(pid: number): boolean {
  return pid > 0 && processExists(pid) && !isZombie(pid);
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
