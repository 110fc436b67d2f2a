import type { Output, RowStream } from "../output.ts";
import type { DemoOutcome } from "./demo.ts";
import type { RoleScore } from "./scoreboard.ts";
import type { DemoState, DemoView } from "./view.ts";

/** For programs: a sample of each role once a second, and a summary as the last element. */
export class JsonView implements DemoView {
  readonly #rows: RowStream<object>;
  #second = 0;

  constructor(output: Output) {
    this.#rows = output.stream<object>([]);
  }

  show({ phase, scores, elapsedSeconds, processes }: DemoState): void {
    const second = Math.floor(elapsedSeconds);
    if (phase !== "running" || second <= this.#second) return;
    this.#second = second;
    for (const score of scores.roles) {
      const pid = processes.find(({ name }) => name === score.name)?.pid;
      const { framesPerSecond, bytesPerSecond, latencyNs } = score;
      this.#rows.row({
        type: "sample",
        seconds: second,
        pid,
        ...scoreJson(score, { framesPerSecond, bytesPerSecond, latencyNs }),
      });
    }
  }

  /** What happened in all, as the last element. */
  summary({ ending, elapsedSeconds, scores }: DemoOutcome): void {
    const [producer, fastConsumer, slowConsumer] = scores.roles.map((score) =>
      scoreJson(score, {
        framesPerSecond: score.meanFramesPerSecond,
        bytesPerSecond: score.meanBytesPerSecond,
        latencyNs: score.meanLatencyNs,
      }),
    );
    this.#rows.row({ type: "summary", ending, seconds: elapsedSeconds, producer, fastConsumer, slowConsumer });
  }

  close(): void {
    this.#rows.end();
  }
}

interface Rates {
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly latencyNs: number | null;
}

function scoreJson(score: RoleScore, { framesPerSecond, bytesPerSecond, latencyNs }: Rates): object {
  const isProducer = score.kind === "producer";
  return {
    role: score.name.replace(" ", "-"),
    framesPerSecond,
    bytesPerSecond,
    ...(isProducer ? { claimed: score.claimed, published: score.frames } : { accepted: score.frames }),
    bytes: score.bytes,
    lost: score.lost,
    lostByCause: Object.fromEntries(score.losses.map(({ cause, frames }) => [cause, frames])),
    ...(isProducer ? {} : { latencyNs }),
  };
}
