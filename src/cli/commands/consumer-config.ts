import { NotFoundError, OptionError } from "../../core/errors.ts";
import { formatDuration } from "../../core/units.ts";
import { Exchange } from "../../observe/exchange.ts";
import { MAX_ID } from "../../protocol/ids.ts";
import { encodeJson } from "../../sbe/index.ts";
import { listed } from "../inspect/locate.ts";
import { findStreamId, requireStreamText } from "../observe/find-stream.ts";
import type { ConsumerConfigValues } from "../specs/tools.ts";
import { ExchangeRows } from "../tap/exchange-rows.ts";
import { idArgument, nearestId } from "../tap/options.ts";
import { ToolError, tool } from "../tool/tool.ts";
import { ToolRuntime } from "../tool/tool-runtime.ts";

/** `consumer-config`: sends a ConsumerConfig and prints the QoS of the addressed consumer. */
export const run = tool<ConsumerConfigValues>(async ({ values, positionals, output }) => {
  const stream = requireStreamText(positionals[0], "consumer-config: <stream>");
  const consumerId = idArgument("consumer-config", "consumer", positionals[1], MAX_ID);
  const config = configOf(values);
  const timeoutNs = values.timeout;
  const streamId = await findStreamId(values, stream, "consumer-config: <stream>");
  using runtime = new ToolRuntime(values, "consumer-config", { output });
  const rows = new ExchangeRows(output);
  const consumers = new Set<number>();
  let mode: string | null = null;
  const exchange = new Exchange(runtime.connection, {
    streams: runtime.streams,
    bytes: encodeJson("ConsumerConfig", { streamId, consumerId, ...config }),
    timeoutNs,
    lingerNs: 0,
    onMessage: (row) => {
      const { message, direction } = row;
      if (direction === "sent") {
        rows.row(row);
        return false;
      }
      if (!("name" in message) || message.name !== "QosConsumer" || message.fields.streamId !== streamId) return false;
      consumers.add(Number(message.fields.consumerId));
      if (message.fields.consumerId !== consumerId) return false;
      rows.row(row);
      mode = String(message.fields.mode);
      // A QosConsumer with the previous mode may already have been in flight.
      return mode === config.mode;
    },
    onEnd: () => runtime.stop("done"),
  });
  const code = await runtime.run(exchange);
  if (runtime.wasStopped) return code;
  if (mode === null) {
    const others = [...consumers].sort((a, b) => a - b).map(String);
    const heard = others.length === 0 ? "no consumer of it is known" : `its consumers are ${listed(others)}`;
    throw new NotFoundError(
      `consumer ${consumerId} of stream ${streamId} did not answer within ${formatDuration(timeoutNs)}: ${heard}${nearestId(consumerId, others)}`,
    );
  }
  if (mode === config.mode) return code;
  throw new ToolError(
    `consumer ${consumerId} did not change to mode ${config.mode} within ${formatDuration(timeoutNs)}: it still reads in mode ${mode}`,
  );
});

interface ConfigFields {
  readonly useShm: boolean;
  readonly mode: string;
  readonly decimation: number;
  readonly payloadFallbackUri: string;
}

/** Builds a ConsumerConfig from the options (W-39). @throws OptionError */
function configOf({ mode, decimation, useShm, fallback }: ConsumerConfigValues): ConfigFields {
  if (decimation !== undefined && mode !== "decimated") {
    throw new OptionError("decimation", `expected --mode decimated with it, found --mode ${mode}`, { found: mode });
  }
  return {
    useShm,
    mode: mode.toUpperCase(),
    decimation: decimation ?? 1,
    payloadFallbackUri: fallback ?? "",
  };
}
