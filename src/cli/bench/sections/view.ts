import { selfCommand } from "../../../aeron/self-command.ts";
import { Chromium } from "../chromium.ts";
import { type Figure, type SectionResult, say } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import { cpuSecondsOf, ownBytesOf } from "../process-cost.ts";
import { RoleRows } from "../rows.ts";
import { BENCH_STREAM_ID, startJob } from "../stream-run.ts";
import type { ProducerJob, RoleReport, TabReport } from "../worker/jobs.ts";
import type { Place, Workspace } from "../workspace.ts";

const SIDE = 2048;
const RATE_HZ = 200;
const TABS = 3;
const SECONDS = 30;
const SLOTS = 16;
/** After this time caches are filled and code is compiled; shorter before short runs. */
const SETTLE_MS = 2000;
const TIMEOUT_MS = 60_000;
const LOOK_MS = 250;
const TARGETS = { lossShare: 0.03, cores: 1, growthBytes: 16 << 20, perSecond: 20, firstMs: 1000, pageBytes: 300_000 };

/** Pages that show the stream, in a browser or without one. */
interface Tabs {
  readonly name: string;
  /** For each tab, the pictures so far and the time of its first one. */
  look(): Promise<readonly { readonly pictures: number; readonly firstMs: number | null }[]>;
  close(): Promise<void>;
}

interface Outcome {
  readonly tabs: string;
  readonly framesPerSecondWithout: number;
  readonly framesPerSecondWith: number;
  readonly lossShare: number;
  readonly serverCores: number;
  /** The server's memory at the end of each second. */
  readonly serverBytes: readonly number[];
  readonly growthBytes: number;
  /** Rate of the slowest tab. */
  readonly picturesPerSecond: number;
  /** Time to the first picture; the largest of all tabs. */
  readonly firstPictureMs: number;
}

/** A stream of large pictures, first without readers and then with open pages: their cost to the producer and the server. */
export async function view(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  const side = Math.floor(Math.sqrt((options.payloadBytes ?? SIDE * SIDE * 2) / 2));
  const count = options.consumers ?? TABS;
  const chromium = Chromium.find();
  if (chromium === null) say("view: no Chromium is installed: pages are WebSocket clients only");
  const kinds: ((place: Place, url: string) => Promise<Tabs>)[] = [
    (_place, url) => Promise.resolve(clientTabs(workspace, url, count)),
    ...(chromium === null ? [] : [(place: Place, url: string) => browserTabs(chromium, workspace, place, url, count)]),
  ];
  const outcomes: Outcome[] = [];
  let pageBytes = 0;
  for (const open of kinds) {
    const place = workspace.place();
    const rows = new RoleRows();
    const producer = startJob<RoleReport>(workspace, producerJob(place, side, options), { onLine: rows.onLine });
    const server = await startServer(workspace, place);
    try {
      pageBytes = await compressedBytes(server.url);
      outcomes.push(await measure(rows, server, () => open(place, server.url), options.seconds ?? SECONDS));
    } finally {
      await server.stop();
      await producer.child.stop();
      workspace.remove(place);
    }
  }
  const what = `view, ${side} x ${side} uint16 at ${options.rateHz ?? RATE_HZ}/s`;
  return {
    json: { side, tabs: count, pageBytes, runs: outcomes },
    figures: [
      ...outcomes.flatMap((outcome) => figuresOf(`${what}, ${outcome.tabs}`, outcome)),
      {
        section: what,
        name: "page, compressed",
        value: pageBytes,
        unit: "bytes",
        target: { text: `< ${TARGETS.pageBytes / 1000} kB`, met: pageBytes < TARGETS.pageBytes },
      },
    ],
  };
}

function producerJob(place: Place, side: number, options: BenchOptions): { readonly kind: "producer" } & ProducerJob {
  return {
    kind: "producer",
    aeronDir: place.aeronDir,
    shmDir: place.shmDir,
    embedded: true,
    idle: options.idle ?? "backoff",
    streamId: BENCH_STREAM_ID,
    rows: true,
    payloadBytes: side * side * 2,
    side,
    slots: options.slots ?? SLOTS,
    fill: options.fill ?? "copy",
    flow: "drop",
    frames: null,
    seconds: null,
    rateHz: options.rateHz ?? RATE_HZ,
    consumers: 0,
  };
}

async function measure(
  rows: RoleRows,
  { pid }: Pick<Server, "pid">,
  open: () => Promise<Tabs>,
  seconds: number,
): Promise<Outcome> {
  await until(() => Promise.resolve(rows.last("claimed") > 0), "the first frame");
  const settleMs = Math.min(SETTLE_MS, seconds * 250);
  await Bun.sleep(settleMs);
  const before = await rateDuring(rows, (seconds * 1000) / 4);
  const tabs = await open();
  say(`view: ${tabs.name}`);
  try {
    const areAllShown = async (): Promise<boolean> => (await tabs.look()).every(({ pictures }) => pictures > 0);
    await until(areAllShown, "a picture in each page");
    await Bun.sleep(settleMs);
    const first = await tabs.look();
    const [beganMs, beganCpu] = [performance.now(), cpuSecondsOf(pid)];
    const serverBytes: number[] = [];
    while (performance.now() - beganMs < seconds * 1000) {
      await Bun.sleep(Math.min(1000, seconds * 100));
      serverBytes.push(ownBytesOf(pid));
    }
    const last = await tabs.look();
    const endMs = performance.now();
    const elapsed = (endMs - beganMs) / 1000;
    const during = rows.rateDuring("claimed", beganMs, endMs);
    const serverCores = (cpuSecondsOf(pid) - beganCpu) / elapsed;
    await tabs.close();
    await Bun.sleep(settleMs);
    const after = await rateDuring(rows, (seconds * 1000) / 4);
    const without = (before + after) / 2;
    const third = Math.ceil(serverBytes.length / 3);
    return {
      tabs: tabs.name,
      framesPerSecondWithout: without,
      framesPerSecondWith: during,
      lossShare: 1 - during / without,
      serverCores,
      serverBytes,
      growthBytes: mean(serverBytes.slice(-third)) - mean(serverBytes.slice(0, third)),
      picturesPerSecond: Math.min(...last.map(({ pictures }, i) => (pictures - (first[i]?.pictures ?? 0)) / elapsed)),
      firstPictureMs: Math.max(...last.map(({ firstMs }) => firstMs ?? Number.POSITIVE_INFINITY)),
    };
  } catch (error) {
    await tabs.close();
    throw error;
  }
}

function figuresOf(section: string, outcome: Outcome): Figure[] {
  const { lossShare, serverCores, growthBytes, picturesPerSecond, firstPictureMs } = outcome;
  return [
    {
      section,
      name: "producer, with pages",
      value: outcome.framesPerSecondWith,
      unit: "frames/s",
      ratio: { value: 1 - lossShare, to: "without" },
      target: { text: `loses < ${TARGETS.lossShare * 100} %`, met: lossShare < TARGETS.lossShare },
    },
    { section, name: "producer, without", value: outcome.framesPerSecondWithout, unit: "frames/s" },
    {
      section,
      name: "CPU of the server",
      value: serverCores,
      unit: "cores",
      target: { text: `< ${TARGETS.cores}`, met: serverCores < TARGETS.cores },
    },
    { section, name: "memory of the server", value: outcome.serverBytes.at(-1) ?? 0, unit: "bytes" },
    {
      section,
      name: "its growth, last third against first",
      value: growthBytes,
      unit: "bytes",
      target: { text: `< ${TARGETS.growthBytes >> 20} MiB`, met: growthBytes < TARGETS.growthBytes },
    },
    {
      section,
      name: "pictures of the slowest page",
      value: picturesPerSecond,
      unit: "pictures/s",
      target: { text: `>= ${TARGETS.perSecond}`, met: picturesPerSecond >= TARGETS.perSecond },
    },
    {
      section,
      name: "first picture after opening",
      value: firstPictureMs,
      unit: "ms",
      target: { text: `<= ${TARGETS.firstMs}`, met: firstPictureMs <= TARGETS.firstMs },
    },
  ];
}

/** Pages without a browser, one process each. */
function clientTabs(workspace: Workspace, url: string, count: number): Tabs {
  const tabs = Array.from({ length: count }, () => {
    let newest: TabReport | null = null;
    const job = { kind: "tab", url: `${url.replace("http", "ws")}/socket`, stream: BENCH_STREAM_ID } as const;
    const worker = startJob<TabReport>(workspace, job, {
      onLine: (line) => {
        newest = JSON.parse(line) as TabReport;
      },
    });
    return { worker, look: () => newest };
  });
  return {
    name: `${count} WebSocket clients`,
    look: () =>
      Promise.resolve(
        tabs.map(({ look }) => {
          const report = look();
          return { pictures: report?.pictures ?? 0, firstMs: report?.firstPictureMs ?? null };
        }),
      ),
    close: async () => {
      for (const { worker } of tabs) await worker.child.stop();
    },
  };
}

async function browserTabs(
  program: string,
  workspace: Workspace,
  place: Place,
  url: string,
  count: number,
): Promise<Tabs> {
  const chromium = await Chromium.start(program, workspace, place);
  const sessions: string[] = [];
  for (let i = 0; i < count; i++) sessions.push(await chromium.open(`${url}#/stream/${BENCH_STREAM_ID}`));
  return {
    name: `${count} pages in Chromium`,
    look: async () => {
      const found = await Promise.all(sessions.map((session) => chromium.drawn(session)));
      return found.map(({ drawn, firstMs }) => ({ pictures: drawn, firstMs }));
    },
    close: () => chromium[Symbol.asyncDispose](),
  };
}

interface Server {
  readonly pid: number;
  /** URL of the page. */
  readonly url: string;
  stop(): Promise<void>;
}

async function startServer(workspace: Workspace, { aeronDir, shmDir }: Place): Promise<Server> {
  let url: string | null = null;
  const dirs = ["--aeron-dir", aeronDir, "--shm-dir", shmDir];
  const child = workspace.start([...selfCommand(), "view", "--http", "0", ...dirs, "-q"], {
    onLine: (line) => {
      url ??= /^(http:[^#]+)#/.exec(line)?.[1] ?? null;
    },
  });
  await until(() => Promise.resolve(url !== null), "the address of the page");
  return { pid: child.pid, url: url ?? "", stop: () => child.stop() };
}

/** Size of everything that a browser fetches to show the page, compressed as a proxy would do it. */
async function compressedBytes(url: string): Promise<number> {
  let sum = 0;
  for (const path of ["", "/page.js", "/page.css"]) {
    const response = await fetch(url + path);
    sum += Bun.gzipSync(await response.arrayBuffer()).length;
  }
  return sum;
}

async function rateDuring(rows: RoleRows, durationMs: number): Promise<number> {
  const beganMs = performance.now();
  await Bun.sleep(durationMs);
  return rows.rateDuring("claimed", beganMs, performance.now());
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + TIMEOUT_MS;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`view: ${what} did not come within ${TIMEOUT_MS / 1000} s`);
    await Bun.sleep(LOOK_MS / 10);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
