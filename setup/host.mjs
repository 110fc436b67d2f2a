/**
 * Returns the reason why this project cannot run on a host, in one sentence; null if it can.
 *
 * @param {{ platform: string, arch: string, endianness: string }} host as in `process.platform`, `process.arch` and `os.endianness()`
 * @returns {string | null}
 */
export function refusalOf({ platform, arch, endianness }) {
  if (platform !== "linux") {
    return `tensorpool runs on Linux only (it maps files of /dev/shm and uses Linux system calls); this is ${platform}.`;
  }
  if (endianness !== "LE") {
    return "tensorpool runs on little-endian hosts only (its shared memory layout is little-endian and is used in place); this one is big-endian.";
  }
  if (arch !== "x64" && arch !== "arm64") {
    return `tensorpool runs on x64 and arm64 only (Bun has no build for others); this CPU is ${arch}.`;
  }
  return null;
}
