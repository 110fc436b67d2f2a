import { nativeParker } from "../../aeron/native-parker.ts";
import { createIdleStrategy } from "../../core/idle/index.ts";
import { SupervisionObserver } from "../../supervision/observer.ts";
import type { Output } from "../output/output.ts";
import type { CommandContext } from "../specs/command.ts";
import type { ObserveValues } from "../specs/supervision.ts";
import { ToolRuntime } from "../tool/tool-runtime.ts";
import { descriptorStreamsOf } from "./descriptor-streams.ts";
import { supervisionOf } from "./thresholds.ts";

/** A tool that observes streams like the supervisor, and sends no messages. */
export interface Observing {
  readonly runtime: ToolRuntime;
  readonly observer: SupervisionObserver;
}

/** @throws NotFoundError without a live media driver, UsageError */
export function observe(
  context: Pick<CommandContext<ObserveValues>, "values" | "settings"> & { readonly output?: Output },
  name: string,
): Observing {
  const { values, others } = descriptorStreamsOf(context);
  const supervision = supervisionOf(values);
  // Its messages are not urgent, and it should cost the machine as little as possible.
  const runtime = new ToolRuntime(values, name, {
    idle: createIdleStrategy("sleep", nativeParker),
    ...(context.output === undefined ? {} : { output: context.output }),
  });
  const { connection, streams, scheduler } = runtime;
  const observer = new SupervisionObserver(connection, { streams, descriptorStreamIds: others, supervision });
  scheduler.add(observer, { vital: true });
  return { runtime, observer };
}
