import { readSystemFile, SYSTEM_FILES, type SystemFiles } from "./system-files.ts";

/** Memory that is still available in one place. */
export interface Headroom {
  /** For messages: "memory cgroup /system.slice/x.service". */
  readonly where: string;
  readonly bytes: number;
}

interface Hierarchy {
  readonly folder: string;
  readonly limit: string;
  readonly usage: string;
}

/**
 * The memory that each cgroup around this process still allows: its own and all ancestors, versions 1 and 2. Groups without a limit, and
 * groups hidden by a container, are left out.
 */
export function memoryCgroupHeadrooms(files: SystemFiles = SYSTEM_FILES): Headroom[] {
  const headrooms: Headroom[] = [];
  for (const line of (readSystemFile(files.selfCgroup) ?? "").split("\n")) {
    // hierarchy-id:controllers:path; the path may contain colons.
    const match = /^(\d+):([^:]*):(\/.*)$/.exec(line);
    if (match === null) continue;
    const [, id, controllers = "", path = "/"] = match;
    for (const hierarchy of hierarchiesOf(id === "0" && controllers === "", controllers, files)) {
      for (const group of ancestorsOf(path)) {
        const headroom = headroomOf(hierarchy, group);
        if (headroom !== null) headrooms.push(headroom);
      }
    }
  }
  return headrooms;
}

function hierarchiesOf(unified: boolean, controllers: string, files: SystemFiles): Hierarchy[] {
  if (unified) {
    // Next to version 1 hierarchies, version 2 is mounted in its own folder.
    return [files.cgroupRoot, `${files.cgroupRoot}/unified`].map((folder) => ({
      folder,
      limit: "memory.max",
      usage: "memory.current",
    }));
  }
  if (!controllers.split(",").includes("memory")) return [];
  return [{ folder: `${files.cgroupRoot}/memory`, limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes" }];
}

/** "/a/b" -> "/a/b", "/a", "": in a container the outer part of the path may not exist; its root is then the group itself. */
function ancestorsOf(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== "." && part !== "..");
  const groups = [];
  for (let length = parts.length; length >= 0; length -= 1) {
    groups.push(
      parts
        .slice(0, length)
        .map((part) => `/${part}`)
        .join(""),
    );
  }
  return groups;
}

function headroomOf(hierarchy: Hierarchy, group: string): Headroom | null {
  const folder = `${hierarchy.folder}${group}`;
  const limit = readSystemFile(`${folder}/${hierarchy.limit}`)?.trim();
  const usage = readSystemFile(`${folder}/${hierarchy.usage}`)?.trim();
  if (limit === undefined || usage === undefined || !/^\d+$/.test(limit) || !/^\d+$/.test(usage)) return null;
  const bytes = Number(limit) - Number(usage) + reclaimableBytes(readSystemFile(`${folder}/memory.stat`) ?? "");
  return { where: `memory cgroup ${group === "" ? "/" : group}`, bytes };
}

/** Cached file pages count as used but are reclaimed for shared memory; version 1 reports totals that include the groups below. */
function reclaimableBytes(stat: string): number {
  const fields = new Map(stat.split("\n").map((line) => line.split(" ") as [string, string]));
  let bytes = 0;
  for (const name of ["inactive_file", "active_file"])
    bytes += Number(fields.get(`total_${name}`) ?? fields.get(name) ?? 0);
  return bytes;
}
