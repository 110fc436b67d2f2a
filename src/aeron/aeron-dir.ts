import { accessSync, closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { aeron } from "../../ffi/aeron.ts";
import { NativeBuffer } from "../../ffi/memory.ts";
import { requireExactVariable } from "../core/exact-text.ts";

/** Aeron's own default folder: AERON_DIR, or `/dev/shm/aeron-<user>`. @throws UsageError if AERON_DIR is not UTF-8 */
export function defaultAeronDir(): string {
  const named = process.env.AERON_DIR;
  if (named !== undefined && named !== "") {
    requireExactVariable("AERON_DIR", named);
    return named;
  }
  const path = new NativeBuffer(1024);
  aeron.aeron_default_path(path.address, path.bytes.length);
  return new TextDecoder().decode(path.bytes.subarray(0, path.bytes.indexOf(0)));
}

/** Files next to the folder and in it have longer names and paths than the folder itself: `<aeron_dir>.tensorpool.lock`, logs. */
const MAX_NAME_BYTES = 255 - 16;
const MAX_PATH_BYTES = 4095 - 96;

/** Why this path cannot be a media driver's folder; null if it can. */
export function explainLongPath(aeronDir: string): string | null {
  const [bytes, nameBytes] = [Buffer.byteLength(aeronDir), Buffer.byteLength(basename(aeronDir))];
  if (bytes <= MAX_PATH_BYTES && nameBytes <= MAX_NAME_BYTES) return null;
  const found = nameBytes > MAX_NAME_BYTES ? `a name of ${nameBytes}` : `${bytes}`;
  return (
    `the path of the media driver's folder is too long: expected at most ${MAX_PATH_BYTES} bytes, and ${MAX_NAME_BYTES} in its last name, ` +
    `found ${found}; name a shorter one`
  );
}

/** A path that is not a folder and blocks `aeronDir` or one of its parents; null if there is none. */
export function fileInPlaceOf(aeronDir: string): string | null {
  for (let path = aeronDir; path !== dirname(path); path = dirname(path)) {
    try {
      return statSync(path).isDirectory() ? null : path;
    } catch (error) {
      // Missing: the nearest existing parent decides. Inaccessible paths are reported by the code that uses the folder.
      if (!["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    }
  }
  return null;
}

/** The contents of the CnC file, read without mapping it. */
export interface CncFile {
  readonly path: string;
  /** Device and inode: a different pair under the same path is a different driver. */
  readonly identity: string;
  /** "1.2.0". */
  readonly version: string;
  /** False for a file of another major version; only its version can be read. */
  readonly isCompatible: boolean;
  /** The driver's process, in its own pid namespace. */
  readonly pid: number;
  /** The driver's last heartbeat in milliseconds of the wall clock; null if it cannot be read. */
  readonly heartbeatMs: number | null;
}

/**
 * The result of reading the CnC file: "absent", also while a driver is still writing it; "closed" if this user may not use it; "unknown" if
 * it cannot be read now (no descriptor is left, an I/O error).
 */
export type CncLook =
  | { readonly state: "present"; readonly cnc: CncFile }
  | { readonly state: "absent" }
  | { readonly state: "closed" }
  | { readonly state: "unknown"; readonly errno: string };

// cnc.dat: a header of two cache lines, then the to-driver command buffer, whose trailer holds the heartbeat.
const CNC_MAJOR_VERSION = 0;
/** Major, minor and patch take one byte each. */
const MAX_CNC_VERSION = 0xff_ff_ff;
const CNC_VERSION_OFFSET = 0;
const CNC_TO_DRIVER_LENGTH_OFFSET = 4;
const CNC_PID_OFFSET = 40;
const CNC_HEADER_BYTES = 128;
const RING_TRAILER_BYTES = 768;
const RING_HEARTBEAT_OFFSET = 640;

/** Device and inode of the CnC file in `aeronDir`. @throws NodeJS.ErrnoException */
export function cncIdentity(aeronDir: string): string {
  const { dev, ino } = statSync(join(aeronDir, "cnc.dat"), { bigint: true });
  return `${dev}:${ino}`;
}

/** Reads the CnC file of `aeronDir` without mapping it, so that a file that is truncated meanwhile does no harm. */
export function lookAtCnc(aeronDir: string): CncLook {
  const path = join(aeronDir, "cnc.dat");
  let fd = -1;
  try {
    // A client writes its commands into the file: read-only access is as useless as none.
    fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const cnc = readCnc(path, fd);
    return cnc === null ? { state: "absent" } : { state: "present", cnc };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (["ENOENT", "ENOTDIR", "ELOOP", "EISDIR", "ENXIO"].includes(code)) return { state: "absent" };
    return ["EACCES", "EPERM", "EROFS"].includes(code) ? { state: "closed" } : { state: "unknown", errno: code };
  } finally {
    if (fd !== -1) closeSync(fd);
  }
}

/** The CnC file of `aeronDir`; null if there is none, its driver is still writing it, or it cannot be read. */
export function readCncFile(aeronDir: string): CncFile | null {
  const look = lookAtCnc(aeronDir);
  return look.state === "present" ? look.cnc : null;
}

function readCnc(path: string, fd: number): CncFile | null {
  const stat = fstatSync(fd, { bigint: true });
  const header = Buffer.alloc(CNC_HEADER_BYTES);
  if (!stat.isFile() || readSync(fd, header, 0, CNC_HEADER_BYTES, 0) < CNC_HEADER_BYTES) return null;
  const version = header.readUInt32LE(CNC_VERSION_OFFSET);
  // Not yet written, or not a file of any Aeron version.
  if (version === 0 || version > MAX_CNC_VERSION) return null;
  const major = version >>> 16;
  const isCompatible = major === CNC_MAJOR_VERSION;
  return {
    path,
    identity: `${stat.dev}:${stat.ino}`,
    version: `${major}.${(version >>> 8) & 0xff}.${version & 0xff}`,
    isCompatible,
    pid: Number(header.readBigInt64LE(CNC_PID_OFFSET)),
    heartbeatMs: isCompatible ? readHeartbeatMs(fd, header.readInt32LE(CNC_TO_DRIVER_LENGTH_OFFSET)) : null,
  };
}

function readHeartbeatMs(fd: number, toDriverBytes: number): number | null {
  if (toDriverBytes <= RING_TRAILER_BYTES) return null;
  const heartbeat = Buffer.alloc(8);
  const at = CNC_HEADER_BYTES + toDriverBytes - RING_TRAILER_BYTES + RING_HEARTBEAT_OFFSET;
  return readSync(fd, heartbeat, 0, 8, at) < 8 ? null : Number(heartbeat.readBigInt64LE(0));
}

/** Why this user cannot be a client of the media driver whose files are in `aeronDir`; null if nothing prevents it. */
export function accessFault(aeronDir: string): string | null {
  try {
    accessSync(join(aeronDir, "cnc.dat"), constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES") return null;
  }
  const found = whatIsClosed(aeronDir);
  if (found === null) return null;
  const mode = (found.mode & 0o777).toString(8);
  return (
    `user ${process.geteuid?.()} may not use the media driver's files in ${aeronDir}: they belong to user ${found.uid} and ` +
    `group ${found.gid}, mode ${mode} (shm.permissions_mode and shm.group of the driver)`
  );
}

/** The CnC file, or its folder if that cannot be entered; null if neither exists. */
function whatIsClosed(aeronDir: string): Stats | null {
  for (const path of [join(aeronDir, "cnc.dat"), aeronDir]) {
    try {
      return statSync(path);
    } catch {
      // The folder is closed, or the file was just removed.
    }
  }
  return null;
}

/** Milliseconds since the driver's last heartbeat in the CnC file; null if it cannot be read. */
export function heartbeatAgeMs(aeronDir: string): number | null {
  const heartbeatMs = readCncFile(aeronDir)?.heartbeatMs ?? null;
  return heartbeatMs === null ? null : Date.now() - heartbeatMs;
}
