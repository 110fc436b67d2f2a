import { BridgeLink } from "../../bridge/bridge-link.ts";
import type { Origins } from "../../config/index.ts";
import { OptionError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { AllowedBaseDirs } from "../../shm/index.ts";
import { awaitStreamId } from "../observe/find-stream.ts";
import { Output } from "../output/output.ts";
import { RoleRuntime, streamIdOf } from "../role/role-runtime.ts";
import { type RunningRole, runAlone } from "../role/running-role.ts";
import type { BridgeSendValues } from "../specs/bridge.ts";
import type { CommandContext } from "../specs/command.ts";
import { type ManyStreamsValues, manyStreamsValues } from "./many-streams.ts";
import { type BridgeReading, runningBridge } from "./running-bridge.ts";

const log = getLogger("bridge");

/** The streams and receivers, validated as far as possible without opening anything. */
export class BridgeSendPlan {
  readonly values: ManyStreamsValues<BridgeSendValues>;
  readonly origins: Origins;
  readonly streamIds: readonly number[];
  readonly output: Output;

  /** @throws UsageError */
  constructor({ values, origins }: Pick<CommandContext<BridgeSendValues>, "values" | "origins">) {
    const { stream: streamIds, to, output: format } = values;
    this.values = manyStreamsValues(values, streamIds.length * to.length);
    this.origins = origins;
    this.streamIds = streamIds.map((stream) => streamIdOf({ stream }));
    this.output = new Output({ format });
    requireOnce("stream", streamIds.map(String));
    requireOnce(
      "to",
      to.map(({ text }) => text),
    );
  }
}

/** `bridge send`: sends frames of streams to receivers on other hosts. */
export async function run({ values, origins }: CommandContext<BridgeSendValues>): Promise<number> {
  const stream: number[] = [];
  for (const each of values.stream) {
    stream.push(typeof each === "number" ? each : await awaitStreamId(values, each, "--stream"));
  }
  const plan = new BridgeSendPlan({ values: { ...values, stream }, origins });
  using runtime = new RoleRuntime(plan.values, "tensorpool bridge send");
  return await runAlone(runtime, () => startBridgeSender(runtime, plan, () => runtime.scheduler.stop("done")));
}

/** Adds a consumer and a sender for each stream and receiver; with --once, `onDone` is called when all have ended. */
export function startBridgeSender(
  runtime: RoleRuntime,
  { values, streamIds, output }: BridgeSendPlan,
  onDone: () => void,
): RunningRole {
  const { scheduler, connection, shmDir, driver } = runtime;
  const { to: endpoints, mode, decimation, maxRate: maxRateHz = 0 } = values;
  const awaited = new Set<string>();
  const links = streamIds.flatMap((streamId) =>
    endpoints.map((to) => {
      const way = `${streamId} ${to.text}`;
      awaited.add(way);
      const onEnd = (): void => {
        if (awaited.delete(way) && awaited.size === 0) onDone();
      };
      log.info(`stream ${streamId} → ${to.text}: ${mode}, ${to.channel}; Aeron in ${runtime.aeronDir}`);
      return new BridgeLink(connection, scheduler.clock, {
        streamId,
        to,
        mode,
        checksum: values.checksum,
        decimation,
        maxRateHz,
        streams: runtime.streams,
        baseDirs: AllowedBaseDirs.resolve([shmDir]),
        ...(driver === null ? {} : { driver }),
        ...(values.once ? { onEnd } : {}),
      });
    }),
  );
  const readings = (): BridgeReading[] =>
    links.map(({ consumer, sender, to }) => ({
      role: "bridge-sender",
      streamId: consumer.streamId,
      to: to.text,
      isConnected: sender.isConnected,
      frames: sender.ledger.sent,
      bytes: sender.bytes,
      sender: sender.ledger,
      receiver: sender.far,
      roundTripNs: sender.returns.roundTripNs,
      delay: sender.returns.delayAt(scheduler.clock.nanoTime()),
    }));
  const agents = links.flatMap((link) => link.agents);
  return runningBridge(runtime, { name: "bridge sender", agents, readings, values, output });
}

/** @throws OptionError */
function requireOnce(option: string, all: readonly string[]): void {
  const twice = all.find((each, i) => all.indexOf(each) !== i);
  if (twice !== undefined) throw new OptionError(option, `${twice} is named twice`, { found: twice });
}
