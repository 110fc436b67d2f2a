import { ruleList } from "../../config/index.ts";
import type { Agent } from "../../core/agent.ts";
import { uptimeNs } from "../../core/clock.ts";
import { UsageError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { formatByteRate, formatCount, formatRate } from "../../core/units.ts";
import { consumerViews, type EventView, type SteeringRule, streamViews } from "../../protocol/supervision/index.ts";
import { Supervisor } from "../../roles/supervisor.ts";
import { isLoopback, parseListenAddress } from "../../web/address.ts";
import { SupervisorServer } from "../../web/server.ts";
import type { CommandContext } from "../command.ts";
import { printError } from "../console.ts";
import { ExitCode } from "../exit.ts";
import type { OptionValues } from "../option-spec.ts";
import { type Column, Output, type OutputFormat, parseOutputFormat } from "../output.ts";
import { RoleRuntime } from "../role-runtime.ts";
import { type RunningRole, runAlone } from "../running-role.ts";
import { notifyServiceManager } from "../service-manager.ts";
import { StatsReporter } from "../stats-reporter.ts";
import { descriptorStreamsOf } from "../supervision/descriptor-streams.ts";
import { EventReporter } from "../supervision/event-reporter.ts";
import { supervisionOf } from "../supervision/thresholds.ts";
import { VERSION } from "../version.ts";

const log = getLogger("supervisor");

interface SupervisorRow {
  readonly role: "supervisor";
  readonly seconds: number;
  readonly streams: number;
  readonly streamsLost: number;
  readonly consumers: number;
  readonly framesPerSecond: number;
  /** Of the producers whose counters can be read. */
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

/** What the supervisor does, checked as far as that goes without listening to anything. */
export class SupervisorPlan {
  readonly options: OptionValues;
  readonly descriptorStreamIds: readonly number[];
  readonly supervision: ReturnType<typeof supervisionOf>;
  readonly rules: readonly SteeringRule[];
  readonly http: ReturnType<typeof httpOf>;
  readonly intervalNs: number;
  readonly format: OutputFormat;

  /** @throws UsageError */
  constructor(context: CommandContext) {
    const { options: single, others } = descriptorStreamsOf(context);
    const origin = { kind: "default" } as const;
    const options = single.over(
      new Map([
        // It owns no regions, so nothing is asked of a driver.
        ["standalone", { value: true, origin }],
        // Who only watches brings no media driver: one with its settings and rights would be there before the driver's own.
        ["media-driver", { value: "external", origin }],
      ]),
    );
    this.options = options;
    this.descriptorStreamIds = others;
    this.supervision = supervisionOf(options);
    this.rules = rulesOf(options);
    this.http = httpOf(options);
    this.intervalNs = options.seconds("stats-interval") ?? 0;
    this.format = parseOutputFormat(options.text("output") ?? "table");
  }
}

/** `supervisor`: watches every stream, steers consumers by rules, and tells others by HTTP. */
export async function run(context: CommandContext): Promise<number> {
  const plan = new SupervisorPlan(context);
  using runtime = new RoleRuntime(plan.options, "tensorpool supervisor");
  return await runAlone(runtime, () => {
    const role = startSupervisor(runtime, plan);
    // It serves its pages from now on, also while there is no media driver.
    notifyServiceManager(runtime.scheduler, () => true);
    return role;
  });
}

/** Adds the supervisor, and its HTTP server if there is to be one. */
export function startSupervisor(runtime: RoleRuntime, plan: SupervisorPlan): RunningRole {
  const { descriptorStreamIds, supervision, rules, http, intervalNs, format, options } = plan;
  const { scheduler, streams, aeronDir, shmDir, connection } = runtime;
  const output = new Output({ format, onClosed: () => scheduler.stop("nobody reads any more") });
  const supervisor = new Supervisor(connection, { streams, descriptorStreamIds, supervision, rules });
  scheduler.add(supervisor, { vital: true });
  const agents: Agent[] = [new EventReporter(supervisor.model, logEvent)];
  if (http !== null) {
    const supervised = { supervisor, clock: scheduler.clock, aeronDir, shmDir, version: VERSION };
    const server = new SupervisorServer(supervised, http);
    agents.push(server);
    log.info(`/metrics, /healthz, /readyz and /api/v1 are served on ${server.url}`);
    if (!isLoopback(http.address.hostname)) log.warn(`${server.url} is open to other machines, and not encrypted`);
  }
  if (intervalNs > 0) agents.push(new StatsReporter(output, COLUMNS, intervalNs, (nowNs) => rowOf(supervisor, nowNs)));
  for (const agent of agents) scheduler.add(agent);
  const steering = rules.length === 0 ? "watching only" : `${rules.length} rules`;
  log.info(`listening on ${streams.channel}; ${steering}; Aeron in ${aeronDir}`);
  return {
    name: "supervisor",
    agents: [supervisor, ...agents],
    finish: async () => {
      await output.flush();
      if (options.flag("quiet") !== true) printError(summaryOf(supervisor));
      return ExitCode.DONE;
    },
  };
}

function logEvent({ kind, severity, text }: EventView): void {
  if (severity === "warning") log.warn(`${kind}: ${text}`);
  else log.info(`${kind}: ${text}`);
}

function rulesOf(options: OptionValues): readonly SteeringRule[] {
  const text = options.text("rules");
  return text === undefined ? [] : ruleList().parse(text);
}

/** @throws UsageError */
function httpOf(options: OptionValues): ConstructorParameters<typeof SupervisorServer>[1] | null {
  const text = options.text("http");
  const token = options.text("http-token") ?? null;
  const hostNames = options.list("http-hosts") ?? [];
  if (text === undefined) {
    for (const name of ["http-token", "http-hosts"]) {
      if (options.has(name))
        throw new UsageError(`${options.nameOf(name)} is for the HTTP server, which is off: pass --http as well`);
    }
    return null;
  }
  try {
    return { address: parseListenAddress(text), hostNames, token };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${options.nameOf("http")}: ${error.message}`, { found: text, cause: error });
  }
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
