import { formatBytes } from "../../core/units.ts";
import type { Headroom } from "../../shm/cgroup.ts";
import { bad, type Finding, ok, warn } from "./finding.ts";
import type { Host } from "./host.ts";

const MIB = 1024 ** 2;
/** The size of /dev/shm that the demo needs and that a default container has. */
const SMALL_BYTES = 64 * MIB;
const SCANT_BYTES = 256 * MIB;
/** Version 1 of cgroups reports the largest number of pages if there is no limit. */
const NO_LIMIT_BYTES = 2 ** 60;

/** Checks the room for regions on their file system. */
export function shmFindings(host: Host, shmDir: string): Finding[] {
  const subject = "shared memory";
  const { kind, sizeBytes, freeBytes } = host.fileSystem(shmDir);
  const found = `${formatBytes(freeBytes)} of ${formatBytes(sizeBytes)} free for ${shmDir} (${kind === "other" ? "a disk" : kind})`;
  const larger =
    "make it larger: mount -o remount,size=2g /dev/shm, or docker run --shm-size=2g; `tensorpool gc` removes leftovers";
  if (kind === "other") {
    return [
      warn(
        subject,
        found,
        "put regions into memory: --shm-dir /dev/shm/NAME; on a disk every frame may be written to it",
      ),
    ];
  }
  if (freeBytes < SMALL_BYTES) return [bad(subject, found, larger)];
  return [sizeBytes <= SMALL_BYTES || freeBytes < SCANT_BYTES ? warn(subject, found, larger) : ok(subject, found)];
}

/** Checks the memory that this process may allocate: the limit of every enclosing memory cgroup, and the machine's memory. */
export function memoryFindings(host: Host, headrooms: readonly Headroom[]): Finding[] {
  const findings: Finding[] = [];
  const tightest = headrooms.filter(({ bytes }) => bytes < NO_LIMIT_BYTES).sort((a, b) => a.bytes - b.bytes)[0];
  if (tightest === undefined) findings.push(ok("memory cgroup", "no limit"));
  else {
    const found = `${formatBytes(Math.max(0, tightest.bytes))} may still be taken in ${tightest.where}`;
    const remedy =
      "raise MemoryMax= of the unit, or docker run --memory: regions count against it, beyond it the kernel kills";
    findings.push(
      tightest.bytes < SMALL_BYTES
        ? bad("memory cgroup", found, remedy)
        : tightest.bytes < SCANT_BYTES
          ? warn("memory cgroup", found, remedy)
          : ok("memory cgroup", found),
    );
  }
  const availableKib = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(host.text("/proc/meminfo") ?? "")?.[1] ?? Number.NaN);
  if (!Number.isNaN(availableKib)) {
    const found = `${formatBytes(availableKib * 1024)} available`;
    const remedy = "end processes that use it, or use fewer --slots: files in /dev/shm are memory";
    findings.push(availableKib * 1024 < SCANT_BYTES ? warn("memory", found, remedy) : ok("memory", found));
  }
  return findings;
}

/** Checks pages larger than 4 KiB: reserved pages, and transparent huge pages. */
export function hugepageFindings(host: Host): Finding[] {
  const meminfo = host.text("/proc/meminfo") ?? "";
  const total = Number(/^HugePages_Total:\s+(\d+)$/m.exec(meminfo)?.[1] ?? 0);
  const free = Number(/^HugePages_Free:\s+(\d+)$/m.exec(meminfo)?.[1] ?? 0);
  const mounts = (host.text("/proc/mounts") ?? "").split("\n").filter((line) => / hugetlbfs /.test(line));
  const where = mounts.map((line) => line.split(" ")[1]).join(", ");
  const reserved =
    total === 0
      ? ok(
          "hugepages",
          "none reserved",
          "only --require-hugepages needs them: sysctl vm.nr_hugepages=512, --shm-dir on hugetlbfs",
        )
      : where === ""
        ? warn(
            "hugepages",
            `${free} of ${total} free, and hugetlbfs is not mounted`,
            "mount -t hugetlbfs none /dev/hugepages",
          )
        : ok("hugepages", `${free} of ${total} free, hugetlbfs on ${where}`);
  const modes = host.text("/sys/kernel/mm/transparent_hugepage/shmem_enabled");
  if (modes === null) return [reserved, ok("shmem_enabled", "this kernel has none")];
  const mode = /\[(\w+)\]/.exec(modes)?.[1] ?? modes.trim();
  const hint =
    mode === "never" || mode === "deny"
      ? "large frames gain from: echo within_size > /sys/kernel/mm/transparent_hugepage/shmem_enabled"
      : null;
  return [reserved, ok("shmem_enabled", mode, hint)];
}
