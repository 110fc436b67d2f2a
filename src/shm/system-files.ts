import { readFileSync } from "node:fs";

/** The kernel's files about memory; other paths in tests. */
export interface SystemFiles {
  readonly selfCgroup: string;
  readonly cgroupRoot: string;
  readonly meminfo: string;
  readonly hugepages: string;
  readonly locks: string;
}

export const SYSTEM_FILES: SystemFiles = {
  selfCgroup: "/proc/self/cgroup",
  cgroupRoot: "/sys/fs/cgroup",
  meminfo: "/proc/meminfo",
  hugepages: "/sys/kernel/mm/hugepages",
  locks: "/proc/locks",
};

/** A system file's text; null if this kernel or the surrounding container does not show it. */
export function readSystemFile(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES" || code === "EPERM" || code === "ENODEV")
      return null;
    throw error;
  }
}
