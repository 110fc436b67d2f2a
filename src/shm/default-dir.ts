import { requireExactVariable } from "../core/exact-text.ts";
import { currentUid, userName } from "../core/users.ts";

/** Names that are identical in a path, in a region's URI and on a command line. */
const PLAIN_NAME = /^[A-Za-z0-9._-]+$/;

/**
 * The default folder of regions: TENSORPOOL_SHM_BASE_DIR, SHM_BASE_DIR, or `/dev/shm/tensorpool-<user>`. Like Aeron's folder it contains
 * the user's name, or the uid if there is none, so that two users never share a folder.
 */
export function defaultShmDir(): string {
  for (const name of ["TENSORPOOL_SHM_BASE_DIR", "SHM_BASE_DIR"]) {
    const set = process.env[name];
    if (set === undefined || set === "") continue;
    requireExactVariable(name, set);
    return set;
  }
  const uid = currentUid();
  const name = userName(uid);
  return `/dev/shm/tensorpool-${name !== null && PLAIN_NAME.test(name) ? name : uid}`;
}
