import { accessSync, constants, existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { AERON_VERSION } from "../../../ffi/load.ts";
import { CountersError, CountersReader } from "../../aeron/counters-reader.ts";
import { findLivingDriver, type LivingDriver } from "../../aeron/driver-watch.ts";
import { messageOf } from "../../core/errors.ts";
import { formatBytes, formatCount, formatDuration } from "../../core/units.ts";
import { bad, type Finding, ok, warn } from "./finding.ts";
import type { Host } from "./host.ts";

/** `cnc.dat` of a driver with Aeron's default buffers, and its first logs. */
const AERON_BYTES = 64 * 1024 ** 2;
/** Aeron's type of counters that a driver has once. */
const SYSTEM_COUNTER = 0;

/** The media driver in `aeronDir`, if one lives there, and what dead ones left. */
export function aeronFindings(host: Host, aeronDir: string): Finding[] {
  const driver = findLivingDriver(aeronDir);
  return [
    ...(driver === null ? [absentFinding(aeronDir)] : driverFindings(aeronDir, driver)),
    spaceFinding(host, aeronDir),
    ...leftoverFindings(host, aeronDir),
  ];
}

function absentFinding(aeronDir: string): Finding {
  const subject = "media driver";
  if (!existsSync(aeronDir)) return ok(subject, `none in ${aeronDir}: roles start one when they need it`);
  return warn(
    subject,
    `none lives in ${aeronDir}, and a dead one's files are there`,
    `the next media driver removes them, or: rm -r ${aeronDir}`,
  );
}

function driverFindings(aeronDir: string, { pid, evidence }: LivingDriver): Finding[] {
  const subject = "media driver";
  const rights = missingRights(join(aeronDir, "cnc.dat"));
  if (rights !== null) {
    const remedy = "run as the user that runs it, or start it with umask 000 (or 007 and a common group)";
    return [bad(subject, `pid ${pid} in ${aeronDir}: ${rights}`, remedy)];
  }
  const findings: Finding[] = [];
  if (evidence === "lock")
    findings.push(ok(subject, `one of ours, pid ${pid}, in ${aeronDir}: its timer and time-outs are set`));
  else {
    findings.push(
      warn(
        subject,
        `a foreign one, pid ${pid}, in ${aeronDir}: its timer_interval cannot be seen from outside`,
        "start it with AERON_TIMER_INTERVAL=1ms: with the default of 1 s, a stopped consumer silences the others for 2 s",
      ),
    );
  }
  return [...findings, ...counterFindings(aeronDir)];
}

function counterFindings(aeronDir: string): Finding[] {
  try {
    using reader = CountersReader.open(aeronDir);
    const system = reader.snapshot((typeId) => typeId === SYSTEM_COUNTER);
    const errors = system.find(({ label }) => /^Errors\b/.test(label))?.value ?? 0n;
    const liveness = `clients are given up after ${formatDuration(reader.clientLivenessNs)}`;
    const started = `Aeron ${AERON_VERSION.major}.${AERON_VERSION.minor} reads it`;
    const findings = [ok("client time-out", `${liveness}; ${started}`)];
    if (errors > 0n) {
      findings.push(
        warn("Aeron's errors", `${formatCount(errors)} since the driver started`, "Aeron's ErrorStat shows them"),
      );
    } else findings.push(ok("Aeron's errors", "none"));
    return findings;
  } catch (error) {
    if (!(error instanceof CountersError)) throw error;
    return [bad("counters", messageOf(error), "use a media driver of Aeron 1.54, or end this one")];
  }
}

function spaceFinding(host: Host, aeronDir: string): Finding {
  const subject = `space for Aeron`;
  const { kind, freeBytes } = host.fileSystem(aeronDir);
  const found = `${formatBytes(freeBytes)} free for ${aeronDir} (${kind === "other" ? "a disk" : kind})`;
  if (kind !== "tmpfs") return warn(subject, found, "name a folder in memory: --aeron-dir /dev/shm/aeron-NAME");
  return freeBytes < AERON_BYTES ? warn(subject, found, "make /dev/shm larger") : ok(subject, found);
}

/** Folders beside `aeronDir`, or in /dev/shm, whose driver died. */
function leftoverFindings(host: Host, aeronDir: string): Finding[] {
  const folders = new Set(
    [dirname(aeronDir), "/dev/shm"].flatMap((folder) => host.names(folder).map((name) => join(folder, name))),
  );
  const dead = [...folders].filter(
    (path) =>
      path !== aeronDir &&
      /aeron/.test(basename(path)) &&
      existsSync(join(path, "cnc.dat")) &&
      findLivingDriver(path) === null,
  );
  if (dead.length === 0) return [ok("Aeron's leftovers", "none")];
  return [warn("Aeron's leftovers", `${dead.length} dead: ${dead.join(", ")}`, `rm -r ${dead.join(" ")}`)];
}

function missingRights(path: string): string | null {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    return `its files cannot be read and written: ${(error as NodeJS.ErrnoException).code}`;
  }
}
