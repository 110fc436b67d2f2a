import type { Origins } from "../../config/index.ts";
import type { Agent } from "../../core/agent.ts";
import { uptimeNs } from "../../core/clock.ts";
import { OptionError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { formatByteRate, formatCount, formatRate } from "../../core/units.ts";
import { AllowedBaseDirs } from "../../shm/index.ts";
import { consumerViews, type EventView, streamViews } from "../../supervision/model/index.ts";
import { Supervisor } from "../../supervision/supervisor.ts";
import { ViewHub } from "../../view/hub.ts";
import { isLoopback } from "../../web/address.ts";
import { SupervisorServer } from "../../web/server.ts";
import { ExitCode } from "../exit.ts";
import { notifyServiceManager } from "../lifetime/service-manager.ts";
import { printError } from "../output/console.ts";
import { type Column, Output } from "../output/output.ts";
import { RoleRuntime, type RuntimeValues } from "../role/role-runtime.ts";
import { type RunningRole, runAlone } from "../role/running-role.ts";
import { StatsReporter } from "../role/stats-reporter.ts";
import type { CommandContext } from "../specs/command.ts";
import type { SupervisorValues } from "../specs/supervision.ts";
import { descriptorStreamsOf } from "../supervision/descriptor-streams.ts";
import { EventReporter } from "../supervision/event-reporter.ts";
import { type FoxglovePlan, foxgloveAgents, foxgloveOf } from "../supervision/foxglove.ts";
import { listenAddress } from "../supervision/listen-address.ts";
import { supervisionOf } from "../supervision/thresholds.ts";
import { VERSION } from "../version.ts";

const log = getLogger("supervisor");
/** The supervisor attaches to no stream. */
const NO_STREAM = 0;

interface SupervisorRow {
  readonly role: "supervisor";
  readonly seconds: number;
  readonly streams: number;
  readonly streamsLost: number;
  readonly consumers: number;
  readonly framesPerSecond: number;
  /** Sum over the producers whose counters can be read. */
  readonly bytesPerSecond: number;
  readonly drops: number;
  readonly dropsPerSecond: number;
  readonly steered: number;
  readonly events: number;
}

const COLUMNS: readonly Column<SupervisorRow>[] = [
  { header: "streams", cell: ({ streams }) => streams },
  { header: "lost", cell: ({ streamsLost }) => streamsLost },
  { header: "consumers", cell: ({ consumers }) => consumers },
  { header: "frames/s", align: "right", minWidth: 10, cell: (row) => formatRate(row.framesPerSecond) },
  { header: "bytes/s", align: "right", minWidth: 10, cell: (row) => formatByteRate(row.bytesPerSecond) },
  { header: "drops", align: "right", minWidth: 9, cell: ({ drops }) => formatCount(drops) },
  { header: "drops/s", align: "right", minWidth: 9, cell: (row) => formatRate(row.dropsPerSecond) },
  { header: "steered", cell: ({ steered }) => steered },
  { header: "events", align: "right", cell: ({ events }) => formatCount(events) },
];

/** The supervisor's options, validated as far as possible without listening on any port. */
export class SupervisorPlan {
  readonly values: SupervisorValues;
  readonly origins: Origins;
  readonly descriptorStreamIds: readonly number[];
  readonly http: ReturnType<typeof httpOf>;
  readonly foxglove: FoxglovePlan | null;
  readonly runtime: RuntimeValues;

  /** @throws UsageError */
  constructor(context: Pick<CommandContext<SupervisorValues>, "values" | "origins" | "settings">) {
    const { values, others } = descriptorStreamsOf(context);
    this.values = values;
    this.origins = context.origins;
    this.descriptorStreamIds = others;
    this.http = httpOf(values);
    this.foxglove = foxgloveOf(values);
    // It owns no regions, so it needs no driver. It starts no media driver by default: one that it started would have its
    // settings and permissions, and would exist before the driver's own.
    const { mediaDriver = "external" } = values;
    this.runtime = { ...values, standalone: true, mediaDriver, stream: NO_STREAM };
  }
}

/** `supervisor`: watches every stream, steers consumers by rules, and reports over HTTP. */
export async function run(context: CommandContext<SupervisorValues>): Promise<number> {
  const plan = new SupervisorPlan(context);
  using runtime = new RoleRuntime(plan.runtime, "tensorpool supervisor");
  return await runAlone(runtime, () => {
    const role = startSupervisor(runtime, plan);
    // It serves its pages from now on, even while no media driver is running.
    notifyServiceManager(runtime.scheduler, () => true);
    return role;
  });
}

/** Adds the supervisor, and its HTTP server if one is configured. */
export function startSupervisor(runtime: RoleRuntime, plan: SupervisorPlan): RunningRole {
  const { descriptorStreamIds, values, http, foxglove } = plan;
  const { output: format, statsInterval, rules = [] } = values;
  const { scheduler, streams, aeronDir, shmDir, connection } = runtime;
  const output = new Output({ format });
  output.whenClosed(() => scheduler.stop("standard output is closed"));
  const supervisor = new Supervisor(connection, {
    streams,
    descriptorStreamIds,
    supervision: supervisionOf(values),
    rules,
  });
  scheduler.add(supervisor, { vital: true });
  const agents: Agent[] = [new EventReporter(supervisor.model, logEvent)];
  if (http !== null || foxglove !== null) {
    const { clock } = scheduler;
    const baseDirs = AllowedBaseDirs.resolve([shmDir]);
    const hub = new ViewHub({ connection, clock, streams, baseDirs, supervisor, aeronDir, version: VERSION });
    if (http !== null) {
      const server = new SupervisorServer({ supervisor, clock, aeronDir, shmDir, version: VERSION }, http, hub);
      agents.push(server);
      log.info(`/view, /metrics, /healthz, /readyz and /api/v1 are served on ${server.url}`);
      if (!isLoopback(http.address.hostname)) log.warn(`${server.url} is open to other machines, and not encrypted`);
    }
    agents.push(hub);
    if (foxglove !== null) agents.push(...foxgloveAgents(foxglove, hub, supervisor, clock));
  }
  if (statsInterval > 0)
    agents.push(new StatsReporter(output, COLUMNS, statsInterval, (nowNs) => rowOf(supervisor, nowNs)));
  for (const agent of agents) scheduler.add(agent);
  const steering = rules.length === 0 ? "watching only" : `${rules.length} rules`;
  log.info(`listening on ${streams.channel}; ${steering}; Aeron in ${aeronDir}`);
  return {
    name: "supervisor",
    agents: [supervisor, ...agents],
    finish: async () => {
      await output.flush();
      if (!values.quiet) printError(summaryOf(supervisor));
      return ExitCode.DONE;
    },
  };
}

function logEvent({ kind, severity, text }: EventView): void {
  if (severity === "warning") log.warn(`${kind}: ${text}`);
  else log.info(`${kind}: ${text}`);
}

/** @throws OptionError */
function httpOf(values: SupervisorValues): ConstructorParameters<typeof SupervisorServer>[1] | null {
  const { http, httpToken, httpHosts, foxglove } = values;
  if (http === undefined) {
    const stray = Object.entries({ httpToken: foxglove ? undefined : httpToken, httpHosts }).find(
      ([, value]) => value !== undefined,
    );
    if (stray === undefined) return null;
    throw new OptionError(stray[0], "expected --http with it: it is for the HTTP server, which is off");
  }
  return { address: listenAddress("http", http), hostNames: httpHosts ?? [], token: httpToken ?? null };
}

function rowOf({ model, steered }: Supervisor, nowNs: number): SupervisorRow {
  const streams = streamViews(model, nowNs);
  const consumers = consumerViews(model, nowNs).filter(({ state }) => state === "live");
  return {
    role: "supervisor",
    seconds: uptimeNs(nowNs) / 1e9,
    streams: streams.filter(({ state }) => state === "live").length,
    streamsLost: streams.filter(({ state }) => state === "lost").length,
    consumers: consumers.length,
    framesPerSecond: sum(streams.map(({ framesPerSecond }) => framesPerSecond)),
    bytesPerSecond: sum(streams.map(({ bytesPerSecond }) => bytesPerSecond)),
    drops: sum(consumers.map(({ drops }) => drops.total)),
    dropsPerSecond: sum(consumers.map(({ drops }) => drops.perSecond)),
    steered,
    events: model.events.lastId,
  };
}

function summaryOf({ model, observer, configsSent }: Supervisor): string {
  const parts = [
    `${formatCount(observer.messages)} messages heard`,
    `${formatCount(model.events.lastId)} events`,
    `${formatCount(configsSent)} configs sent`,
  ];
  const { refused, inexact } = observer.inbox.counts;
  if (refused + inexact > 0) parts.push(`${formatCount(refused + inexact)} messages refused`);
  return parts.join(", ");
}

function sum(values: readonly (number | null)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}
