import type { Agent } from "../../core/agent.ts";
import { getLogger } from "../../core/logger.ts";
import { PeriodicTimer } from "../../core/timers.ts";
import type { KnownStream } from "../../observe/known-streams.ts";
import { StreamWatch } from "../../observe/stream-watch.ts";
import type { Recorder } from "../../recorder/recorder.ts";
import { Consumer } from "../../roles/consumer.ts";
import { AllowedBaseDirs } from "../../shm/index.ts";
import { streamIdOf } from "../observe/find-stream.ts";
import type { RoleRuntime } from "../role/role-runtime.ts";
import type { RecordPlan } from "./record-plan.ts";

const log = getLogger("record");
const REPORT_PERIOD_NS = 10e9;

/** The consumers of a recorder: of the named streams, as soon as they are known, or of all streams. */
export class RecordedStreams implements Agent {
  readonly roleName = "recorded streams";
  readonly consumers: Consumer[] = [];
  readonly #runtime: RoleRuntime;
  readonly #plan: RecordPlan;
  readonly #recorder: Recorder;
  readonly #baseDirs: AllowedBaseDirs;
  readonly #watch: StreamWatch | null;
  /** Names whose streams are still unknown. */
  readonly #wanted: Set<string>;
  readonly #reminder = new PeriodicTimer(REPORT_PERIOD_NS);

  constructor(runtime: RoleRuntime, plan: RecordPlan, recorder: Recorder) {
    this.#runtime = runtime;
    this.#plan = plan;
    this.#recorder = recorder;
    this.#baseDirs = AllowedBaseDirs.resolve([runtime.shmDir]);
    this.#wanted = new Set(plan.streams.filter((text) => streamIdOf(text) === null));
    this.#watch =
      plan.values.all || this.#wanted.size > 0
        ? new StreamWatch(runtime.connection, {
            streams: runtime.streams,
            wanted: [...this.#wanted],
            baseDirs: this.#baseDirs,
            onNews: (stream) => this.#onNews(stream),
            onSearched: () => this.#remind(),
          })
        : null;
  }

  /** Adds the consumers of the streams named by id. */
  begin(): void {
    for (const text of this.#plan.streams) {
      const streamId = streamIdOf(text);
      if (streamId !== null) this.#add(streamId, null);
    }
  }

  /** True once every named stream has its consumer. */
  get areKnown(): boolean {
    return this.#wanted.size === 0;
  }

  /** Names whose streams are still awaited. */
  get awaited(): readonly string[] {
    return [...this.#wanted];
  }

  doWork(nowNs: number): number {
    if (this.#watch === null) return 0;
    if (this.#wanted.size > 0 && this.#reminder.isDue(nowNs) && !this.#watch.isSearching) this.#remind();
    return this.#watch.doWork(nowNs);
  }

  onClose(): void {
    this.#watch?.onClose();
  }

  #onNews({ streamId, name }: KnownStream): void {
    const isNamed = name !== null && this.#wanted.has(name);
    // Streams announced during shutdown are ignored.
    if ((!isNamed && !this.#plan.values.all) || this.#runtime.scheduler.isStopping) return;
    if (name !== null) this.#wanted.delete(name);
    if (!this.consumers.some((consumer) => consumer.streamId === streamId)) this.#add(streamId, name);
  }

  #add(streamId: number, name: string | null): void {
    const { connection, scheduler, streams, driver } = this.#runtime;
    const { consumer } = this.#recorder.add(
      (onAttributes) =>
        new Consumer(connection, scheduler.clock, {
          streamId,
          mode: "stream",
          streams,
          baseDirs: this.#baseDirs,
          onAttributes,
          ...(driver === null ? {} : { driver }),
        }),
      name,
    );
    this.consumers.push(consumer);
    scheduler.add(consumer, { vital: true });
    log.info(`stream ${streamId}${name === null ? "" : ` "${name}"`} goes to ${this.#plan.recording.path}`);
  }

  #remind(): void {
    for (const name of this.#wanted) log.info(`waiting for a stream that is called "${name}"`);
  }
}
