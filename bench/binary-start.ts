// Start-up time of an executable, and its memory while idle.
import { readFileSync } from "node:fs";
import { controlPublicationChannel, observerChannel } from "../src/aeron/channel.ts";
import { AeronConnection } from "../src/aeron/connection.ts";
import type { Child } from "../src/cli/bench/child.ts";
import type { Place, Workspace } from "../src/cli/bench/workspace.ts";
import { DEFAULT_STREAMS } from "../src/protocol/stream-ids.ts";
import { AttachMessages } from "../src/roles/attach-messages.ts";
import { ResponseCode, ShmAttachResponseDecoder } from "../src/sbe/generated/driver/index.ts";
import { messageKeyAt } from "../src/sbe/header.ts";

/** The command line that starts a program. */
type Command = readonly string[];

const STREAM_ID = 10_000;
const DRIVER_SLOTS = 64;
const TIMEOUT_MS = 20_000;
const FRAGMENTS_PER_POLL = 16;
/** The answer is polled every millisecond; the request is repeated with every tenth poll. */
const ATTEMPTS_PER_REQUEST = 10;
/** Compilation and garbage collection after the start are finished by then. */
const SETTLE_MS = 3000;

/** Milliseconds from the start of `--version` to its end. */
export async function versionMs(workspace: Workspace, program: Command): Promise<number> {
  const beginMs = performance.now();
  await workspace.start([...program, "--version"]).succeeded();
  return performance.now() - beginMs;
}

export interface DriverFigures {
  /** From the start of a driver with 64 MiB to the first lease that it grants. */
  readonly readyMs: number;
  /** From the start of a consumer to its first frame; driver and producer are already running. */
  readonly firstFrameMs: number;
  /** Memory of the idle driver, without the regions. */
  readonly idleBytes: number;
}

/** Starts a driver, a producer and a consumer, one after the other. */
export async function driverFigures(workspace: Workspace, program: Command): Promise<DriverFigures> {
  const place = workspace.place();
  const where = ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
  const stream = ["--stream", String(STREAM_ID)];
  const lease = firstLease(place);
  const beginMs = performance.now();
  const layout = ["--slots", String(DRIVER_SLOTS), "--pool", "1MiB"];
  const driver = workspace.start([...program, "driver", ...where, ...stream, ...layout, "-q"]);
  const readyMs = (await unlessEnded(lease, driver)) - beginMs;
  await Bun.sleep(SETTLE_MS);
  const idleBytes = residentBytes(readFileSync(`/proc/${driver.pid}/smaps`, "latin1"), place.shmDir);
  const firstFrameMs = await firstFrame(workspace, [...program], [...where, ...stream]);
  await driver.stop();
  workspace.remove(place);
  return { readyMs, firstFrameMs, idleBytes };
}

/** Time at which the driver grants a lease to repeated requests: a client that waits for its answer would add its own pauses. */
async function firstLease({ aeronDir }: Place): Promise<number> {
  const connection = new AeronConnection({ aeronDir, clientName: "tensorpool bench" });
  const { channel, controlStreamId } = DEFAULT_STREAMS;
  const publication = connection.addPublication(controlPublicationChannel(channel), controlStreamId);
  const messages = new AttachMessages(publication);
  const answer = new ShmAttachResponseDecoder();
  const identity = { streamId: STREAM_ID, clientId: 1, role: "consumer" } as const;
  const correlationId = 1n;
  let isGranted = false;
  const subscription = connection.addSubscription(observerChannel(channel), controlStreamId, (view, length) => {
    if (messageKeyAt(view, 0, length) !== ShmAttachResponseDecoder.KEY || answer.wrap(view, 0, length) !== null) return;
    isGranted ||= answer.correlationId === correlationId && answer.code === ResponseCode.OK;
  });
  try {
    for (let attempt = 0; !isGranted; attempt++) {
      connection.doWork(Bun.nanoseconds());
      if (attempt % ATTEMPTS_PER_REQUEST === 0 && publication.isConnected) {
        messages.requestAttach(identity, correlationId, false);
      }
      subscription.poll(FRAGMENTS_PER_POLL);
      await Bun.sleep(1);
    }
    return performance.now();
  } finally {
    connection.onClose();
  }
}

async function firstFrame(workspace: Workspace, program: Command, place: readonly string[]): Promise<number> {
  const published = Promise.withResolvers<void>();
  const source = ["--source", "synthetic:dtype=uint8,dims=64", "--rate", "1000"];
  const rows = ["-o", "jsonl", "--stats-interval", "0.1", "-q"];
  const producer = workspace.start([...program, "producer", ...place, ...source, ...rows], {
    onLine: () => published.resolve(),
  });
  await unlessEnded(published.promise, producer);
  const seen = Promise.withResolvers<number>();
  const beginMs = performance.now();
  // The header of the first record ends with a line feed.
  const consumer = workspace.start([...program, "consumer", ...place, "--sink", "npy:-", "--count", "1", "-q"], {
    onLine: () => seen.resolve(performance.now()),
  });
  const elapsedMs = (await unlessEnded(seen.promise, consumer)) - beginMs;
  await consumer.succeeded();
  await producer.stop();
  return elapsedMs;
}

/** @throws Error if the process ends first, or after the time-out */
async function unlessEnded<T>(promise: Promise<T>, child: Child): Promise<T> {
  const late = Bun.sleep(TIMEOUT_MS).then(() => "nothing within 20 s");
  const ended = child.ended.then((code) => `its end with ${code}: ${child.errors.slice(-3).join("\n")}`);
  const found = await Promise.race([promise.then((value) => ({ value })), ended, late]);
  if (typeof found !== "string") return found.value;
  throw new Error(`expected a sign of a process, found ${found}`);
}

/** Resident memory of a process, from its smaps, without mapped files below a folder. */
export function residentBytes(smaps: string, withoutFolder: string): number {
  let isCounted = true;
  let kibibytes = 0;
  for (const line of smaps.split("\n")) {
    const mapping = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+\s*(.*)$/.exec(line);
    if (mapping !== null) isCounted = !mapping[1]?.startsWith(`${withoutFolder}/`);
    const resident = /^Rss:\s+(\d+) kB$/.exec(line);
    if (resident !== null && isCounted) kibibytes += Number(resident[1]);
  }
  return kibibytes * 1024;
}
