import { accessSync, closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { aeron } from "../../ffi/aeron.ts";
import { checkAeron } from "../../ffi/aeron-structs.ts";
import { NativeBuffer, nativeString } from "../../ffi/memory.ts";

/** Aeron's own default folder: AERON_DIR, or `/dev/shm/aeron-<user>`. */
export function defaultAeronDir(): string {
  const named = process.env.AERON_DIR;
  if (named !== undefined && named !== "") return named;
  const path = new NativeBuffer(1024);
  aeron.aeron_default_path(path.address, path.bytes.length);
  return new TextDecoder().decode(path.bytes.subarray(0, path.bytes.indexOf(0)));
}

/** What is no folder, and stands where `aeronDir` is or would be made; null where nothing does. */
export function fileInPlaceOf(aeronDir: string): string | null {
  for (let path = aeronDir; path !== dirname(path); path = dirname(path)) {
    try {
      return statSync(path).isDirectory() ? null : path;
    } catch (error) {
      // Not there: the nearest parent that is decides. What may not be looked at is for whoever uses it to tell.
      if (!["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    }
  }
  return null;
}

/** What the CnC file says without being mapped. */
export interface CncFile {
  readonly path: string;
  /** Device and inode: another pair under the same path is another driver. */
  readonly identity: string;
  /** The driver's process, in its own pid namespace. */
  readonly pid: number;
}

const CNC_VERSION_OFFSET = 0;
const CNC_PID_OFFSET = 40;
const CNC_HEADER_BYTES = 64;

/** Device and inode of the CnC file in `aeronDir`. @throws NodeJS.ErrnoException */
export function cncIdentity(aeronDir: string): string {
  const { dev, ino } = statSync(join(aeronDir, "cnc.dat"), { bigint: true });
  return `${dev}:${ino}`;
}

/** The CnC file of `aeronDir`; null when there is none, or when its driver is still writing it. */
export function readCncFile(aeronDir: string): CncFile | null {
  const path = join(aeronDir, "cnc.dat");
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    // Absent or not for us to read: there is no CnC file that could be used.
    return null;
  }
  try {
    const stat = fstatSync(fd, { bigint: true });
    const header = Buffer.alloc(CNC_HEADER_BYTES);
    const length = readSync(fd, header, 0, CNC_HEADER_BYTES, 0);
    if (length < CNC_HEADER_BYTES || header.readInt32LE(CNC_VERSION_OFFSET) === 0) return null;
    return { path, identity: `${stat.dev}:${stat.ino}`, pid: Number(header.readBigInt64LE(CNC_PID_OFFSET)) };
  } finally {
    closeSync(fd);
  }
}

/** Why this user cannot be a client of the media driver whose files are in `aeronDir`; null where nothing forbids it. */
export function accessFault(aeronDir: string): string | null {
  try {
    accessSync(join(aeronDir, "cnc.dat"), constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES") return null;
  }
  const found = statSync(aeronDir, { throwIfNoEntry: false });
  if (found === undefined) return null;
  const mode = (found.mode & 0o777).toString(8);
  return (
    `user ${process.geteuid?.()} may not use the media driver's files in ${aeronDir}: they belong to user ${found.uid} and ` +
    `group ${found.gid}, mode ${mode} (shm.permissions_mode and shm.group of the driver)`
  );
}

/** Milliseconds since the driver's last heartbeat in the CnC file. @throws AeronError when the file cannot be mapped */
export function heartbeatAgeMs(aeronDir: string): number {
  const out = new NativeBuffer(8);
  const dir = nativeString(aeronDir);
  checkAeron(aeron.aeron_cnc_init(out.address, dir.address, 0), "aeron_cnc_init");
  const cnc = out.pointerAt();
  const heartbeatMs = aeron.aeron_cnc_to_driver_heartbeat(cnc);
  aeron.aeron_cnc_close(cnc);
  return Date.now() - heartbeatMs;
}
