import { readFileSync, statSync } from "node:fs";
import { processExists } from "../core/process-exists.ts";
import { describeUser } from "../core/users.ts";
import { exclusiveLockHolder } from "../shm/lock-holder.ts";
import { accessFault, type CncFile, lookAtCnc } from "./aeron-dir.ts";
import { DriverLock, lockPath } from "./driver-lock.ts";

/** Drivers send at least one heartbeat per second: a heartbeat this recent proves life if no lock contradicts it. */
const YOUNG_HEARTBEAT_MS = 3_000;
/** Aeron's own limit: an older heartbeat means a dead driver, whatever its pid. */
const DEAD_HEARTBEAT_MS = 10_000;

/** A live media driver and its CnC file. */
export interface LivingDriver {
  /** Device and inode of its CnC file. */
  readonly identity: string;
  /** "lock": one of ours, whose lock determines whether it is alive. "heartbeat": a foreign one. */
  readonly evidence: "lock" | "heartbeat";
  /** In the driver's pid namespace. */
  readonly pid: number;
}

/**
 * The state of the media driver in a folder. "none": no driver is alive. "closed": this user may not use its files. "incompatible": its
 * files belong to another Aeron version, whose heartbeat cannot be read. "unknown": they cannot be read now. In the last three cases a
 * driver may be alive: nothing in the folder may be replaced or removed.
 */
export type DriverLook =
  | { readonly state: "alive"; readonly driver: LivingDriver }
  | { readonly state: "none" }
  | { readonly state: "closed" | "incompatible" | "unknown"; readonly why: string };

/** Looks for the media driver that currently serves `aeronDir`. All commands, roles and tools rely on this function. */
export function lookForDriver(aeronDir: string): DriverLook {
  const cnc = usableCnc(aeronDir);
  if ("state" in cnc) return cnc;
  const { state, phase, identity } = DriverLock.look(aeronDir);
  if (state !== "unknown" && identity === cnc.identity) {
    // Otherwise its holder has died, or another one is starting over its leftovers.
    return state === "held" && phase === "serves" ? aliveByLock(cnc) : { state: "none" };
  }
  // One of ours that is about to write the identity of its own file.
  if (state === "held" && phase === "starting") return { state: "none" };
  return foreignDriver(cnc);
}

/**
 * Like `lookForDriver`, for a caller that holds the folder's lock itself.
 * @param predecessor the CnC file of the lock's previous holder
 */
export function lookForForeignDriver(aeronDir: string, predecessor = ""): DriverLook {
  const cnc = usableCnc(aeronDir);
  if ("state" in cnc) return cnc;
  return cnc.identity === predecessor ? { state: "none" } : foreignDriver(cnc);
}

/** The media driver that currently serves `aeronDir` and that this process can read; null if there is none. */
export function findLivingDriver(aeronDir: string): LivingDriver | null {
  const look = lookForDriver(aeronDir);
  return look.state === "alive" ? look.driver : null;
}

/** True until the driver found earlier is known to serve `aeronDir` no longer. */
export function isStillAlive(aeronDir: string, driver: LivingDriver): boolean {
  const look = lookForDriver(aeronDir);
  // A lack of descriptors does not prove a death.
  if (look.state !== "alive") return look.state === "unknown";
  return look.driver.identity === driver.identity;
}

/** Why no media driver can be used in `aeronDir`, as a clause; null if one is alive. */
export function driverAbsence(aeronDir: string): string | null {
  const look = lookForDriver(aeronDir);
  if (look.state === "alive") return null;
  return look.state === "none" ? `no media driver lives in ${aeronDir}` : look.why;
}

function aliveByLock({ identity, pid }: CncFile): DriverLook {
  return { state: "alive", driver: { identity, evidence: "lock", pid } };
}

/** The CnC file, or the reason why it cannot be used. */
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
  // Our lock proves a death whatever the file's state.
  if (isLocked.state === "free" && isLocked.identity === look.cnc.identity) return { state: "none" };
  return {
    state: "incompatible",
    why:
      `${aeronDir} holds the files of a media driver of another Aeron version (CnC ${version}, process ${pid}), and nothing ` +
      "proves that it is dead: use a media driver of Aeron 1.54, or name another folder",
  };
}

/** The owner of the files, and whether their driver is alive, as far as another user can determine that. */
function closedFiles(aeronDir: string): string {
  const fault = accessFault(aeronDir) ?? `this user may not use the media driver's files in ${aeronDir}`;
  const lock = statSync(lockPath(aeronDir), { bigint: true, throwIfNoEntry: false });
  const holder = lock === undefined ? null : exclusiveLockHolder(lock);
  if (lock === undefined || holder === null) return fault;
  return `${fault}; its media driver lives: process ${holder.pid} of ${describeUser(Number(lock.uid))}`;
}

/** A foreign driver is alive while its heartbeat is recent, or its process exists and the heartbeat is within Aeron's own limit. */
function foreignDriver({ identity, pid, heartbeatMs }: CncFile): DriverLook {
  const limitMs = isProcessVisible(pid) ? DEAD_HEARTBEAT_MS : YOUNG_HEARTBEAT_MS;
  if (heartbeatMs === null || Date.now() - heartbeatMs > limitMs) return { state: "none" };
  return { state: "alive", driver: { identity, evidence: "heartbeat", pid } };
}

function isProcessVisible(pid: number): boolean {
  return pid > 0 && processExists(pid) && !isZombie(pid);
}

/** True for a process that has exited but was not yet reaped by its parent: signals still reach it. */
function isZombie(pid: number): boolean {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    // It has just exited, or /proc hides it: the heartbeat decides.
    return false;
  }
  // The command name, in parentheses, may contain any characters.
  return /^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}
