import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { AERON_VERSION } from "../../../ffi/load.ts";
import { CountersError, CountersReader } from "../../aeron/counters-reader.ts";
import { type LivingDriver, lookForDriver } from "../../aeron/driver-watch.ts";
import { findAeronLeftovers } from "../../aeron/leftovers.ts";
import { messageOf } from "../../core/errors.ts";
import { formatBytes, formatCount, formatDuration } from "../../core/units.ts";
import { bad, type Finding, ok, warn } from "./finding.ts";
import type { Host } from "./host.ts";

/** Our media driver needs 12 MiB at start and 200 KiB per publication; one with Aeron's default buffers needs 48 MB. */
const AERON_BYTES = 64 * 1024 ** 2;
/** Aeron's type id of the counters that each driver has once. */
const SYSTEM_COUNTER = 0;
/** Settings that another media driver needs; each keeps a fault of one client from stopping others. */
const FOREIGN_SETTINGS =
  "AERON_TIMER_INTERVAL=1ms (with 1 s, a stopped consumer silences the others for 2 s), " +
  "AERON_TERM_BUFFER_SPARSE_FILE=false (else a full /dev/shm ends all clients by SIGBUS), " +
  "AERON_COUNTERS_FREE_TO_REUSE_TIMEOUT=60s (else a client that was paused may write into another's counters)";

/** The media driver in `aeronDir`, if one is alive there, and leftovers of dead ones. */
export function aeronFindings(host: Host, aeronDir: string): Finding[] {
  const look = lookForDriver(aeronDir);
  const findings =
    look.state === "alive"
      ? driverFindings(aeronDir, look.driver)
      : [look.state === "none" ? absentFinding(aeronDir) : unusableFinding(look)];
  return [...findings, spaceFinding(host, aeronDir), ...leftoverFindings(aeronDir)];
}

function absentFinding(aeronDir: string): Finding {
  const subject = "media driver";
  if (!existsSync(aeronDir)) return ok(subject, `none in ${aeronDir}: roles start one when they need it`);
  return warn(
    subject,
    `none lives in ${aeronDir}, which holds the files of one`,
    "the next media driver replaces them; `tensorpool gc` removes what a lock proves dead",
  );
}

function unusableFinding({ state, why }: { readonly state: string; readonly why: string }): Finding {
  const remedies: Readonly<Record<string, string>> = {
    closed: "run as the user that runs it, share it with a group (shm.group), or name another folder with --aeron-dir",
    incompatible: "use a media driver of Aeron 1.54, or name another folder with --aeron-dir",
  };
  return bad("media driver", why, remedies[state] ?? "try again when the shortage is over");
}

function driverFindings(aeronDir: string, { pid, evidence }: LivingDriver): Finding[] {
  const subject = "media driver";
  const rights = missingRights(join(aeronDir, "cnc.dat"));
  if (rights !== null) {
    const remedy = "run as the user that runs it, or start it with umask 007 and a common group (shm.group)";
    return [bad(subject, `pid ${pid} in ${aeronDir}: ${rights}`, remedy)];
  }
  const finding =
    evidence === "lock"
      ? ok(subject, `one of ours, pid ${pid}, in ${aeronDir}: its timer, time-outs and files are set`)
      : warn(
          subject,
          `a foreign one, pid ${pid}, in ${aeronDir}: its settings cannot be seen from outside`,
          `start it with ${FOREIGN_SETTINGS}`,
        );
  return [finding, ...counterFindings(aeronDir)];
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

/** Folders beside `aeronDir`, or in /dev/shm, whose lock proves that the driver is dead: exactly those that `gc` would remove. */
function leftoverFindings(aeronDir: string): Finding[] {
  const rows = [aeronDir, "/dev/shm/aeron"].flatMap((folder) =>
    findAeronLeftovers(folder, { isAlone: false, isDryRun: true }),
  );
  const removable = rows.filter(({ kind, state }) => kind === "aeron" && state === "removable");
  const dead = [...new Set(removable.map(({ path }) => path))];
  if (dead.length === 0) return [ok("Aeron's leftovers", "none")];
  return [
    warn(
      "Aeron's leftovers",
      `${dead.length} dead: ${dead.join(", ")}`,
      "`tensorpool gc --aeron-dir FOLDER` removes what a lock proves dead",
    ),
  ];
}

function missingRights(path: string): string | null {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    return `its files cannot be read and written: ${(error as NodeJS.ErrnoException).code}`;
  }
}
