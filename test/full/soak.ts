// A soak: all roles under random faults, with checkers. Everything follows from the seed, which is printed first.
//
//   bun test/full/soak.ts [--minutes N] [--seed S] [--faults kill,end,stop,flood,fill] [--media-driver own|embedded|foreign]
//
// Roles are killed, ended, paused and started again, Aeron streams are flooded, /dev/shm is filled. What is checked: no frame is
// torn or accepted twice; the accounts of producers and consumers close; no role is silent for more than 5 s while its peers are
// up; none crashes, or holds more and more; /dev/shm is empty at the end. Exit code 1: something was found; the logs are kept.
// --media-driver: ours as a process of its own, ours within the driver's process, or the program that the variable AERONMD names.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TestFolder } from "../support/test-folder.ts";
import type { MediaDriverKind } from "./soak/cast.ts";
import { FAULT_KINDS } from "./soak/schedule.ts";
import { type SoakOptions, SoakRun } from "./soak/soak-run.ts";

const SHM = "/dev/shm";
/** Enough for all roles with the epochs that a driver retains. */
const SHM_BYTES = "256m";
/** Set in the process that has a /dev/shm of its own. */
const INSIDE = "SOAK_INSIDE";
const UNSHARE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "3" },
      seed: { type: "string" },
      faults: { type: "string", default: FAULT_KINDS.join(",") },
      "media-driver": { type: "string", default: "own" },
    },
  });
  if (process.env[INSIDE] === undefined) {
    const seed = values.seed ?? `${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    const args = [
      "--minutes",
      values.minutes,
      "--seed",
      seed,
      "--faults",
      values.faults,
      ...["--media-driver", values["media-driver"]],
    ];
    console.error(`soak: seed ${seed}, ${values.minutes} minute(s)`);
    const inside = await runInside(args);
    if (inside !== null) return inside;
    console.error("soak: this user has no /dev/shm of its own to fill: that fault is left out");
    values.seed = seed;
  }
  const mediaDriver = mediaDriverOf(values["media-driver"]);
  const kinds = FAULT_KINDS.filter((kind) => values.faults.split(",").includes(kind));
  return await soak({ seed: Number(values.seed), minutes: Number(values.minutes), kinds, mediaDriver });
}

function mediaDriverOf(text: string): MediaDriverKind {
  if (text === "own" || text === "embedded") return text;
  const foreign = process.env["AERONMD"];
  if (text === "foreign" && foreign !== undefined) return { foreign };
  throw new Error(`--media-driver: expected own, embedded, or foreign with AERONMD set, found ${text}`);
}

/** Runs the same in namespaces of its own. @returns its exit code; null where this user may not do that */
async function runInside(args: readonly string[]): Promise<number | null> {
  for (const as of [[], ["--map-root-user"]]) {
    const prefix = [...UNSHARE, ...as];
    if ((await Bun.spawn([...prefix, "true"], { stdout: "ignore", stderr: "ignore" }).exited) !== 0) continue;
    const script = `mount -t tmpfs -o size=${SHM_BYTES},mode=1777 tmpfs ${SHM} && exec "$@"`;
    const command = [process.execPath, import.meta.path, ...args];
    const child = Bun.spawn([...prefix, "bash", "-c", script, "bash", ...command], {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, [INSIDE]: "1" },
    });
    // unshare waits for its child whatever signal comes.
    const pass = (signal: NodeJS.Signals): void => {
      const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "latin1");
      process.kill(Number.parseInt(children, 10), signal);
    };
    process.on("SIGINT", pass).on("SIGTERM", pass);
    return await child.exited;
  }
  return null;
}

async function soak(options: Omit<SoakOptions, "shmDir" | "logDir">): Promise<number> {
  const isPrivate = process.env[INSIDE] !== undefined;
  const folder = isPrivate ? null : new TestFolder();
  const logDir = mkdtempSync(join(tmpdir(), "tensorpool-soak-"));
  const shmDir = folder?.path ?? SHM;
  const run = new SoakRun({
    ...options,
    // The memory that others use as well is not filled.
    kinds: options.kinds.filter((kind) => isPrivate || kind !== "fill"),
    shmDir,
    logDir,
  });
  const stop = (): void => {
    run.destroy();
    console.error(run.describe());
    process.exit(2);
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    const findings = await run.run();
    console.error(`soak: ${run.status}`);
    if (findings.length > 0) console.error(run.describe());
    else rmSync(logDir, { recursive: true });
    return findings.length === 0 ? 0 : 1;
  } finally {
    run.destroy();
    folder?.remove();
  }
}

process.exitCode = await main();
