import { bad, type Finding, ok, warn } from "./finding.ts";
import type { Host } from "./host.ts";

/** Clock sources that are read without a system call, which takes tens of nanoseconds. */
const FAST_CLOCKS = ["tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "xen"];
const OLDEST_KERNEL = [4, 14] as const;
const CPU = "/sys/devices/system/cpu";
const CLOCK = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
const KNOWN_ARCHS = ["x64", "arm64"];
const FIRST_ORDINARY_UID = 1000;

/** Kernel, processors and clock. */
export function machineFindings(host: Host, cpus: number): Finding[] {
  return [kernelFinding(host), cpuFinding(cpus), governorFinding(host), clockFinding(host)];
}

function kernelFinding({ kernel, arch }: Host): Finding {
  const found = `Linux ${kernel} on ${arch}`;
  const [major = 0, minor = 0] = kernel.split(".").map((part) => Number.parseInt(part, 10));
  if (!KNOWN_ARCHS.includes(arch)) return bad("kernel", found, `use a machine of ${KNOWN_ARCHS.join(" or ")}`);
  const isOld = major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1]);
  return isOld ? warn("kernel", found, `use Linux ${OLDEST_KERNEL.join(".")} or newer`) : ok("kernel", found);
}

function cpuFinding(cpus: number): Finding {
  const found = `${cpus} ${cpus === 1 ? "processor" : "processors"} for this process`;
  const remedy =
    "give it a processor for each busy role (producer, consumer, media driver): with one, they wait for each other";
  return cpus < 2 ? warn("processors", found, remedy) : ok("processors", found);
}

function governorFinding(host: Host): Finding {
  const governors = host
    .names(CPU)
    .filter((name) => /^cpu\d+$/.test(name))
    .flatMap((name) => host.text(`${CPU}/${name}/cpufreq/scaling_governor`)?.trim() ?? []);
  const kinds = [...new Set(governors)].sort();
  if (kinds.length === 0) return ok("CPU governor", "not reported (a virtual machine: its host decides)");
  const found = kinds.join(", ");
  return kinds.some((kind) => kind === "powersave" || kind === "conservative")
    ? warn("CPU governor", found, "cpupower frequency-set -g performance: slow steps up of the clock are latency")
    : ok("CPU governor", found);
}

function clockFinding(host: Host): Finding {
  const clock = host.text(CLOCK)?.trim();
  if (clock === undefined) return ok("clock source", "not reported");
  if (FAST_CLOCKS.includes(clock)) return ok("clock source", clock);
  return warn(
    "clock source",
    clock,
    "boot with clocksource=tsc: every frame reads the clock, and this one takes a system call",
  );
}

/** logind's RemoveIPC deletes an ordinary user's files in /dev/shm after the user's last logout. */
export function loginFinding(host: Host, shmDir: string): Finding {
  const subject = "RemoveIPC";
  if (!shmDir.startsWith("/dev/shm")) return ok(subject, `${shmDir} is not below /dev/shm`);
  if (host.uid < systemUidMax(host)) return ok(subject, `${host.user} is a system user, whose files stay`);
  if (!host.isDirectory("/run/systemd/seats")) return ok(subject, "no logind runs here");
  if (!removesIpc(host)) return ok(subject, "switched off");
  if (host.text(`/var/lib/systemd/linger/${host.user}`) !== null) return ok(subject, `${host.user} lingers`);
  return warn(
    subject,
    `logind removes the files of ${host.user} (uid ${host.uid}) in /dev/shm at logout`,
    `RemoveIPC=no in /etc/systemd/logind.conf, or loginctl enable-linger ${host.user}, or run as a system user`,
  );
}

function systemUidMax(host: Host): number {
  const max = /^SYS_UID_MAX\s+(\d+)/m.exec(host.text("/etc/login.defs") ?? "")?.[1];
  return max === undefined ? FIRST_ORDINARY_UID : Number(max) + 1;
}

/** The setting in the last file that has it; systemd's default is yes. */
function removesIpc(host: Host): boolean {
  const folders = ["/usr/lib/systemd/logind.conf.d", "/run/systemd/logind.conf.d", "/etc/systemd/logind.conf.d"];
  const dropIns = folders.flatMap((folder) => [...host.names(folder)].sort().map((name) => `${folder}/${name}`));
  let value = "yes";
  for (const path of ["/usr/lib/systemd/logind.conf", "/etc/systemd/logind.conf", ...dropIns]) {
    value = /^\s*RemoveIPC\s*=\s*(\S+)/m.exec(host.text(path) ?? "")?.[1]?.toLowerCase() ?? value;
  }
  return !["no", "false", "off", "0"].includes(value);
}
