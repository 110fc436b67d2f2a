import { join } from "node:path";
import { SELF } from "../../support/place.ts";

/** Where the roles of a run are. */
export interface Place {
  readonly aeronDir: string;
  readonly shmDir: string;
  /** What the producer that waits for its readers repeats. */
  readonly framesFile: string;
  readonly mediaDriver: MediaDriverKind;
}

/** Ours as a process of its own, ours within the driver's process, or a program of another implementation. */
export type MediaDriverKind = "own" | "embedded" | { readonly foreign: string };

/** A role, how it is started, and how its progress shows. */
export interface Part {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What has to run for this role to make progress, as far as there is such a role. */
  readonly peers: readonly string[];
  /** The line on standard error by which it is up; null: when it has lived for a moment. */
  readonly upLine: RegExp | null;
  /** Where its progress shows: in rows on standard output, in the announces that others see, or nowhere. */
  readonly showsBy: "rows" | "announces" | "nothing";
  /** A figure that grows with its progress, of a row. */
  progress(line: string): number;
  /** True for a tool that ends where there is no media driver. */
  readonly endsWithMediaDriver?: boolean;
}

export const MEDIA_DRIVER = "media driver";
export const DRIVER = "driver";
export const TAP = "tap";
export const ANNOUNCE = '"ShmPoolAnnounce"';

const STREAMS = [10_000, 10_001, 10_002] as const;
const FILE_STREAM = 10_002;
export const FILE_ROWS = 32;
export const FILE_COLUMNS = 64;
const LINES = ["-o", "jsonl", "--stats-interval", "250ms"];
const SERVICES = [MEDIA_DRIVER, DRIVER];

/** The consumers: of each stream several, of all modes, with views and with copies. */
const CONSUMERS: readonly { readonly stream: number; readonly sink: string; readonly args: readonly string[] }[] = [
  { stream: 10_000, sink: "", args: [] },
  { stream: 10_000, sink: ",copy=1", args: ["--mode", "decimated", "--decimation", "3"] },
  { stream: 10_000, sink: "", args: ["--mode", "latest"] },
  { stream: 10_001, sink: ",copy=1", args: [] },
  { stream: 10_001, sink: "", args: ["--mode", "latest", "--max-rate", "30"] },
  { stream: FILE_STREAM, sink: ",numbered=0", args: [] },
];

/** All roles, in the order in which they are started. */
export function castOf(place: Place): readonly Part[] {
  const at = ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
  const producers = STREAMS.map((stream) => producerOf(stream, place, at));
  const consumers = CONSUMERS.map((_, i) => consumerOf(i, at));
  const all = [...SERVICES, ...[...producers, ...consumers].map(({ name }) => name)];
  return [
    ...mediaDriverOf(place),
    {
      name: DRIVER,
      command: [
        ...SELF,
        ...["driver", "--stream", STREAMS.join(","), "--slots", "64", "--pool", "16KiB,64KiB"],
        ...["--media-driver", place.mediaDriver === "embedded" ? "embedded" : "external", ...at],
      ],
      // Its announces are seen by the tap.
      peers: [MEDIA_DRIVER, TAP],
      upLine: /leases end/,
      showsBy: "announces",
      progress: () => 0,
    },
    ...producers,
    ...consumers,
    {
      name: "supervisor",
      command: [...SELF, "supervisor", ...LINES, ...at],
      peers: all,
      upLine: /./,
      showsBy: "rows",
      // The lines in which all are seen.
      progress: progressOfLines((row) => row.streams === STREAMS.length && row.consumers >= CONSUMERS.length),
    },
    {
      name: TAP,
      command: [...SELF, ...["tap", "--kind", "control,qos,metadata", "-o", "jsonl", "--aeron-dir", place.aeronDir]],
      peers: SERVICES,
      upLine: /./,
      showsBy: "rows",
      progress: progressOfLines(() => true),
      endsWithMediaDriver: true,
    },
  ];
}

function mediaDriverOf({ aeronDir, mediaDriver }: Place): Part[] {
  const common = { name: MEDIA_DRIVER, peers: [], showsBy: "nothing", progress: () => 0 } as const;
  if (mediaDriver === "embedded") return [];
  if (mediaDriver === "own") {
    const command = [...SELF, "media-driver", "--aeron-dir", aeronDir, "--linger", "0"];
    return [{ ...common, command, upLine: /serves/ }];
  }
  const env = { AERON_DIR: aeronDir, AERON_DIR_DELETE_ON_START: "1", AERON_DIR_DELETE_ON_SHUTDOWN: "1" };
  return [{ ...common, command: [mediaDriver.foreign], env, upLine: null }];
}

function producerOf(stream: number, { framesFile }: Place, at: readonly string[]): Part {
  const sources: Readonly<Record<number, readonly string[]>> = {
    10000: ["--source", `module:${join(import.meta.dir, "source.ts")},rows=64`, "--rate", "400"],
    10001: ["--source", `module:${join(import.meta.dir, "source.ts")},rows=256`, "--rate", "150"],
    [FILE_STREAM]: [
      ...["--source", `raw:${framesFile}`, "--dtype", "uint32", "--dims", `${FILE_ROWS}x${FILE_COLUMNS}`],
      ...["--rate", "200", "--flow", "wait", "--wait-timeout", "1s"],
    ],
  };
  const consumers = CONSUMERS.flatMap((one, i) => (one.stream === stream ? [consumerName(i)] : []));
  return {
    name: producerName(stream),
    command: [
      ...SELF,
      ...["producer", "--stream", `${stream}`, "--attach-timeout", "0"],
      ...(sources[stream] as string[]),
      ...LINES,
      ...at,
    ],
    peers: [...SERVICES, ...consumers],
    upLine: /flow/,
    showsBy: "rows",
    progress: (line) => JSON.parse(line).counters.published,
  };
}

function consumerOf(index: number, at: readonly string[]): Part {
  const { stream, sink, args } = CONSUMERS[index] as (typeof CONSUMERS)[number];
  return {
    name: consumerName(index),
    command: [
      ...SELF,
      ...["consumer", "--stream", `${stream}`, "--attach-timeout", "0"],
      ...["--sink", `module:${join(import.meta.dir, "sink.ts")}${sink}`],
      ...args,
      ...LINES,
      ...at,
    ],
    peers: [...SERVICES, producerName(stream)],
    upLine: /mode/,
    showsBy: "rows",
    progress: (line) => JSON.parse(line).counters.accepted,
  };
}

function producerName(stream: number): string {
  return `producer ${stream}`;
}

function consumerName(index: number): string {
  return `consumer ${index + 1} of ${CONSUMERS[index]?.stream}`;
}

/** Counts the lines that are signs of life. */
// biome-ignore lint/suspicious/noExplicitAny: a row of the command line, as it is printed
function progressOfLines(counts: (row: any) => boolean): (line: string) => number {
  let lines = 0;
  return (line) => {
    if (counts(JSON.parse(line))) lines++;
    return lines;
  };
}
