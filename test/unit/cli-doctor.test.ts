import { describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { aeronFindings } from "../../src/cli/doctor/aeron.ts";
import type { Finding } from "../../src/cli/doctor/finding.ts";
import { type FileSystem, type Host, ThisHost } from "../../src/cli/doctor/host.ts";
import { loginFinding, machineFindings } from "../../src/cli/doctor/machine.ts";
import { hugepageFindings, memoryFindings, shmFindings } from "../../src/cli/doctor/memory.ts";
import { limitFindings } from "../../src/cli/doctor/process-limits.ts";
import { regionFindings } from "../../src/cli/doctor/regions.ts";
import { epochDirectoryName } from "../../src/shm/layout.ts";
import { findLeftovers } from "../../src/shm/leftovers.ts";
import { writeCncOfAnotherAeron } from "../support/foreign-cnc.ts";
import { Rig } from "../support/rig.ts";
import { createSmallStream, TemporaryDirectory } from "../support/shm.ts";

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const SHM = "/dev/shm/tensorpool";

interface Machine {
  readonly kernel?: string;
  readonly arch?: string;
  readonly uid?: number;
  readonly files?: Readonly<Record<string, string>>;
  readonly directories?: readonly string[];
  readonly fileSystem?: FileSystem;
}

/** A machine of which nothing is known but what a test says. */
function machine({ files = {}, directories = [], ...rest }: Machine = {}): Host {
  return {
    kernel: rest.kernel ?? "6.1.0-generic",
    arch: rest.arch ?? "x64",
    uid: rest.uid ?? 1000,
    user: "jo",
    text: (path) => files[path] ?? null,
    names: (path) => [
      ...new Set(
        Object.keys(files)
          .filter((name) => name.startsWith(`${path}/`))
          .map((name) => name.slice(path.length + 1).split("/")[0] as string),
      ),
    ],
    fileSystem: () => rest.fileSystem ?? { kind: "tmpfs", sizeBytes: 8 * GIB, freeBytes: 4 * GIB },
    isDirectory: (path) => directories.includes(path),
  };
}

function levelOf(findings: readonly Finding[], subject: string): string {
  const finding = findings.find((each) => each.subject === subject);
  return finding === undefined ? "absent" : finding.level;
}

function everyProblemHasARemedy(findings: readonly Finding[]): void {
  expect(findings.filter(({ level, remedy }) => level !== "ok" && remedy === null)).toEqual([]);
}

describe("the machine", () => {
  test("an old kernel, another architecture and a single processor are found", () => {
    const levels = (host: Host, cpus = 4): string[] =>
      ["kernel", "processors"].map((subject) => levelOf(machineFindings(host, cpus), subject));
    expect(levels(machine())).toEqual(["ok", "ok"]);
    expect(levels(machine({ kernel: "4.9.1" }), 1)).toEqual(["warn", "warn"]);
    expect(levels(machine({ kernel: "4.14.0" }))).toEqual(["ok", "ok"]);
    expect(levels(machine({ arch: "s390x" }))).toEqual(["bad", "ok"]);
    everyProblemHasARemedy(machineFindings(machine({ arch: "s390x", kernel: "3.10.0" }), 1));
  });

  test("a governor that saves power and a slow clock are found; a machine that tells neither is fine", () => {
    const clock = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    const governor = "/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor";
    const levels = (files: Record<string, string>): string[] =>
      ["CPU governor", "clock source"].map((subject) => levelOf(machineFindings(machine({ files }), 4), subject));
    expect(levels({})).toEqual(["ok", "ok"]);
    expect(levels({ [clock]: "tsc\n", [governor]: "performance\n" })).toEqual(["ok", "ok"]);
    expect(levels({ [clock]: "hpet\n", [governor]: "powersave\n" })).toEqual(["warn", "warn"]);
  });

  test("logind's RemoveIPC matters for ordinary users alone, and may be switched off in several places", () => {
    const directories = ["/run/systemd/seats"];
    const level = (host: Host, shmDir = SHM): string => loginFinding(host, shmDir).level;
    expect(level(machine({ directories }))).toBe("warn");
    expect(loginFinding(machine({ directories }), SHM).remedy).toContain("loginctl enable-linger jo");
    expect(level(machine({ directories }), "/mnt/huge")).toBe("ok");
    expect(level(machine())).toBe("ok");
    expect(level(machine({ directories, uid: 990 }))).toBe("ok");
    expect(level(machine({ directories, uid: 450, files: { "/etc/login.defs": "SYS_UID_MAX  400\n" } }))).toBe("warn");
    expect(level(machine({ directories, files: { "/var/lib/systemd/linger/jo": "" } }))).toBe("ok");
    expect(level(machine({ directories, files: { "/etc/systemd/logind.conf": "#RemoveIPC=no\n" } }))).toBe("warn");
    const off = { "/etc/systemd/logind.conf": "[Login]\nRemoveIPC=no\n" };
    expect(level(machine({ directories, files: off }))).toBe("ok");
    const onAgain = { ...off, "/etc/systemd/logind.conf.d/10-x.conf": "RemoveIPC=yes\n" };
    expect(level(machine({ directories, files: onAgain }))).toBe("warn");
  });
});

describe("memory", () => {
  test("a small, a full and a disk's file system are found, with the numbers", () => {
    const finding = (fileSystem: FileSystem): Finding => shmFindings(machine({ fileSystem }), SHM)[0] as Finding;
    const tmpfs = (sizeBytes: number, freeBytes: number): Finding => finding({ kind: "tmpfs", sizeBytes, freeBytes });
    expect(tmpfs(8 * GIB, 4 * GIB).level).toBe("ok");
    expect(tmpfs(64 * MIB, 64 * MIB)).toMatchObject({
      level: "warn",
      found: "64 MiB of 64 MiB free for /dev/shm/tensorpool (tmpfs)",
    });
    expect(tmpfs(8 * GIB, 10 * MIB)).toMatchObject({ level: "bad", remedy: expect.stringContaining("--shm-size") });
    expect(finding({ kind: "other", sizeBytes: GIB, freeBytes: GIB }).level).toBe("warn");
  });

  test("the tightest memory cgroup counts; one without a limit does not", () => {
    const level = (...bytes: number[]): string =>
      levelOf(
        memoryFindings(
          machine(),
          bytes.map((each, i) => ({ where: `memory cgroup /${i}`, bytes: each })),
        ),
        "memory cgroup",
      );
    expect([level(), level(2 ** 63), level(8 * GIB)]).toEqual(["ok", "ok", "ok"]);
    expect([level(8 * GIB, 100 * MIB), level(8 * GIB, -5)]).toEqual(["warn", "bad"]);
    const scant = machine({ files: { "/proc/meminfo": "MemAvailable:     100000 kB\n" } });
    expect(levelOf(memoryFindings(scant, []), "memory")).toBe("warn");
  });

  test("reserved hugepages that are not mounted are found; shmem_enabled is reported with what it would bring", () => {
    const findings = (files: Record<string, string>): Finding[] => hugepageFindings(machine({ files }));
    const reserved = { "/proc/meminfo": "HugePages_Total:      16\nHugePages_Free:       12\n" };
    expect(findings({})[0]).toMatchObject({ level: "ok", found: "none reserved" });
    expect(findings(reserved)[0]).toMatchObject({
      level: "warn",
      remedy: expect.stringContaining("mount -t hugetlbfs"),
    });
    const mounted = { ...reserved, "/proc/mounts": "none /dev/hugepages hugetlbfs rw 0 0\n" };
    expect(findings(mounted)[0]).toMatchObject({ level: "ok", found: "12 of 16 free, hugetlbfs on /dev/hugepages" });
    const enabled = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";
    expect(findings({ [enabled]: "always within_size [never] deny\n" })[1]).toMatchObject({
      found: "never",
      remedy: expect.stringContaining("within_size"),
    });
    expect(findings({ [enabled]: "always [within_size] never\n" })[1]).toMatchObject({ remedy: null });
  });

  test("limits of open files and locked memory are read", () => {
    const limits = (files: string, locked: string): Finding[] =>
      limitFindings(
        machine({
          files: {
            "/proc/self/limits": `Max open files            ${files}   4096   files\nMax locked memory   ${locked}  65536   bytes\n`,
          },
        }),
      );
    expect(limits("256", "65536").map(({ level, found }) => [level, found])).toEqual([
      ["warn", "256, about 42 streams in a process"],
      ["ok", "64 KiB"],
    ]);
    expect(limits("unlimited", "unlimited").map(({ found, remedy }) => [found, remedy])).toEqual([
      ["no limit", null],
      ["no limit", null],
    ]);
  });
});

describe("Aeron and regions on this machine", () => {
  test("a driver of ours, none, and what a dead one left", async () => {
    await using rig = new Rig();
    const host = new ThisHost();
    const alive = aeronFindings(host, rig.aeronDir);
    expect(alive[0]).toMatchObject({ level: "ok", found: expect.stringContaining("one of ours, pid") });
    expect(alive.find(({ subject }) => subject === "client time-out")?.found).toContain("given up after 10 s");
    everyProblemHasARemedy(alive);
    expect(aeronFindings(host, rig.directory.at("nothing"))[0]?.found).toContain("roles start one");
    using other = new TemporaryDirectory(rig.directory.path);
    writeFileSync(other.at("cnc.dat"), new Uint8Array(200));
    const dead = aeronFindings(host, other.path);
    expect(dead[0]).toMatchObject({ level: "warn", remedy: expect.stringContaining("tensorpool gc") });
    // No lock proves that its driver is dead.
    expect(dead.find(({ subject }) => subject === "Aeron's leftovers")?.found).not.toContain(other.path);
  });

  test("files of another Aeron, whose driver may live, are called so, and nothing is advised that would remove them", () => {
    using directory = new TemporaryDirectory();
    mkdirSync(directory.at("aeron"));
    writeCncOfAnotherAeron(directory.at("aeron"));
    const [finding] = aeronFindings(new ThisHost(), directory.at("aeron"));
    expect(finding).toMatchObject({ level: "bad", found: expect.stringContaining("CnC 1.2.3, process 4194000") });
    expect(finding?.remedy).not.toMatch(/gc|remove/);
  });

  test("the user is the one of this process, whatever the environment says", () => {
    const { USER } = process.env;
    const accounts = readFileSync("/etc/passwd", "utf8").split("\n");
    const [name = String(process.geteuid?.())] =
      accounts.find((line) => line.split(":")[2] === String(process.getuid?.()))?.split(":") ?? [];
    try {
      process.env.USER = "somebody-else";
      expect(new ThisHost().user).toBe(name);
    } finally {
      if (USER === undefined) delete process.env.USER;
      else process.env.USER = USER;
    }
  });

  test("regions in use and regions of the dead are distinguished", () => {
    using directory = new TemporaryDirectory();
    const host = new ThisHost();
    expect(regionFindings(host, directory.at("base"))[0]?.found).toContain("is not there yet");
    const set = createSmallStream(directory);
    expect(regionFindings(host, directory.at("base")).map(({ level }) => level)).toEqual(["ok", "ok"]);
    // A copy is held by nobody.
    cpSync(directory.at("base"), directory.at("copy"), { recursive: true });
    set.close();
    const [, left] = regionFindings(host, directory.at("copy"));
    expect(left).toMatchObject({ level: "warn", remedy: expect.stringContaining("tensorpool gc") });
    expect(left?.found).toContain("0 in use (0 B), 2 left over");
  });

  test("ended epochs that a living owner retains are not left over, as gc says too", () => {
    using directory = new TemporaryDirectory();
    const base = directory.at("base");
    const set = createSmallStream(directory);
    const { path } = set.directory;
    // Held by nobody, as the driver leaves an epoch that it keeps for readers who come late.
    cpSync(join(path, epochDirectoryName(BigInt(set.epoch))), join(path, epochDirectoryName(1n)), { recursive: true });
    const [, kept] = regionFindings(new ThisHost(), base);
    expect(kept?.found).toMatch(/^2 in use \(.+\), 2 kept by owners that live \(.+\), nothing left over$/);
    const gc = { isDryRun: true, nowNs: 10n ** 18n };
    expect(findLeftovers(base, gc).map(({ state }) => state)).toEqual(["kept"]);
    set.close();
  });
});
