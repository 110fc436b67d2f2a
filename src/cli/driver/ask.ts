import { encodeJson, type JsonFields } from "../../sbe/index.ts";
import type { ListenValues } from "../common-options.ts";
import { InterruptedError } from "../exit.ts";
import { Exchange } from "../tap/exchange.ts";
import { ToolRuntime } from "../tap/tool-runtime.ts";
import { toolIdle } from "./hear-streams.ts";

/** A driver answers within milliseconds, unless it is making regions, or stands still. */
export const ANSWER_PATIENCE_NS = 700e6;

export interface Question {
  /** Name of the message, e.g. `ShmDetachRequest`. */
  readonly name: string;
  readonly fields: JsonFields;
  /** True for the message that answers it. Left out: nothing does. */
  readonly isAnswer?: (name: string, fields: JsonFields) => boolean;
}

/**
 * Says one thing on the control stream, and resolves to the fields of the answer; null when none came.
 * @throws NotFoundError where no media driver lives, InterruptedError
 */
export async function ask(
  values: ListenValues,
  { name, fields, isAnswer }: Question,
  timeoutNs = ANSWER_PATIENCE_NS,
): Promise<JsonFields | null> {
  using runtime = new ToolRuntime(values, "tensorpool ask", toolIdle());
  const { scheduler } = runtime;
  let answer: JsonFields | null = null;
  const exchange = new Exchange(runtime.connection, {
    streams: runtime.streams,
    bytes: encodeJson(name, fields),
    timeoutNs,
    lingerNs: 0,
    onMessage: ({ direction, message }) => {
      if (isAnswer === undefined) return true;
      if (direction === "sent" || !("name" in message) || !isAnswer(message.name, message.fields)) return false;
      answer = message.fields;
      return true;
    },
    onEnd: () => scheduler.stop("done"),
  });
  scheduler.add(exchange, { vital: true });
  await scheduler.run();
  if (runtime.signals.received !== null) throw new InterruptedError(runtime.signals.exitCode(0));
  return answer;
}
