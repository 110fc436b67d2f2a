import { NotFoundError, UsageError } from "../../core/errors.ts";
import { formatDuration } from "../../core/units.ts";
import { parseFallbackUri } from "../../protocol/fallback-uri.ts";
import { MAX_ID } from "../../protocol/ids.ts";
import { encodeJson } from "../../sbe/index.ts";
import type { CommandContext } from "../command.ts";
import { printError } from "../console.ts";
import { ExitCode } from "../exit.ts";
import { listed } from "../inspect/locate.ts";
import { findStreamId, requireStreamText } from "../observe/find-stream.ts";
import type { OptionValues } from "../option-spec.ts";
import { Output, parseOutputFormat } from "../output.ts";
import { Exchange } from "../tap/exchange.ts";
import { ExchangeRows } from "../tap/exchange-rows.ts";
import { idArgument, MODES, nearestId } from "../tap/options.ts";
import { ToolRuntime } from "../tap/tool-runtime.ts";

/** QoS comes once a second (W-44). */
const DEFAULT_TIMEOUT_NS = 3e9;

/** `consumer-config`: a ConsumerConfig, and the QoS of the consumer that it is for. */
export async function run({ options, positionals }: CommandContext): Promise<number> {
  const stream = requireStreamText(positionals[0], "consumer-config: <stream>");
  const consumerId = idArgument("consumer-config", "consumer", positionals[1], MAX_ID);
  const config = configOf(options);
  const timeoutNs = options.duration("timeout") ?? DEFAULT_TIMEOUT_NS;
  const format = parseOutputFormat(options.text("output") ?? "table");
  const streamId = await findStreamId(options, stream, "consumer-config: <stream>");
  using runtime = new ToolRuntime(options, "tensorpool consumer-config");
  const { scheduler } = runtime;
  const output = new Output({ format, onClosed: () => scheduler.stop("nobody reads any more") });
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
      // One with the mode of before may have been under way already.
      return mode === config.mode;
    },
    onEnd: () => scheduler.stop("done"),
  });
  scheduler.add(exchange, { vital: true });
  await scheduler.run();
  rows.end();
  await output.flush();
  if (runtime.signals.received !== null || output.isClosed) return runtime.signals.exitCode(ExitCode.DONE);
  if (mode === null) {
    const others = [...consumers].sort((a, b) => a - b).map(String);
    const heard = others.length === 0 ? "no consumer of it is known" : `its consumers are ${listed(others)}`;
    throw new NotFoundError(
      `consumer ${consumerId} of stream ${streamId} did not answer within ${formatDuration(timeoutNs)}: ${heard}${nearestId(consumerId, others)}`,
    );
  }
  if (mode === config.mode) return ExitCode.DONE;
  printError(
    `tensorpool: consumer ${consumerId} did not change to mode ${config.mode} within ${formatDuration(timeoutNs)}: it still reads in mode ${mode}`,
  );
  return ExitCode.FAILED;
}

interface ConfigFields {
  readonly useShm: boolean;
  readonly mode: string;
  readonly decimation: number;
  readonly payloadFallbackUri: string;
}

/** ConsumerConfig of the options (W-39). @throws UsageError */
function configOf(options: OptionValues): ConfigFields {
  if (!options.has("mode")) {
    throw new UsageError(`consumer-config: expected --mode, one of ${MODES.join(", ")}: a config always sets it`, {
      expected: "--mode",
    });
  }
  const mode = options.choice("mode", MODES, "stream");
  const decimation = options.integer("decimation", 1, 0xffff);
  if (decimation !== undefined && mode !== "decimated") {
    throw new UsageError(`--decimation needs --mode decimated, and --mode is ${mode}`, { found: mode });
  }
  const fallback = options.text("fallback") ?? "";
  if (fallback !== "") {
    const parsed = parseFallbackUri(fallback);
    if (typeof parsed === "string") throw new UsageError(`--fallback: ${parsed}`, { rule: "W-39", found: fallback });
  }
  return {
    useShm: options.flag("use-shm") !== false,
    mode: mode.toUpperCase(),
    decimation: decimation ?? 1,
    payloadFallbackUri: fallback,
  };
}
