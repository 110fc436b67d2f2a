import { isatty } from "node:tty";
import { SchedulerStoppedError, UsageError } from "../../core/errors.ts";
import { newReplay, type Replay, type ReplaySource } from "../../io/index.ts";
import type { Source } from "../../io/types.ts";
import { RecordingSet, type SetStream } from "../../recording/recording-set.ts";
import { Producer } from "../../roles/producer.ts";
import { ExitCode } from "../exit.ts";
import { DeadlineAgent } from "../lifetime/deadline-agent.ts";
import { LiveLine } from "../output/live-line.ts";
import { Keys } from "../output/terminal-keys.ts";
import { ReplayAgent } from "../recording/replay-agent.ts";
import { replayLine } from "../recording/replay-line.ts";
import { requireFiles } from "../recording/require-files.ts";
import { ProcessRuntime, processOptionsOf, RoleRuntime } from "../role/role-runtime.ts";
import type { RunningRole } from "../role/running-role.ts";
import { RoleSet } from "../run/role-set.ts";
import type { CommandContext } from "../specs/command.ts";
import type { ReplayValues } from "../specs/recording.ts";
import type { ProducerValues } from "../specs/roles.ts";
import { ProducerPlan, startProducer } from "./producer.ts";

/** First id for streams recorded by other programs. */
const FIRST_FOREIGN_ID = 10_000;

/** A recorded stream and the id under which it is published. */
interface Choice {
  readonly stream: SetStream;
  readonly streamId: number;
}

/** A producer whose source is already open. */
class ReplayPlan extends ProducerPlan {
  readonly #source: ReplaySource;

  constructor(context: Pick<CommandContext<ProducerValues>, "values" | "origins">, source: ReplaySource) {
    super(context);
    this.#source = source;
  }

  override async openSource(): Promise<Source> {
    return this.#source;
  }
}

/** `replay FILE..`: publishes the streams of a recording in step. */
export async function run({ values, origins, positionals }: CommandContext<ReplayValues>): Promise<number> {
  const files = requireFiles("replay", positionals);
  const process = processOptionsOf(values, "tensorpool replay");
  const { replay, choices } = openReplay(values, files);
  const plans = choices.map(
    ({ streamId }, i) =>
      new ReplayPlan({ values: producerValues(values, streamId), origins }, replay.sources[i] as ReplaySource),
  );
  replay.clock.hold();
  using runtime = new ProcessRuntime(process);
  const { scheduler } = runtime;
  const roles = new RoleSet(scheduler);
  const secondsNs = values.seconds;
  if (secondsNs !== undefined) scheduler.add(new DeadlineAgent(secondsNs, () => scheduler.stop("--seconds are over")));
  const running = scheduler.run();
  running.catch(() => undefined);
  try {
    const producers: Producer[] = [];
    for (const plan of plans) {
      const start = async (onDone: () => void): Promise<RunningRole> => {
        const role = await startProducer(new RoleRuntime(plan.values, "", runtime), plan, onDone);
        for (const agent of role.agents) if (agent instanceof Producer) producers.push(agent);
        return role;
      };
      await roles.addEnding(undefined, start);
    }
    addControls(runtime, values, replay, producers);
    roles.allStarted();
  } catch (error) {
    for (const source of replay.sources) source.close();
    if (runtime.signals.received === null && !(error instanceof SchedulerStoppedError)) {
      scheduler.stop("a stream cannot be published");
      await running.catch(() => undefined);
      throw error;
    }
  }
  await running;
  const code = await roles.finish();
  return code === ExitCode.DONE ? runtime.signals.exitCode(code) : code;
}

/** Adds the agents that wait for consumers, handle keys and show the replay position. */
function addControls(
  { scheduler }: ProcessRuntime,
  values: ReplayValues,
  { clock }: Replay,
  producers: readonly Producer[],
): void {
  const hasKeys = isatty(0) && isatty(2) && !values.quiet && process.env.TERM !== "dumb";
  const keys = hasKeys ? new Keys({ onKey: (key) => agent.press(key) }) : null;
  const agent: ReplayAgent = new ReplayAgent(clock, producers, {
    waitConsumers: values.waitConsumers,
    stop: () => scheduler.stop("the key q"),
    onClose: () => keys?.close(),
  });
  scheduler.add(agent);
  if (LiveLine.isWanted(values, { usesPipe: false })) {
    scheduler.add(new LiveLine((nowNs) => replayLine(clock, producers, nowNs, hasKeys)));
  }
}

function openReplay(values: ReplayValues, files: readonly string[]): { replay: Replay; choices: readonly Choice[] } {
  const { from = null, to = null, speed, loop, stampNow } = values;
  const plan = { from, to, speed, isRepeated: loop, stampsAgain: stampNow };
  const set = RecordingSet.open(files);
  try {
    const choices = chooseStreams(set, values);
    const streams = choices.map(({ stream }) => stream);
    requireJsonl(values, streams.length);
    return { replay: newReplay(set, streams, plan, ({ name }) => `${set.name}, ${name}`), choices };
  } catch (error) {
    set.close();
    throw error;
  }
}

/** The requested streams, each under its recorded id or another. @throws UsageError */
function chooseStreams(set: RecordingSet, { stream: wanted }: ReplayValues): readonly Choice[] {
  let nextForeignId = FIRST_FOREIGN_ID;
  const found =
    wanted?.map(({ which, streamId }) => ({ stream: set.stream(which), streamId })) ??
    set.streams.map((stream) => ({ stream, streamId: null }));
  const choices = found.map(({ stream, streamId }): Choice => {
    return { stream, streamId: streamId ?? stream.streamId ?? nextForeignId++ };
  });
  for (const { streamId } of choices) {
    if (choices.filter((other) => other.streamId === streamId).length === 1) continue;
    throw new UsageError(
      `replay: two streams would have the id ${streamId}: give one of them another with --stream A=ID`,
      {
        found: String(streamId),
      },
    );
  }
  return choices;
}

/** Option values of one stream's producer. */
function producerValues(values: ReplayValues, streamId: number): ProducerValues {
  return { ...values, source: "mcap:recording", once: true, stream: streamId, waitConsumers: 0 };
}

/** Rows of several streams on one standard output must carry a stream id, which only JSONL does. @throws UsageError */
function requireJsonl({ statsInterval, output }: ReplayValues, streams: number): void {
  if (streams < 2 || statsInterval === 0 || output === "jsonl") return;
  throw new UsageError(
    `replay: ${streams} streams print statistics on one standard output, and only rows that name their stream can be told apart: pass -o jsonl`,
    { expected: "-o jsonl" },
  );
}
