import { nativeParker } from "../../aeron/native-parker.ts";
import { NotFoundError } from "../../core/errors.ts";
import { BackoffIdle } from "../../core/idle/index.ts";
import { getLogger } from "../../core/logger.ts";
import { formatCount, formatDuration } from "../../core/units.ts";
import { MessageFilter, streamIdsOfKind } from "../../observe/message-filter.ts";
import { TapAgent } from "../../observe/tap-agent.ts";
import { findStreamId } from "../observe/find-stream.ts";
import { printError } from "../output/console.ts";
import type { TapValues } from "../specs/tools.ts";
import { descriptorStreamsOf } from "../supervision/descriptor-streams.ts";
import { rowJson, TAP_COLUMNS } from "../tap/message-rows.ts";
import { tool } from "../tool/tool.ts";
import { ToolRuntime } from "../tool/tool-runtime.ts";

const log = getLogger("tap");
/** No person reads lines faster than this; parks are shorter while messages arrive at shorter intervals. */
const LONGEST_REST_NS = 10e6;

/** `tap`: decodes and prints every message on the media driver's streams. */
export const run = tool<TapValues>(async (context) => {
  const { output } = context;
  const { values, others: descriptorStreamIds } = descriptorStreamsOf(context);
  // Errors of the command line are reported before any message is sent.
  MessageFilter.of(values);
  const count = values.count ?? Number.POSITIVE_INFINITY;
  const { stream } = values;
  const filter = MessageFilter.of(
    values,
    stream === undefined ? undefined : await findStreamId(values, stream, "--stream"),
  );
  const idle = values.idle ?? new BackoffIdle(nativeParker, { maxParkNs: LONGEST_REST_NS });
  using runtime = new ToolRuntime(values, "tap", { output, idle });
  const { streams } = runtime;
  const rows = output.stream(TAP_COLUMNS, rowJson);
  let shown = 0;
  let undecodable = 0;
  const tap = new TapAgent(runtime.connection, runtime.scheduler.clock, {
    streams,
    descriptorStreamIds,
    filter,
    listener: {
      hasRoom: () => output.hasRoom && shown < count,
      onMessage: (message, { timeMs, aeronStreamId, sessionId, missedBefore }) => {
        if (missedBefore > 0) rows.row({ timeMs, missed: missedBefore });
        rows.row({ timeMs, aeronStreamId, sessionId, message });
        if (!("name" in message)) undecodable++;
        if (++shown >= count) runtime.stop("--count is reached");
      },
    },
  });
  const descriptors = filter.kinds.includes("descriptor") ? descriptorStreamIds : [];
  const ids = [...new Set([...filter.kinds.flatMap((kind) => streamIdsOfKind(streams, kind)), ...descriptors])];
  log.info(`listening on ${streams.channel}, streams ${ids.join(", ")}; Aeron in ${runtime.aeronDir}`);
  const code = await runtime.run(tap);
  await output.finish();
  if (!values.quiet && shown > 0) {
    const parts = [`${formatCount(shown)} messages`];
    if (undecodable > 0) parts.push(`${formatCount(undecodable)} of them undecodable`);
    if (tap.missed > 0 && shown < count) {
      parts.push(`about ${formatCount(tap.missed)} missed: they came faster than they could be printed`);
    }
    printError(parts.join(", "));
  }
  if (shown === 0 && !runtime.wasStopped) {
    throw new NotFoundError(`no message came within ${formatDuration(values.seconds ?? 0)} that was asked for`);
  }
  return code;
});
