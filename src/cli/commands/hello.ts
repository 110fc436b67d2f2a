import { NotFoundError, UsageError } from "../../core/errors.ts";
import { formatDuration } from "../../core/units.ts";
import { MAX_ID } from "../../protocol/ids.ts";
import { randomId } from "../../roles/random-id.ts";
import { encodeJson, type JsonValue } from "../../sbe/index.ts";
import { LAYOUT_VERSION } from "../../shm/index.ts";
import type { CommandContext } from "../command.ts";
import { ExitCode } from "../exit.ts";
import { listed } from "../inspect/locate.ts";
import { findStreamId } from "../observe/find-stream.ts";
import type { OptionValues } from "../option-spec.ts";
import { Output, parseOutputFormat } from "../output.ts";
import { DEFAULT_STREAM_ID } from "../role-runtime.ts";
import { Exchange } from "../tap/exchange.ts";
import { ExchangeRows } from "../tap/exchange-rows.ts";
import { MODES, nearestId } from "../tap/options.ts";
import { ToolRuntime } from "../tap/tool-runtime.ts";

const DEFAULT_TIMEOUT_NS = 2e9;
/** A second producer of the stream would answer as fast as the first. */
const LINGER_NS = 50e6;
const ANSWERS = ["ShmPoolAnnounce", "DataSourceAnnounce", "DataSourceMeta"];
const MAX_RATE_HZ = 0xffff;
const MAX_PROGRESS = 0xffff_fffe;

/** `hello`: a ConsumerHello, and what comes in answer. */
export async function run({ options }: CommandContext): Promise<number> {
  // What is wrong with the command line is said before anybody is asked.
  helloFields(options, DEFAULT_STREAM_ID);
  const timeoutNs = options.duration("timeout") ?? DEFAULT_TIMEOUT_NS;
  const format = parseOutputFormat(options.text("output") ?? "table");
  const streamId = await findStreamId(options, options.text("stream") ?? String(DEFAULT_STREAM_ID), "--stream");
  const fields = helloFields(options, streamId);
  using runtime = new ToolRuntime(options, "tensorpool hello");
  const { scheduler } = runtime;
  const output = new Output({ format, onClosed: () => scheduler.stop("nobody reads any more") });
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
        // Another consumer's hello is no answer.
        if (message.name === "ConsumerHello") return false;
        streams.add(from);
        if (from !== streamId) return false;
        // Of progress the first is enough, it comes in floods.
        if (message.name === "FrameProgress" && !missing.has("FrameProgress")) return missing.size === 0;
        answers++;
        missing.delete(message.name);
      }
      rows.row(row);
      return missing.size === 0;
    },
    onEnd: () => scheduler.stop("done"),
  });
  scheduler.add(exchange, { vital: true });
  await scheduler.run();
  rows.end();
  await output.flush();
  if (runtime.signals.received === null && !output.isClosed && answers === 0) {
    const others = [...streams].sort((a, b) => a - b).map(String);
    const there = others.length === 0 ? "no stream was announced" : `streams that exist: ${listed(others)}`;
    throw new NotFoundError(
      `no producer or driver answered for stream ${streamId} within ${formatDuration(timeoutNs)}; ${there}${nearestId(streamId, others)}`,
    );
  }
  return runtime.signals.exitCode(ExitCode.DONE);
}

/** ConsumerHello of the options (W-38). @throws UsageError */
function helloFields(options: OptionValues, streamId: number): Record<string, JsonValue> {
  const progress = options.flag("progress") === true;
  const intervalNs = options.duration("progress-interval");
  const progressBytesDelta = options.size("progress-bytes");
  const progressRowsDelta = options.integer("progress-rows", 0, MAX_PROGRESS);
  for (const name of ["progress-interval", "progress-bytes", "progress-rows"]) {
    if (options.has(name) && !progress) throw new UsageError(`--${name} needs --progress: pass it as well`);
  }
  const progressIntervalUs = intervalNs === undefined ? undefined : intervalNs / 1_000;
  if (progressIntervalUs !== undefined && !isProgressValue(progressIntervalUs)) {
    throw outOfRange("progress-interval", "whole microseconds, at most 4294967294us", options);
  }
  if (progressBytesDelta !== undefined && !isProgressValue(progressBytesDelta)) {
    throw outOfRange("progress-bytes", "at most 4294967294 bytes", options);
  }
  return {
    streamId,
    consumerId: options.integer("consumer-id", 1, MAX_ID) ?? randomId(),
    supportsShm: options.flag("use-shm") !== false,
    supportsProgress: progress,
    mode: options.choice("mode", MODES, "stream").toUpperCase(),
    maxRateHz: options.integer("max-rate", 0, MAX_RATE_HZ) ?? 0,
    expectedLayoutVersion: LAYOUT_VERSION,
    progressIntervalUs: progressIntervalUs ?? null,
    progressBytesDelta: progressBytesDelta ?? null,
    progressRowsDelta: progressRowsDelta ?? null,
  };
}

function isProgressValue(value: number): boolean {
  return Number.isInteger(value) && value <= MAX_PROGRESS;
}

function outOfRange(name: string, expected: string, options: OptionValues): UsageError {
  const found = options.text(name) ?? "";
  return new UsageError(`--${name}: expected ${expected}, found "${found}"`, { expected, found });
}
