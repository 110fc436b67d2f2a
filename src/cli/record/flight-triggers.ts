import type { Agent } from "../../core/agent.ts";
import { getLogger } from "../../core/logger.ts";
import type { Recorder } from "../../recorder/recorder.ts";
import type { EventKind } from "../../supervision/model/index.ts";
import { SupervisionObserver } from "../../supervision/observer.ts";
import { TriggerServer } from "../../web/trigger-server.ts";
import type { RoleRuntime } from "../role/role-runtime.ts";
import type { FlightPlan, TriggerSignal } from "./flight-plan.ts";

const log = getLogger("record");

/** Creates the agents that trigger a flight recorder, according to its plan. @throws ListenError */
export function flightTriggers(plan: FlightPlan, recorder: Recorder, runtime: RoleRuntime): Agent[] {
  const { connection, streams, scheduler } = runtime;
  const agents: Agent[] = [];
  if (plan.signals.length > 0) agents.push(new SignalTrigger(plan.signals, recorder));
  if (plan.eventKinds.size > 0) {
    const observer = new SupervisionObserver(connection, { streams, descriptorStreamIds: [] });
    agents.push(observer, new EventTrigger(plan.eventKinds, observer, recorder));
  }
  if (plan.http !== null) {
    const onTrigger = (reason: string): object => ({
      ...recorder.trigger(reason),
      afterSeconds: plan.options.afterNs / 1e9,
    });
    const server = new TriggerServer({ ...plan.http, clock: scheduler.clock, onTrigger });
    log.info(`POST ${server.url}/api/v1/trigger is a trigger`);
    agents.push(server);
  }
  return agents;
}

/** Triggers a recorder on signals, from construction to close. */
class SignalTrigger implements Agent {
  readonly roleName = "signal trigger";
  readonly #signals: readonly TriggerSignal[];
  readonly #onSignal: (signal: string) => void;

  constructor(signals: readonly TriggerSignal[], recorder: Recorder) {
    this.#signals = signals;
    this.#onSignal = (signal) => recorder.trigger(signal);
    for (const signal of signals) process.on(signal, this.#onSignal);
  }

  doWork(): number {
    return 0;
  }

  onClose(): void {
    for (const signal of this.#signals) process.off(signal, this.#onSignal);
  }
}

/** Triggers a recorder on events of its streams, and on events that concern all streams. */
class EventTrigger implements Agent {
  readonly roleName = "event trigger";
  readonly #kinds: ReadonlySet<EventKind>;
  readonly #observer: SupervisionObserver;
  readonly #recorder: Recorder;
  #lastId = 0;

  constructor(kinds: ReadonlySet<EventKind>, observer: SupervisionObserver, recorder: Recorder) {
    this.#kinds = kinds;
    this.#observer = observer;
    this.#recorder = recorder;
  }

  doWork(): number {
    const { events } = this.#observer.model;
    if (events.lastId === this.#lastId) return 0;
    for (const { id, kind, streamId, clientId, text } of events.after(this.#lastId)) {
      this.#lastId = id;
      if (this.#kinds.has(kind) && this.#isOfOthers(streamId, clientId)) this.#recorder.trigger(`${kind}: ${text}`);
    }
    return 1;
  }

  /** True unless the event concerns a stream that is not recorded, or the recorder itself. */
  #isOfOthers(streamId: number | null, clientId: number | null): boolean {
    if (streamId === null) return true;
    const ofStream = this.#recorder.streams.filter(({ consumer }) => consumer.streamId === streamId);
    return ofStream.length > 0 && ofStream.every(({ consumer }) => consumer.consumerId !== clientId);
  }
}
