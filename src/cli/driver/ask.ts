import { Exchange } from "../../observe/exchange.ts";
import { encodeJson, type JsonFields } from "../../sbe/index.ts";
import type { ListenValues } from "../specs/common-options.ts";
import { ToolRuntime } from "../tool/tool-runtime.ts";
import { toolIdle } from "./hear-streams.ts";

/** A driver answers within milliseconds unless it is creating regions or is paused. */
export const ANSWER_TIMEOUT_NS = 700e6;

export interface Question {
  /** Name of the message, e.g. `ShmDetachRequest`. */
  readonly name: string;
  readonly fields: JsonFields;
  /** True for the answer to the message. If omitted, no answer is expected. */
  readonly isAnswer?: (name: string, fields: JsonFields) => boolean;
}

/**
 * Sends one message on the control stream and resolves to the fields of the answer; null if none arrived.
 * @throws NotFoundError if no media driver is running, InterruptedError
 */
export async function ask(
  values: ListenValues,
  { name, fields, isAnswer }: Question,
  timeoutNs = ANSWER_TIMEOUT_NS,
): Promise<JsonFields | null> {
  using runtime = new ToolRuntime(values, "ask", { idle: toolIdle() });
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
    onEnd: () => runtime.stop("done"),
  });
  await runtime.runPart(exchange);
  return answer;
}
