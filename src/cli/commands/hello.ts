import { NotFoundError, OptionError } from "../../core/errors.ts";
import { formatDuration } from "../../core/units.ts";
import { Exchange } from "../../observe/exchange.ts";
import { randomId } from "../../roles/random-id.ts";
import { encodeJson, type JsonValue } from "../../sbe/index.ts";
import { LAYOUT_VERSION } from "../../shm/index.ts";
import { listed } from "../inspect/locate.ts";
import { findStreamId } from "../observe/find-stream.ts";
import type { HelloValues } from "../specs/tools.ts";
import { ExchangeRows } from "../tap/exchange-rows.ts";
import { nearestId } from "../tap/options.ts";
import { tool } from "../tool/tool.ts";
import { ToolRuntime } from "../tool/tool-runtime.ts";

/** A second producer of the stream would answer as fast as the first. */
const LINGER_NS = 50e6;
const ANSWERS = ["ShmPoolAnnounce", "DataSourceAnnounce", "DataSourceMeta"];

/** `hello`: sends a ConsumerHello and prints the answers. */
export const run = tool<HelloValues>(async ({ values, output }) => {
  requireProgress(values);
  const timeoutNs = values.timeout;
  const streamId = await findStreamId(values, values.stream, "--stream");
  const fields = helloFields(values, streamId);
  using runtime = new ToolRuntime(values, "hello", { output });
  const rows = new ExchangeRows(output);
  const missing = new Set(fields.supportsProgress === true ? [...ANSWERS, "FrameProgress"] : ANSWERS);
  const shown = new Set([...missing, "ConsumerHello"]);
  const streams = new Set<number>();
  let answers = 0;
  const exchange = new Exchange(runtime.connection, {
    streams: runtime.streams,
    bytes: encodeJson("ConsumerHello", fields),
    timeoutNs,
    lingerNs: LINGER_NS,
    onMessage: (row) => {
      const { message, direction } = row;
      if (!("name" in message) || !shown.has(message.name)) return false;
      const from = Number(message.fields.streamId);
      if (direction === "got") {
        // Another consumer's hello is not an answer.
        if (message.name === "ConsumerHello") return false;
        streams.add(from);
        if (from !== streamId) return false;
        // Only the first FrameProgress is shown: they arrive in large numbers.
        if (message.name === "FrameProgress" && !missing.has("FrameProgress")) return missing.size === 0;
        answers++;
        missing.delete(message.name);
      }
      rows.row(row);
      return missing.size === 0;
    },
    onEnd: () => runtime.stop("done"),
  });
  const code = await runtime.run(exchange);
  if (answers === 0 && !runtime.wasStopped) {
    const others = [...streams].sort((a, b) => a - b).map(String);
    const there = others.length === 0 ? "no stream was announced" : `streams that exist: ${listed(others)}`;
    throw new NotFoundError(
      `no producer or driver answered for stream ${streamId} within ${formatDuration(timeoutNs)}; ${there}${nearestId(streamId, others)}`,
    );
  }
  return code;
});

/** Builds a ConsumerHello from the options (W-38). */
function helloFields(values: HelloValues, streamId: number): Record<string, JsonValue> {
  return {
    streamId,
    consumerId: values.consumerId ?? randomId(),
    supportsShm: values.useShm,
    supportsProgress: values.progress,
    mode: values.mode.toUpperCase(),
    maxRateHz: values.maxRate,
    expectedLayoutVersion: LAYOUT_VERSION,
    progressIntervalUs: values.progressInterval ?? null,
    progressBytesDelta: values.progressBytes ?? null,
    progressRowsDelta: values.progressRows ?? null,
  };
}

/** @throws UsageError for a progress option without --progress */
function requireProgress({ progress, progressInterval, progressBytes, progressRows }: HelloValues): void {
  if (progress) return;
  const stray = Object.entries({ progressInterval, progressBytes, progressRows }).find(
    ([, value]) => value !== undefined,
  );
  if (stray !== undefined) throw new OptionError(stray[0], "expected --progress with it: pass it as well");
}
