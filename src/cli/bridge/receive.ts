import { BridgeReceiver } from "../../bridge/bridge-receiver.ts";
import { isLoopback } from "../../bridge/channels.ts";
import { PredecessorWatch } from "../../bridge/predecessor-watch.ts";
import { explainRoutesFault, receiverRoutes, type StreamRoute } from "../../bridge/receiver-routes.ts";
import type { Origins } from "../../config/index.ts";
import { OptionError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { Output } from "../output/output.ts";
import { RoleRuntime } from "../role/role-runtime.ts";
import { type RunningRole, runAlone } from "../role/running-role.ts";
import type { BridgeReceiveValues } from "../specs/bridge.ts";
import type { CommandContext } from "../specs/command.ts";
import { type ManyStreamsValues, manyStreamsValues } from "./many-streams.ts";
import { outputRegions } from "./output-regions.ts";
import { type BridgeReading, runningBridge } from "./running-bridge.ts";

const log = getLogger("bridge");

/** The endpoint and the streams to receive, validated as far as possible without opening anything. */
export class BridgeReceivePlan {
  readonly values: ManyStreamsValues<BridgeReceiveValues>;
  readonly origins: Origins;
  /** Empty: every stream of the senders. */
  readonly routes: readonly StreamRoute[];
  readonly output: Output;

  /** @throws UsageError */
  constructor({ values, origins }: Pick<CommandContext<BridgeReceiveValues>, "values" | "origins">) {
    const { stream: routes = [], output: format } = values;
    this.values = manyStreamsValues(values, routes.length);
    this.origins = origins;
    this.routes = routes;
    this.output = new Output({ format });
    const fault = explainRoutesFault(routes);
    if (fault !== null) throw new OptionError("stream", fault);
  }
}

/** `bridge receive`: publishes frames of other hosts on streams of this host. */
export async function run(context: CommandContext<BridgeReceiveValues>): Promise<number> {
  const plan = new BridgeReceivePlan(context);
  using runtime = new RoleRuntime(plan.values, "tensorpool bridge receive");
  return await runAlone(runtime, () => startBridgeReceiver(runtime, plan));
}

/** Adds the receiver, which continues until it is stopped. @throws UsageError */
export function startBridgeReceiver(runtime: RoleRuntime, plan: BridgeReceivePlan): RunningRole {
  const { scheduler, connection } = runtime;
  const { values, routes, output } = plan;
  const { from, peer: peers = [], maxMemory: maxRegionBytes, flow, summary, name } = values;
  const regions = outputRegions(runtime, plan);
  const receiver = new BridgeReceiver(connection, {
    from,
    peers,
    routeFor: receiverRoutes(connection, scheduler.clock, {
      routes,
      maxRegionBytes,
      hasOwnLayout: "driver" in regions || (values.slots !== undefined && values.pool !== undefined),
      output: {
        ...(name === undefined ? {} : { name }),
        ...(summary === undefined ? {} : { summary }),
        streams: runtime.streams,
        regions,
        ...(flow === undefined ? {} : { flow }),
        waitTimeoutNs: values.waitTimeout,
      },
    }),
  });
  if (peers.length === 0 && !isLoopback(from.host)) {
    log.warn(
      "frames are taken from every host that can reach this one, and are not encrypted: name the senders with --peer",
    );
  }
  log.info(`receiving at ${from.channel}; Aeron in ${runtime.aeronDir}`);
  const readings = (): BridgeReading[] =>
    receiver.routes.map(({ streamId, output: carrier, account, delay, isOpen }) => ({
      role: "bridge-receiver",
      streamId,
      to: String(carrier.streamId),
      isConnected: isOpen,
      frames: account.delivered,
      bytes: carrier.counters().bytes ?? 0,
      sender: account.sender,
      receiver: account.receiver,
      delay: delay.newest,
    }));
  return runningBridge(runtime, {
    name: "bridge receiver",
    agents: [new PredecessorWatch(runtime.aeronDir), receiver],
    readings,
    values,
    output,
  });
}
