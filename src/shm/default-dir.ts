/** Where regions are kept unless told otherwise: TENSORPOOL_SHM_BASE_DIR, SHM_BASE_DIR, or `/dev/shm/tensorpool`. */
export function defaultShmDir(): string {
  return process.env.TENSORPOOL_SHM_BASE_DIR || process.env.SHM_BASE_DIR || "/dev/shm/tensorpool";
}
