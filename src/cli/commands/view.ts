import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import type { Agent } from "../../core/agent.ts";
import { OptionError, UsageError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { ObserverIdle } from "../../observe/observer-idle.ts";
import { RecordingSet } from "../../recording/recording-set.ts";
import { Supervisor } from "../../supervision/supervisor.ts";
import { ViewHub } from "../../view/hub.ts";
import { RecordingHub } from "../../view/recording/recording-hub.ts";
import type { ListenAddress } from "../../web/address.ts";
import { ListenError } from "../../web/listen-error.ts";
import { PageServer } from "../../web/page-server.ts";
import { isOpenToOthers, type ServerOptions, SupervisorServer } from "../../web/server.ts";
import { shmDirOf } from "../config/aeron-dir.ts";
import { ExitCode } from "../exit.ts";
import { StopSignals } from "../lifetime/signals.ts";
import { requireStreamText } from "../observe/find-stream.ts";
import { baseDirsOf } from "../observe/meters.ts";
import type { CommandContext } from "../specs/command.ts";
import type { ViewValues } from "../specs/view.ts";
import { descriptorStreamsOf } from "../supervision/descriptor-streams.ts";
import { foxgloveAgents, foxgloveOf } from "../supervision/foxglove.ts";
import { listenAddress } from "../supervision/listen-address.ts";
import { supervisionOf } from "../supervision/thresholds.ts";
import { ToolRuntime } from "../tool/tool-runtime.ts";
import { VERSION } from "../version.ts";

const log = getLogger("view");
const DEFAULT_PORT = 9470;
/** Idle time between two duty cycles: with a page open, and with none. */
const BUSY_REST_NS = 1e6;
const CALM_REST_NS = 5e6;

/** `view`: serves a browser page that shows streams and their frames. */
export async function run(context: CommandContext<ViewValues>): Promise<number> {
  const [stream] = context.positionals;
  if (context.positionals.some(isRecording)) return await viewRecording(context);
  if (context.positionals.length > 1) throw new UsageError("view: name one stream, or the files of a recording");
  if (stream !== undefined) requireStreamText(stream, "view: <stream>");
  const { values, others } = descriptorStreamsOf(context);
  const http = httpOf(values);
  const foxglove = foxgloveOf(values);
  const supervision = supervisionOf(values);
  const baseDirs = baseDirsOf(values);
  const idle = new ObserverIdle();
  using runtime = new ToolRuntime(values, "view", { idle, waitsForDriver: true });
  const { scheduler, connection, streams, aeronDir } = runtime;
  const { clock } = scheduler;
  const supervisor = new Supervisor(connection, { streams, descriptorStreamIds: others, supervision, rules: [] });
  const hub = new ViewHub({ connection, clock, streams, baseDirs, supervisor, aeronDir, version: VERSION });
  const supervised = { supervisor, clock, aeronDir, shmDir: shmDirOf(values), version: VERSION };
  const isAsked = values.http !== undefined;
  const server = serverAt(http, isAsked, (at) => new SupervisorServer(supervised, at, hub));
  const rest: Agent = {
    roleName: "rest",
    doWork: () => {
      idle.setPollInterval(hub.eyes.watchers > 0 ? BUSY_REST_NS : CALM_REST_NS);
      return 0;
    },
  };
  scheduler.add(supervisor, { vital: true });
  for (const agent of [hub, server, rest]) scheduler.add(agent);
  if (foxglove !== null) for (const agent of foxgloveAgents(foxglove, hub, supervisor, clock)) scheduler.add(agent);
  const url = pageUrl(server.url, stream, http);
  console.log(url);
  if (isOpenToOthers(http)) log.warn(`${server.url} is open to other machines, and not encrypted`);
  if (values.open) openInBrowser(url);
  return await runtime.run();
}

/** `view FILE..`: shows a recording on the same page; needs no media driver. */
async function viewRecording({ values, positionals }: CommandContext<ViewValues>): Promise<number> {
  const http = httpOf(values);
  if (values.foxglove)
    throw new OptionError("foxglove", "expected a stream with it: viewers open a recording as a file");
  using set = RecordingSet.open(positionals);
  if (set.streams.length === 0) throw new UsageError(`view: ${set.name} has no streams of frames`);
  const hub = new RecordingHub(set, VERSION);
  for (const cut of hub.info.cuts) log.info(`${cut}; what is complete is shown`);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  using signals = new StopSignals({ onStop: () => end() });
  await using server = serverAt(http, values.http !== undefined, (at) => new PageServer(hub, at));
  const timer = values.seconds === undefined ? undefined : setTimeout(end, values.seconds / 1e6);
  const url = pageUrl(server.url, undefined, http);
  console.log(url);
  if (isOpenToOthers(http)) log.warn(`${server.url} is open to other machines, and not encrypted`);
  if (values.open) openInBrowser(url);
  await ended;
  clearTimeout(timer);
  hub.end();
  return signals.exitCode(ExitCode.DONE);
}

/** True for a name that ends in .mcap, an existing file, or an existing folder written with a slash. */
function isRecording(argument: string): boolean {
  if (argument.endsWith(".mcap")) return true;
  const found = statSync(argument, { throwIfNoEntry: false });
  return found?.isFile() === true || (argument.includes("/") && found?.isDirectory() === true);
}

/** @throws OptionError */
function httpOf({ http, httpToken, httpHosts = [], listen }: ViewValues): ServerOptions {
  const options = { address: addressOf(http, listen), hostNames: httpHosts, token: httpToken ?? null };
  if (options.token === null && isOpenToOthers(options)) {
    const name = listen !== undefined ? "listen" : httpHosts.length > 0 ? "httpHosts" : "http";
    throw new OptionError(name, "expected --http-token with it: other machines would see every frame");
  }
  return options;
}

/** @throws OptionError */
function addressOf(http: string | undefined, listen: string | undefined): ListenAddress {
  const host = listen === "*" ? "0.0.0.0" : listen?.replace(/^\[|\]$/g, "");
  const address = listenAddress("http", http ?? String(DEFAULT_PORT));
  return host === undefined ? address : { hostname: host, port: address.port };
}

/** Listens at the address; if the user set none and the default port is in use, at any free port. @throws ListenError */
function serverAt<T>(http: ServerOptions, isAsked: boolean, listen: (options: ServerOptions) => T): T {
  try {
    return listen(http);
  } catch (error) {
    if (isAsked || !(error instanceof ListenError) || error.code !== "address-in-use") throw error;
    return listen({ ...http, address: { ...http.address, port: 0 } });
  }
}

/** The token follows `#`, a part that browsers do not send: the page reads it and removes it from the address bar. */
function pageUrl(serverUrl: string, stream: string | undefined, { token }: ServerOptions): string {
  const place = stream === undefined ? "/" : `/stream/${encodeURIComponent(stream)}`;
  const secret = token === null ? "" : `?token=${encodeURIComponent(token)}`;
  return `${serverUrl}/view#${place}${secret}`;
}

function openInBrowser(url: string): void {
  const child = spawn("xdg-open", [url], { stdio: "ignore", detached: true });
  child.on("error", ({ message }) => log.warn(`--open: xdg-open could not be started (${message}); open ${url}`));
  child.unref();
}
