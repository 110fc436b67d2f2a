import type { Agent } from "../../core/agent.ts";
import type { Clock } from "../../core/clock.ts";
import { OptionError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import type { Supervisor } from "../../supervision/supervisor.ts";
import { FoxgloveHub } from "../../view/foxglove/hub.ts";
import type { ViewHub } from "../../view/hub.ts";
import { isLoopback } from "../../web/address.ts";
import { FoxgloveServer, type FoxgloveServerOptions } from "../../web/foxglove-server.ts";
import { RequestGuard } from "../../web/guard.ts";
import { VERSION } from "../version.ts";
import { listenAddress } from "./listen-address.ts";

const log = getLogger("foxglove");

export interface FoxgloveValues {
  readonly foxglove: boolean;
  readonly foxgloveAddress: string;
  readonly foxgloveOrigins?: readonly string[] | undefined;
  readonly httpToken?: string | undefined;
}

export type FoxglovePlan = Omit<FoxgloveServerOptions, "nowNs">;

/** Null without --foxglove. @throws OptionError */
export function foxgloveOf(values: FoxgloveValues): FoxglovePlan | null {
  const { foxglove, foxgloveAddress, foxgloveOrigins = [], httpToken = null } = values;
  const address = listenAddress("foxgloveAddress", foxgloveAddress);
  if (!foxglove) return null;
  if (httpToken === null && !isLoopback(address.hostname)) {
    throw new OptionError("foxgloveAddress", "expected --http-token with it: other machines would see every frame");
  }
  return { address, origins: foxgloveOrigins, guard: new RequestGuard(address, [], httpToken) };
}

/** Creates the agents that serve the streams mapped by `hub`. @throws ListenError */
export function foxgloveAgents(plan: FoxglovePlan, hub: ViewHub, supervisor: Supervisor, clock: Clock): Agent[] {
  const frames = new FoxgloveHub({ clock, supervisor, eyes: hub.eyes, version: VERSION });
  const server = new FoxgloveServer(frames, { ...plan, nowNs: () => clock.nanoTime() });
  log.info(`Foxglove and Lichtblick: open a connection "Foxglove WebSocket" to ${server.url}`);
  if (!isLoopback(plan.address.hostname)) log.warn(`${server.url} is open to other machines, and not encrypted`);
  return [frames, server];
}
